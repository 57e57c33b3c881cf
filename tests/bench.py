"""Speed and memory, each beside a baseline measured in the same run: `make bench`."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from bench_deliveries import bench_deliveries
from conversation import START
from figures import Nowhere, percentile, show, timed
from rapidfuzz import process

from bot.dialogue.dialogue import Dialogue
from bot.messages import Incoming
from content import load_library
from intents.phrases import load_phrases
from intents.reader import Reader
from storage import Store

PRESSES = (
    "topic:listening:mine",
    "more",
    "why:listening",
    "all:listening",
    "menu",
    "topic:infidelity:theirs",
)
SIXTY_WORDS = (
    "we have been married for nine years and lately every evening goes the same way, i come home, he is on the sofa "
    "with his phone, i ask about his day and he says fine, and when i try to tell him about mine he nods without "
    "looking up, so i stop talking and go to the kitchen and feel alone"
)


def raw_commits(folder: Path, times: int) -> list[float]:
    """What the disk and SQLite alone cost: one upsert, one commit, FULL."""
    db = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("create table people (person text primary key, state text)")
    numbers = iter(range(times))
    return timed(
        lambda: db.execute("insert or replace into people values ('x', ?)", [f"{next(numbers)}" + "x" * 900]),
        times,
    )


async def turns(dialogue: Dialogue, people: int, each: int) -> tuple[list[float], float]:
    """The time of each turn of so many people at once, and of all of them."""
    times: list[float] = []

    async def talk(person: int) -> None:
        for number in range(each):
            at = START + timedelta(minutes=number)
            press = PRESSES[number % len(PRESSES)]
            incoming = Incoming(f"m{number}", f"test:{people}-{person}", at, press=press)
            start = perf_counter()
            await dialogue.handle(incoming, Nowhere())
            times.append(perf_counter() - start)

    start = perf_counter()
    await asyncio.gather(*(talk(person) for person in range(people)))
    return times, perf_counter() - start


async def main() -> None:
    phrases = [phrase.text for phrase in load_phrases()]
    folder = Path(tempfile.mkdtemp())
    reader = Reader.load()
    baseline = raw_commits(folder, 1000)
    async with Store(folder / "rekindle.sqlite") as store:
        dialogue = Dialogue(load_library(), reader, store, lambda error: None)
        await turns(dialogue, 1, 50)
        one, _ = await turns(dialogue, 1, 600)
        show(
            "a turn, 1 person, p50",
            percentile(one, 0.5),
            "ms",
            "raw commit, FULL, p50",
            percentile(baseline, 0.5),
        )
        show(
            "a turn, 1 person, p99",
            percentile(one, 0.99),
            "ms",
            "raw commit, FULL, p99",
            percentile(baseline, 0.99),
        )
        many, whole = await turns(dialogue, 100, 60)
        show(
            "a turn, 100 people, p99",
            percentile(many, 0.99),
            "ms",
            "raw commit, FULL, p99",
            percentile(baseline, 0.99),
        )
        show(
            "turns a second, 100 people",
            len(many) / whole,
            "1/s",
            "raw commits a second",
            len(baseline) / sum(baseline),
        )
    read = median(timed(lambda: reader.read(SIXTY_WORDS), 100)) * 1000
    extract = median(timed(lambda: process.extract(SIXTY_WORDS, phrases), 3)) * 1000
    show("understanding 60 words", read, "ms", f"rapidfuzz.extract, {len(phrases)} phrases", extract)
    heard = median(timed(lambda: reader.ear.hear(SIXTY_WORDS), 200)) * 1000
    show("hearing danger in 60 words", heard, "ms", f"rapidfuzz.extract, {len(phrases)} phrases", extract)
    await bench_deliveries(folder, load_library(), reader, sum(baseline) / len(baseline) * 1000)
    start_up()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    bare = int(_run("print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1])")) / 1024
    show("memory of a chat", memory, "MB", "bare python", bare)


def start_up() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bot", "chat", "--json"]
        line = '{"person": "test:1", "text": "hello"}\n'
        environment = {"REKINDLE_DATABASE": f"{folder}/x.sqlite"}
        work = lambda: subprocess.run(command, input=line, env=environment, text=True, check=True, capture_output=True)  # noqa: E731
        chat = median(timed(work, 7)) * 1000
    bare = median(timed(lambda: _run("pass"), 7)) * 1000
    show("start-up to the end of a first reply", chat, "ms", "python -c pass", bare)


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], text=True, check=True, capture_output=True).stdout


if __name__ == "__main__":
    asyncio.run(main())
