"""Figures and health: true, and about nobody."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from conversation import START, Screen
from prometheus_client.parser import text_string_to_metric_families
from sqlite_utils import Database

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.limits import AT_ONCE, Limiter
from bot.http import IDLE, Health, app
from bot.messages import Command, Delivery, Handle, Incoming, Outcome, Reply, Unreachable
from bot.metrics import OTHER, PLATFORMS, Metrics
from bot.schedule import GRACE, PlatformOutlet, Schedule
from storage import StorageUnavailable, Store

DUE = START.replace(hour=22, minute=0)
CLOSED = {
    "platform": {*PLATFORMS, OTHER},
    "outcome": {*Outcome, *Delivery},
    "queue": {*PLATFORMS, "store"},
}
NAMES = {
    "rekindle_turns",
    "rekindle_turn_seconds",
    "rekindle_deliveries",
    "rekindle_delivery_lateness_seconds",
    "rekindle_queue_depth",
    "rekindle_platform_errors",
    "rekindle_platform_ready",
    "rekindle_schedule_ready",
    "rekindle_database_bytes",
    "rekindle_store_failures",
}


@dataclass
class Wire:
    """A platform of which only the state is looked at, and that writes to whom it can."""

    name: str = "telegram"
    repeatable: timedelta | None = None
    ready: bool = True
    waiting: int = 3
    fault: Exception | None = None
    routes: tuple[web.RouteDef, ...] = ()

    async def turn(self, person: str) -> None:
        """There always is room."""

    async def run(self, handle: Handle) -> None:
        await asyncio.Event().wait()

    async def send(self, person: str, reply: Reply, nonce: str = "") -> str:
        if self.fault:
            raise self.fault
        return "receipt"

    async def hide(self, person: str, receipts: object) -> int:
        return 0


@dataclass
class House:
    """The parts that `rekindle run` puts together, with a clock that is moved by hand."""

    dialogue: Dialogue
    at: datetime = START
    wire: Wire = field(default_factory=Wire)
    metrics: Metrics = field(default_factory=Metrics)
    turns: int = 0

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.dialogue, lambda timer: PlatformOutlet(self.wire.send, timer), lambda: self.at)
        self.schedule.delivered = self.metrics.delivery
        self.dialogue.took, self.dialogue.failed = self.metrics.turn, self.metrics.failed
        self.dialogue.limiter = Limiter()
        self.health = Health(self.dialogue.store, [self.wire], self.schedule)

    async def say(self, person: str, text: str = "", key: str = "", command: Command | None = None) -> Screen:
        self.turns += 1
        screen = Screen()
        await self.dialogue.handle(Incoming(key or f"m{self.turns}", person, self.at, text, command=command), screen)
        return screen

    def read(self) -> dict[tuple[str, ...], float]:
        """Each figure by its name and the values of its labels."""
        families = text_string_to_metric_families(self.metrics.text().decode())
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}


@pytest.fixture
def house(dialogue: Dialogue) -> Iterator[House]:
    house = House(dialogue)
    with house.metrics.watching(dialogue.store, [house.wire], house.schedule):
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    async with TestClient(TestServer(app(house.health, house.metrics))) as client:
        yield client


async def refuse_writes(store: Store, *, refused: bool) -> None:
    """As a disk that is full or was mounted for reading."""
    await store._ask(lambda db: db.execute(f"pragma query_only = {'on' if refused else 'off'}"))


# Figures


async def test_labels_are_from_closed_sets(house: House) -> None:
    """Whatever people are called, type or do: no label names them or says a word of theirs, and none is added."""
    await house.say("telegram:4711", "zugzwang in my marriage")
    await house.say('evil"}\n{person:5', "my wife never listens", command=Command("zugzwang", "zugzwang"))
    await house.say("telegram:4711", command=Command("daily", "22:00 every day UTC"))
    house.wire.fault = ValueError("zugzwang 4711")
    house.at = DUE
    await house.schedule.deliver()
    logging.getLogger("rekindle.telegram").warning("zugzwang of %s", "telegram:4711")
    page = house.metrics.text().decode()
    assert "zugzwang" not in page
    assert "4711" not in page
    assert "evil" not in page
    families = list(text_string_to_metric_families(page))
    assert {family.name for family in families} == NAMES
    for family in families:
        for sample in family.samples:
            for label, value in sample.labels.items():
                assert label == "le" or value in CLOSED[label]


async def test_turns_are_counted(house: House) -> None:
    """Answered, said again, held back, without a database, broken by a fault of ours: each is counted, and timed."""
    await house.say("telegram:1", "my wife never listens", key="one")
    await house.say("telegram:1", "my wife never listens", key="one")
    for _ in range(AT_ONCE + 4):
        await house.say("telegram:2", "hi")
    await refuse_writes(house.dialogue.store, refused=True)
    await house.say("telegram:3", "hi")
    await refuse_writes(house.dialogue.store, refused=False)
    await house.dialogue.store._ask(_spoil("telegram:1"))
    await house.say("telegram:1", "hi")
    read = house.read()
    expected = {"answered": AT_ONCE + 1, "repeated": 1, "held": 4, "storage": 1, "internal": 1}
    assert {name: read["rekindle_turns_total", name, "telegram"] for name in expected} == expected
    assert read["rekindle_turn_seconds_count", "telegram"] == sum(expected.values())
    assert read["rekindle_store_failures_total",] == 2  # neither the turn nor its receipt
    assert read["rekindle_turns_total", "answered", "discord"] == 0


def _spoil(person: str) -> "Spoil":
    return Spoil(person)


@dataclass
class Spoil:
    """Writes a state that cannot be read."""

    person: str

    def __call__(self, db: Database) -> None:
        db.execute("update people set state = '[' where person = ?", [self.person])


@pytest.mark.parametrize(
    ("fault", "late", "outcome"),
    [
        (None, timedelta(seconds=7), Delivery.SENT),
        (None, GRACE * 2, Delivery.SKIPPED),
        (Unreachable(), timedelta(), Delivery.UNREACHABLE),
        (ConnectionError(), timedelta(), Delivery.FAILED),
    ],
)
async def test_deliveries_are_counted(
    house: House, fault: Exception | None, late: timedelta, outcome: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    """What became of each delivery is counted; of what was sent also how late it was; and the run is told in a line."""
    caplog.set_level(logging.INFO)
    await house.say("telegram:1", command=Command("daily", "22:00 every day UTC"))
    house.wire.fault, house.at = fault, DUE + late
    await house.schedule.deliver()
    house.schedule._tell()
    read = house.read()
    counted = {one: read["rekindle_deliveries_total", *sorted((one, "telegram"))] for one in Delivery}
    assert counted == {one: float(one is outcome) for one in Delivery}
    assert read["rekindle_delivery_lateness_seconds_count",] == (outcome is Delivery.SENT)
    assert read["rekindle_delivery_lateness_seconds_sum",] == (late.total_seconds() if outcome is Delivery.SENT else 0)
    assert f"Schedule: 1 {outcome}." in caplog.messages


async def test_what_was_switched_off_is_skipped(house: House) -> None:
    """A delivery to which there is nothing to say any more counts as skipped, not as sent."""
    await house.say("telegram:1", command=Command("daily", "22:00 every day UTC"))
    house.at = DUE
    (timer,) = await house.dialogue.store.claim(house.at, 1)
    await house.say("telegram:1", command=Command("stop"))
    await house.schedule._send(timer)
    assert house.read()["rekindle_deliveries_total", "skipped", "telegram"] == 1


async def test_states_are_looked_up(house: House) -> None:
    """Queues, readiness, size and faults are as they are when somebody asks."""
    before = house.read()
    assert before["rekindle_queue_depth", "telegram"] == 3
    assert before["rekindle_queue_depth", "store"] == 0
    assert before["rekindle_platform_ready", "telegram"] == 1
    assert before["rekindle_schedule_ready",] == 0
    path = house.dialogue.store.path
    size = path.stat().st_size + path.with_name(f"{path.name}-wal").stat().st_size
    assert before["rekindle_database_bytes",] == size
    house.wire.ready, house.wire.waiting = False, 0
    await house.schedule.deliver()
    logging.getLogger("rekindle.telegram").error("broke")
    logging.getLogger("rekindle.telegram").info("answers again")
    after = house.read()
    assert after["rekindle_platform_ready", "telegram"] == 0
    assert after["rekindle_queue_depth", "telegram"] == 0
    assert after["rekindle_schedule_ready",] == 1
    assert after["rekindle_platform_errors_total", "telegram"] == 1


def test_a_terminal_does_without() -> None:
    """Talking in the terminal, and all that the dialogue needs, imports neither prometheus nor structlog."""
    code = (
        "import sys, bot.__main__, bot.start, bot.schedule, bot.platforms.console, bot.platforms.jsonlines;"
        "sys.exit(sum(name in sys.modules for name in ('prometheus_client', 'structlog', 'aiohttp')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Health


async def test_all_is_well(house: House, client: TestClient[web.Request, web.Application]) -> None:
    """With a database that takes a write, a platform that is connected and a schedule on time it is ready."""
    await house.schedule.deliver()
    answer = await client.get("/readyz")
    parts = await answer.json()
    assert answer.status == 200
    assert {name: part["ready"] for name, part in parts.items()} == dict.fromkeys(
        ("database", "schedule", "telegram"), True
    )
    assert parts["database"]["written"] < 5
    assert parts["schedule"]["idle"] == 0
    assert (await (await client.get("/livez")).text()) == "ok"
    page = await client.get("/metrics")
    assert page.headers["Content-Type"].startswith("text/plain; version=")
    assert b"rekindle_turns_total" in await page.read()


async def test_a_platform_that_is_away(house: House, client: TestClient[web.Request, web.Application]) -> None:
    """A platform that is not connected is named, and it is not ready; it still lives."""
    await house.schedule.deliver()
    house.wire.ready = False
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert [name for name, part in (await answer.json()).items() if not part["ready"]] == ["telegram"]
    assert (await client.get("/livez")).status == 200


async def test_a_database_that_takes_no_writes(house: House, client: TestClient[web.Request, web.Application]) -> None:
    """A database that can be read and not written is not ready; when it can be again, it is."""
    await house.schedule.deliver()
    await refuse_writes(house.dialogue.store, refused=True)
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["database"] == {"ready": False, "written": None}
    await refuse_writes(house.dialogue.store, refused=False)
    assert (await client.get("/readyz")).status == 200


async def test_a_database_that_does_not_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs is not waited for long, and not asked once more by everybody who wants to know."""
    monkeypatch.setattr("bot.http.PATIENCE", 0.05)
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    hanging = asyncio.create_task(house.dialogue.store._ask(lambda _: _wait_in_thread(loop, go_on)))
    await asyncio.sleep(0)
    tries = set()
    for _ in range(5):
        assert not (await house.health.parts())["database"]["ready"]
        tries.add(house.health._trying)
    assert len(tries) == 1
    go_on.set()
    await hanging
    await house.schedule.deliver()
    assert (await house.health.parts())["database"]["ready"]


def _wait_in_thread(loop: asyncio.AbstractEventLoop, go_on: asyncio.Event) -> None:
    asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)


async def test_looking_often_writes_seldom(house: House) -> None:
    """A hundred looks within a moment cost the disk one write."""
    await house.health.parts()
    await house.dialogue.store._ask(lambda db: db.execute("delete from meta where name = 'written-at'"))
    for _ in range(100):
        await house.health.parts()
    found = await house.dialogue.store._ask(lambda db: db.execute("select name from meta").fetchall())
    assert found == [("log-key",)]


async def test_what_is_overdue(house: House) -> None:
    """A schedule that leaves something due lie is not ready, however busy it is; what is in work is not overdue."""
    await house.say("telegram:1", command=Command("daily", "22:00 every day UTC"))
    house.at = DUE + timedelta(seconds=IDLE + 30)
    await house.dialogue.store.release()
    house.schedule._alive = {"": house.at}
    schedule = (await house.health.parts())["schedule"]
    assert schedule == {"ready": False, "idle": IDLE + 30}
    (timer,) = await house.dialogue.store.claim(house.at, 1)
    house.health._wrote = None
    assert (await house.health.parts())["schedule"] == {"ready": True, "idle": 0}
    await house.dialogue.store.settle(timer, None)


@dataclass
class Paced(Wire):
    """At which everybody waits for so many seconds, and is ready or not meanwhile."""

    waits: list[float] = field(default_factory=list)
    house: House | None = None
    health: Health | None = None
    seen: list[bool] = field(default_factory=list)

    async def turn(self, person: str) -> None:
        assert self.house
        assert self.health
        self.house.at += timedelta(seconds=self.waits.pop(0))
        self.health._wrote = None
        self.seen.append((await self.health.parts())["schedule"]["ready"])


async def test_a_long_run_at_a_platforms_pace(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While what is due goes out one after another it is ready, however late the last is; when it stops, it is not.

    What is due on a platform that is away is no fault of the schedule.
    """
    monkeypatch.setattr("bot.schedule.CLAIMED", 1)
    for number in range(5):
        await house.say(f"telegram:{number}", command=Command("daily", "22:00 every day UTC"))
    wire = Paced(waits=[IDLE - 1, IDLE - 1, IDLE - 1, IDLE + 1, 0], house=house)
    outlet = lambda timer: PlatformOutlet(wire.send, timer)  # noqa: E731 - as above
    schedule = Schedule(house.dialogue, outlet, lambda: house.at, [wire])
    wire.health = Health(house.dialogue.store, [wire], schedule)
    house.at, wire.ready = DUE + timedelta(hours=1), False
    await schedule.deliver("telegram")
    parts = await wire.health.parts()
    assert [name for name, part in parts.items() if not part["ready"]] == ["telegram"]
    house.at, wire.ready = DUE, True
    await schedule.deliver("telegram")
    assert wire.seen == [True, True, True, False, True]


async def test_a_schedule_that_stopped_looking(house: House) -> None:
    """Where nobody looked at what is due for minutes, it is not ready, even when nothing is due."""
    await house.schedule.deliver()
    house.at += timedelta(minutes=6)
    assert not (await house.health.parts())["schedule"]["ready"]


async def test_failures_of_others_are_no_failures_of_the_store(house: House) -> None:
    """Only what the database refused counts as its failure."""
    house.metrics.failed(ValueError("zugzwang"))
    house.metrics.failed(StorageUnavailable("full"))
    assert house.read()["rekindle_store_failures_total",] == 1
