"""People talk for a long time while everything goes wrong now and then: `make soak`.

Fifty people talk, half on each platform, and five thousand are sent a prompt. Some of them, the unlucky, are answered
with 429 and 5xx, over slow and broken connections; connections that everybody shares break, and the disk is full for a
while. Ends with 1 where a message was lost or came twice, where `/readyz` did not tell the truth, where memory grew, or
where the lucky waited for the unlucky. SOAK_MINUTES: 20; in under five minutes memory and waiting are only shown.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections import Counter, defaultdict
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import aiohttp
import discord_server
from discord_server import user_of
from program import await_prompts, environment, free_port, running
from small_disk import Disk, small_disk
from soak_faults import Faults, Person, Phones, is_unlucky

from intents.phrases import load_phrases

LONG = 300  # seconds, from which on memory and waiting are judged
FULL = 30.0, 10.0  # seconds for which the disk is full, in a long and in a short run
LAG = 8.0  # seconds within which `/readyz` has to notice
ANSWERED = 90.0  # seconds within which every message has to be
TALKERS, PROMPTED = 50, 5000
GROWTH, SLOWER = 1.05, 3.0
USER = 700000000000000000


@dataclass
class Soak:
    seconds: float
    telegram: Phones
    discord: discord_server.Server
    disk: Disk | None
    bot: Process
    database: Path
    port: int
    wrong: Faults = field(default_factory=Faults)
    shown: dict[Person, list[str]] = field(default_factory=lambda: defaultdict(list))
    pulses: dict[Person, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    turns: list[tuple[float, float, Person]] = field(default_factory=list)  # when it began, how long, whose
    memory: list[tuple[float, int]] = field(default_factory=list)  # KiB
    problems: list[str] = field(default_factory=list)
    over: bool = False

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def show(self, person: Person, text: str) -> None:
        self.shown[person].append(text)
        self.pulses[person].set()

    # People

    async def talk(self, person: Person, sentences: list[str]) -> None:
        """Says the next thing some seconds after the answer to the last; twice the same answer is one too many."""
        await asyncio.sleep(self.wrong.chance.uniform(0, 3))
        while not self.over:
            before, began = len(self.shown[person]), self.now
            self.pulses[person].clear()
            await self.say(person, self.wrong.chance.choice(sentences))
            try:
                await asyncio.wait_for(self.pulses[person].wait(), ANSWERED)
                self.turns.append((began, self.now - began, person))
            except TimeoutError:
                self.problems.append(f"{person}: not answered in {ANSWERED} seconds")
            await asyncio.sleep(self.wrong.chance.uniform(3, 4))
            answer = self.shown[person][before:]
            if any(one == two for one, two in pairwise(answer)):
                self.problems.append(f"{person}: the same answer twice")

    async def say(self, person: Person, text: str) -> None:
        if person[0] == "telegram":
            self.telegram.now = datetime.now(UTC)
            await self.telegram.say(person[1], text)
        else:
            await self.discord.say(person[1], text)

    # What is looked at

    async def ready(self) -> None:
        """Until it says so for the first time."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(120):
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.5)

    async def watch(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not self.over:
                asked = self.now
                async with session.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                    self._judge(asked, answer.status, await answer.text())
                status = Path(f"/proc/{self.bot.pid}/status").read_text(encoding="utf-8")
                self.memory.append((asked, int(status.partition("VmRSS:")[2].split()[0])))
                await asyncio.sleep(1)

    def _judge(self, asked: float, status: int, said: str) -> None:
        if self.wrong.full and self.wrong.full[0] + LAG < asked < self.wrong.full[1] - 2:
            if status != 503:
                self.problems.append(f"/readyz on a full disk: {status} {said}")
        elif status != 200 and not any(began <= asked <= ended + LAG for began, ended in self.wrong.disturbed):
            self.problems.append(f"/readyz though nothing was wrong, at {asked - self.turns[0][0]:.0f} s: {said}")

    def waited(self, began: float, ended: float) -> float:
        """The 99th percentile, in milliseconds, of those who were not hit themselves."""
        times = sorted(
            took
            for at, took, person in self.turns
            if began <= at < ended
            and not is_unlucky(person)
            and not any(first < at + took and at < last for first, last in self.wrong.disturbed)
        )
        return 1000 * times[min(int(0.99 * len(times)), len(times) - 1)] if times else 0

    def grown(self, began: float, ended: float) -> float:
        """By which factor, from the first tenth of that time to the last."""
        tenth = (ended - began) / 10
        first = [kib for at, kib in self.memory if began <= at < began + tenth]
        last = [kib for at, kib in self.memory if ended - tenth <= at < ended]
        return median(last) / median(first) if first and last else 1

    async def run(self, prompted: list[Person]) -> None:
        sentences = ["/help", *self.wrong.chance.sample([phrase.text for phrase in load_phrases()], 300)]
        talkers = [("telegram", 100 + n) for n in range(TALKERS // 2)]
        talkers += [("discord", USER + 2 * n) for n in range(TALKERS // 2)]
        users = [user for name, user in talkers if name == "discord"]
        began = self.now
        async with asyncio.TaskGroup() as work:
            people = [work.create_task(self.talk(person, sentences)) for person in talkers]
            watching = work.create_task(self.watch())
            await asyncio.sleep(self.seconds * 0.25)
            calm = self.now
            await self.wrong.work(self.telegram, self.discord, users, began + self.seconds * 0.6)
            if self.disk:
                await self.wrong.fill(self.disk, self.database, FULL[self.seconds < LONG])
            await self.wrong.work(self.telegram, self.discord, users, began + self.seconds)
            self.over = True
            await asyncio.wait(people)
            await watching
        ended = self.now
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWERED):
                while not all(self.shown[person] for person in prompted):  # noqa: ASYNC110 - the phones tell one by one
                    await asyncio.sleep(0.5)
        self.report(prompted, began, calm, ended)

    def report(self, prompted: list[Person], began: float, calm: float, ended: float) -> None:
        times = Counter(len(self.shown[person]) for person in prompted)
        if set(times) != {1}:
            self.problems.append(f"prompts by how often they came: {dict(times)}")
        rest, load = self.waited(began, calm), self.waited(calm, ended)
        growth = self.grown(calm, ended)
        if self.seconds >= LONG:
            self.problems += [f"memory grew by {growth - 1:.1%}"] if growth > GROWTH else []
            self.problems += [f"a turn took {load:.0f} ms, at rest {rest:.0f}"] if load > SLOWER * rest else []
        disk = (
            f"full for {self.wrong.full[1] - self.wrong.full[0]:.0f} s"
            if self.wrong.full
            else "never full: nothing can be mounted here"
        )
        print(  # noqa: T201 - its output
            f"{len(self.turns)} turns, {len(prompted)} prompts in {ended - began:.0f} s\n"
            f"faults {dict(self.wrong.count)}, disk {disk}\n"
            f"p99 of the lucky {rest:.0f} ms at rest, {load:.0f} ms under faults; "
            f"memory {self.memory[0][1] / 1024:.0f} MiB at first, {self.memory[-1][1] / 1024:.0f} at last, "
            f"{growth - 1:+.1%} since the faults began"
        )


async def soak(minutes: float, folder: Path) -> list[str]:
    seconds = 60 * minutes
    async with AsyncExitStack() as stack:
        disk = None
        with suppress(OSError):
            disk = stack.enter_context(small_disk(folder / "disk", "96m"))
        database = (disk.folder if disk else folder) / "rekindle.sqlite"
        count = min(PROMPTED, int(seconds * 10))
        half = count // 2
        prompted = [("telegram", 10_000 + n) for n in range(half)] + [
            ("discord", USER + 10_000 + 2 * n) for n in range(half)
        ]
        telegram = await stack.enter_async_context(Phones())
        discord = await stack.enter_async_context(discord_server.running())
        port = free_port()
        start = datetime.now(UTC) + timedelta(seconds=20)
        dues = {
            f"{name}:{n}": start + timedelta(seconds=0.8 * seconds * i / len(prompted))
            for i, (name, n) in enumerate(prompted)
        }
        await await_prompts(database, dues)
        log = stack.enter_context((folder / "log").open("wb"))
        settings = environment(telegram, discord, database, HTTP_PORT=port)
        bot = await stack.enter_async_context(running(settings, log.fileno()))
        made = Soak(seconds, telegram, discord, disk, bot, database, port)
        telegram.wrong, telegram.show = made.wrong, made.show
        keep = discord._keep

        def kept(message: discord_server.Message) -> discord_server.Message:
            body = message.body
            made.show(("discord", user_of(message.channel)), str(body.get("content") or body.get("embeds")))
            return keep(message)

        discord._keep = kept  # type: ignore[method-assign]
        await made.ready()
        await made.run(prompted)
        bot.send_signal(signal.SIGTERM)
        if code := await bot.wait():
            made.problems.append(f"the program ended with {code}")
        if b"Traceback" in (folder / "log").read_bytes():
            made.problems.append(f"{folder / 'log'} has a traceback")
        return made.problems + telegram.complaints + discord.complaints


if __name__ == "__main__":
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # requests that were broken off are no news here
    problems = asyncio.run(soak(float(os.environ.get("SOAK_MINUTES", "20")), Path(tempfile.mkdtemp())))
    print("\n".join(problems) or "Nothing was lost, nothing came twice.")  # noqa: T201 - its output
    sys.exit(bool(problems))
