"""What a crash does to deliveries: the real program between two local servers, killed while it delivers.

`make kills` kills it a hundred times while it writes to two thousand people.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord_server
import pytest
import telegram_server
from discord_server import user_of

from bot.dialogue.state import Daily, State
from storage import Store, Timer
from storage.timers import PARKED, set_timer

KILLS = int(os.environ.get("KILLS", "5"))
PEOPLE = int(os.environ.get("PEOPLE", "100"))  # on each platform
FIRST = 700_000_000_000_000_000  # Discord's ids are long
STEP = 10
BROKEN_OFF = f"""
    select count(*) from timers join turns on turns.person = timers.person
    and turns.incoming = 'timer:' || timers.name || ':' || timers.next_at
    where claimed_until between 1 and {PARKED - 1} and timers.person like 'telegram:%'
"""  # noqa: S608 - our own number


@dataclass
class Scene:
    telegram: telegram_server.TelegramServer
    discord: discord_server.Server
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "rekindle.sqlite"

    @property
    def failures(self) -> Path:
        return self.folder / "failures"

    @property
    def on_telegram(self) -> Counter[int]:
        """How many messages each chat got."""
        return Counter(call.chat for call in self.telegram.calls if call.method == "sendMessage")

    @property
    def on_discord(self) -> Counter[int]:
        return Counter(user_of(message.channel) for message in self.discord.messages.values())

    async def due_now(self, people: dict[str, list[str]]) -> None:
        """Everybody's daily prompt is due in this very second."""
        now = datetime.now(UTC).replace(microsecond=0)
        daily = Daily(time=f"{now:%H:%M}", zone="UTC", on=True)
        state = State(daily=daily, introduced=True).model_dump_json()
        async with Store(self.database) as store:
            for person in (person for some in people.values() for person in some):
                timer = Timer(person, "daily", now - timedelta(seconds=1), "daily", daily.time, "0123456", "UTC")
                change = [lambda db, timer=timer: set_timer(db, timer)]
                await store.commit(person, state, "set-up", now, change)

    def ask(self, sql: str) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            (number,) = connection.execute(sql).fetchone()
            return int(number)

    async def until_sent(self, number: int) -> None:
        """Two servers and a file have no common event to wait for."""
        while len(self.telegram.calls) + len(self.discord.messages) < number and self.left:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    @property
    def left(self) -> int:
        return self.ask("select count(*) from timers where next_at <= unixepoch()")


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(discord_server, "_contract", lambda: None)  # what each request looks like is tested elsewhere
    monkeypatch.setattr(telegram_server, "CONTRACT", None)
    async with telegram_server.TelegramServer() as telegram, discord_server.running() as discord:
        yield Scene(telegram, discord, tmp_path)


@asynccontextmanager
async def forking(scene: Scene) -> AsyncIterator[asyncio.subprocess.Process]:
    script = Path(__file__).with_name("delivery_process.py")
    arguments = (scene.telegram.url, scene.discord.url, str(scene.database), str(scene.failures))
    mother = await asyncio.create_subprocess_exec(sys.executable, str(script), *arguments, stdin=-1, stdout=-1)
    try:
        yield mother
    finally:
        mother.kill()
        await mother.communicate()


async def start(mother: asyncio.subprocess.Process) -> int:
    assert mother.stdin
    assert mother.stdout
    mother.stdin.write(b"start\n")
    return int(await mother.stdout.readline())


async def test_nobody_is_missed(scene: Scene) -> None:
    """Killed again and again while it delivers, everybody gets their prompt, or it is counted as failed.

    Twice on Telegram come at most those that were on their way when it was killed, on Discord none.
    """
    chance = random.Random(5)
    people = {
        "telegram": [f"telegram:{number}" for number in range(1, PEOPLE + 1)],
        "discord": [f"discord:{FIRST + STEP * number}" for number in range(PEOPLE)],
    }
    on_their_way = 0
    async with forking(scene) as mother:
        await scene.due_now(people)
        for kill in range(1, KILLS + 1):
            bot = await start(mother)
            await scene.until_sent(2 * PEOPLE * kill // (KILLS + 1))
            await asyncio.sleep(chance.uniform(0, 0.1))  # the instant is what is being drawn
            os.kill(bot, signal.SIGKILL)
            on_their_way += scene.ask(BROKEN_OFF)
        bot = await start(mother)
        while scene.left:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)
        os.kill(bot, signal.SIGKILL)
    failed = Counter(scene.failures.read_text(encoding="utf-8").split()) if scene.failures.exists() else Counter()
    got = {f"telegram:{chat}": number for chat, number in scene.on_telegram.items()}
    got |= {f"discord:{user}": number for user, number in scene.on_discord.items()}
    twice = {name: sum(got[person] - 1 for person in some if person in got) for name, some in people.items()}
    missed = {name: sum(person not in got for person in some) for name, some in people.items()}
    asked = len(scene.discord.sent("POST", r"/channels/\d+/messages"))
    print(  # noqa: T201 - the figures of a long run
        f"{KILLS} kills, {2 * PEOPLE} people: missed {missed}, failed {dict(failed)}, twice {twice}, on their way when "
        f"killed {on_their_way} on Telegram, sent again on Discord and shown once {asked - len(scene.discord.messages)}"
    )
    assert all(missed[name] <= failed[name] for name in people)
    assert twice["discord"] == 0
    assert twice["telegram"] <= on_their_way
    assert scene.ask("select count(*) from pragma_integrity_check where integrity_check = 'ok'") == 1
