"""What is due for very many people at once: what it costs, whom it holds up, how near to the platform's limit it is."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

import telegram_server
from conversation import START
from figures import Nowhere, percentile, show
from sqlite_utils import Database
from telegram_people import running, telegram
from telegram_server import Json, No, TelegramServer

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.state import Daily, State
from bot.messages import Incoming
from bot.platforms.telegram_chat import Timing
from bot.platforms.telegram_limits import Limiter
from bot.schedule import PlatformOutlet, Schedule
from content import Library
from intents.reader import Reader
from storage import Store

DUE = 100_000  # timers in one minute
SERVED = int(os.environ.get("DELIVERIES", "10000"))  # of them, before the figures are taken
FEW, MANY = 1_000, 1_000_000  # timers of which none is due
TO_PACE = 450  # messages against a server that takes thirty a second
LIMIT = 30
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
TURNS = 300
THINKING = 0.02  # seconds between two turns of somebody who talks


async def bench_deliveries(folder: Path, library: Library, reader: Reader, raw_commit: float) -> None:
    """`raw_commit`: what SQLite alone takes for one, in milliseconds."""
    async with Store(folder / "due.sqlite") as store:
        await _without_end(Dialogue(library, reader, store, _fail), raw_commit)
    async with Store(folder / "idle.sqlite") as store:
        await _idle_ticks(store, library, reader)
    async with Store(folder / "paced.sqlite") as store:
        await _paced(Dialogue(library, reader, store, _fail))


def _fail(error: Exception) -> None:
    raise error


async def _without_end(dialogue: Dialogue, raw_commit: float) -> None:
    await _fill(dialogue.store, range(DUE), START)
    at_rest = await _talking(dialogue, lambda turns: turns < TURNS)
    outlet = Nowhere()
    schedule = Schedule(dialogue, lambda _: outlet, lambda: START + A_MINUTE)
    delivering = asyncio.create_task(schedule.deliver())
    while outlet.sent < SERVED // 20 and not delivering.done():  # noqa: ASYNC110 - until it runs evenly
        await asyncio.sleep(0)
    memory, sent, began = _memory(), outlet.sent, perf_counter()
    while outlet.sent < SERVED // 2 and not delivering.done():  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(THINKING)
    each = (perf_counter() - began) / (outlet.sent - sent) * 1000
    meanwhile = await _talking(dialogue, lambda _: outlet.sent < SERVED and not delivering.done())
    grown = _memory()
    delivering.cancel()
    with suppress(asyncio.CancelledError):
        await delivering
    show(f"a delivery, {DUE:,} due, to nowhere", each, "ms", "raw commit, FULL, mean", raw_commit)
    show(f"memory after {outlet.sent:,} deliveries", grown, "MB", f"after {sent:,}", memory)
    _show_talk("without any pace", meanwhile, at_rest)


def _show_talk(how: str, meanwhile: list[float], at_rest: list[float]) -> None:
    for share in (0.5, 0.99):
        base = percentile(at_rest, share)
        name = f"a turn, p{100 * share:.0f}, deliveries {how}"
        show(name, percentile(meanwhile, share), "ms", "with none", base)


async def _talking(dialogue: Dialogue, more: Callable[[int], bool]) -> list[float]:
    """The times of the turns of one person who reads a moment between them."""
    times: list[float] = []
    for number in count():
        if not more(number):
            return times
        begin = perf_counter()
        incoming = Incoming(f"m{begin}", "test:talks", START + timedelta(minutes=number), press="menu")
        await dialogue.handle(incoming, Nowhere())
        times.append(perf_counter() - begin)
        await asyncio.sleep(THINKING)
    raise AssertionError  # it counts for ever


async def _fill(store: Store, numbers: range, minute: datetime) -> None:
    """A daily prompt for each of so many people."""
    at = int(minute.timestamp())
    state = State(daily=Daily(time=f"{minute:%H:%M}", zone="UTC", on=True), introduced=True).model_dump_json()

    def fill(db: Database) -> None:
        for number in numbers:
            person = f"telegram:{number + 1}"
            db.execute("insert into people (person, state, seen_at) values (?, ?, ?)", [person, state, at])
            db.execute(
                """insert into timers (person, name, payload, local_time, weekdays, zone, next_at, served_on)
                values (?, 'daily', 'daily', ?, '0123456', 'UTC', ?, '')""",
                [person, f"{minute:%H:%M}", at + number % 60],
            )

    await store._ask(fill)


async def _idle_ticks(store: Store, library: Library, reader: Reader) -> None:
    """Looking for what is due where nothing is."""
    schedule = Schedule(Dialogue(library, reader, store, _fail), lambda _: Nowhere(), lambda: START)
    taken = []
    for numbers in (range(FEW), range(FEW, MANY)):
        await _fill(store, numbers, START + A_DAY)
        times = []
        for _ in range(300):
            begin = perf_counter()
            await schedule.deliver("telegram")
            await schedule._pause("telegram")
            times.append(perf_counter() - begin)
        taken.append(percentile(times, 0.5))
    show(f"an idle tick, {MANY:,} timers", taken[1], "ms", f"with {FEW:,} timers", taken[0])


async def _paced(dialogue: Dialogue) -> None:
    """The platform with its own pace, and a server that refuses what is more than it takes in any second."""
    await _fill(dialogue.store, range(TO_PACE), START)
    telegram_server.CONTRACT = None  # what each request looks like is tested elsewhere
    async with TelegramServer(now=START) as server:
        server.faults.append(_thirty_a_second())
        platform = telegram(server, Timing(), limiter=Limiter())
        async with running(platform, dialogue.handle):
            at_rest = await _talking(dialogue, lambda turns: turns < TURNS)
            schedule = Schedule(dialogue, partial(PlatformOutlet, platform.send), lambda: START + A_MINUTE, [platform])
            begin = perf_counter()
            delivering = asyncio.create_task(schedule.deliver("telegram"))
            meanwhile = await _talking(dialogue, lambda _: not delivering.done())
            taken = perf_counter() - begin
        sent = sum(call.method == "sendMessage" for call in server.calls)
    if sent != TO_PACE:
        raise AssertionError(f"{sent} of {TO_PACE} were sent")
    show(f"{sent} deliveries to Telegram", taken, "s", f"at {LIMIT} a second, which it takes", sent / LIMIT)
    _show_talk("at its pace", meanwhile, at_rest)


def _thirty_a_second() -> Callable[[str, Json], No | None]:
    lately: deque[float] = deque(maxlen=LIMIT)

    def refuse(method: str, _: Json) -> No | None:
        if method != "sendMessage":
            return None
        now = perf_counter()
        if len(lately) == LIMIT and now - lately[0] < 1:
            return No(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        lately.append(now)
        return None

    return refuse


def _memory() -> float:
    """In megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
