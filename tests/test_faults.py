"""What people and the operator see when the machine fails: the disk, another process, the clock, an order to stop."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from conversation import START, Client
from small_disk import Disk, disk
from sqlite_utils import Database
from test_schedule import Outbox, World

from bot import schedule as at_work
from bot.__main__ import main
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.state import Daily, State
from bot.messages import Command, Reply
from bot.schedule import Schedule
from bot.start import report
from content import Library
from intents.reader import Reader
from storage import StorageUnavailable, Store, Timer
from storage.file import alone
from storage.requests import Kind
from storage.timers import set_timer

__all__ = ["disk"]

SENTENCE = "my wife never listens to me"


@pytest.fixture
async def living(library: Library, reader: Reader, disk: Disk) -> AsyncIterator[Dialogue]:
    """On a disk that can be filled, telling of faults as the program does."""
    async with Store(disk.folder / "rekindle.sqlite") as store:
        yield Dialogue(library, reader, store, report)


def log_of(caplog: pytest.LogCaptureFixture) -> str:
    assert SENTENCE not in caplog.text
    return caplog.text


async def test_a_full_disk(living: Dialogue, library: Library, disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    """The person is told to try again, the operator to make room; then it goes on from what was answered last."""
    client = Client(living.handle)
    await client.say(SENTENCE)
    await living.store.check()  # receipts, which nobody waits for, are written with it
    before = await living.store.export("test:1")
    disk.fill()
    for _ in range(3):
        await client.say(SENTENCE)
        assert client.screen.text.strip() == library.phrases["storage"].says[0]
    assert "database or disk is full). Make room on its disk" in log_of(caplog)
    with pytest.raises(StorageUnavailable):
        await living.store.check()
    assert await living.store.export("test:1") == before
    disk.clear()
    await client.command(Command("menu"))
    assert client.screen.choices
    await living.store.check()
    assert len((await living.store.export("test:1"))["turns"]) == 2


@contextmanager
def refusing_disk() -> Iterator[None]:
    """No file grows or is written to, as on a disk that the system has made read-only after an error.

    The system makes none so while a file on it is open, unless the disk fails; SQLite gets the same error this way.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_becomes_read_only(
    dialogue: Dialogue, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    """Under a running bot: people are told to try again, what is due waits, and all goes on when the disk does."""
    living = Dialogue(library, dialogue.reader, dialogue.store, report)
    client, world = Client(living.handle), World(living)
    await client.say(SENTENCE)
    await world.daily("test:2", "22:00 every day UTC")
    await living.store.check()  # receipts, which nobody waits for, are written with it
    before = await living.store.export("test:1")
    world.at = START.replace(hour=22)
    with refusing_disk():
        await client.say(SENTENCE)
        assert client.screen.text.strip() == library.phrases["storage"].says[0]
        with pytest.raises(StorageUnavailable):
            await living.store.check()
        with pytest.raises(StorageUnavailable):
            await world.schedule.deliver()
        assert await living.store.export("test:1") == before
    assert "(disk I/O error). Look whether its disk fails, or has become read-only" in log_of(caplog)
    assert world.instants("test:2") == []
    await client.command(Command("menu"))
    assert client.screen.choices
    await world.tick(world.at + timedelta(minutes=10))
    assert len(world.instants("test:2")) == 1


async def test_nobody_is_told_that_they_are_forgotten(living: Dialogue, library: Library, disk: Disk) -> None:
    """Where erasing fails, the person is not told that it was done; asked again, it is."""
    client = Client(living.handle)
    await client.say(SENTENCE)
    await client.command(Command("forget"))
    disk.fill()
    (yes,) = [choice.label for choice in client.screen.choices if choice.payload == "forget:yes"]
    shown = client.screen
    await client.press(yes)
    assert client.screen.text.strip() == library.phrases["storage"].says[0]
    assert (await living.store.export("test:1"))["people"]
    disk.clear()
    client.screen = shown
    await client.press(yes)
    assert not any((await living.store.export("test:1")).values())


async def test_a_full_disk_delays_what_is_due(living: Dialogue, disk: Disk) -> None:
    """Nothing scheduled is lost or sent twice: it comes when there is room."""
    world = World(living)
    await world.daily("test:1", "22:00 every day UTC")
    disk.fill()
    world.at = START.replace(hour=22)
    with pytest.raises(StorageUnavailable):
        await world.schedule.deliver()
    assert world.instants("test:1") == []
    disk.clear()
    await world.tick(world.at + timedelta(minutes=10))
    await world.tick(world.at + timedelta(hours=1))
    assert len(world.instants("test:1")) == 1


async def test_a_disk_that_fills_up_during_a_delivery(living: Dialogue, disk: Disk) -> None:
    """What was claimed and could not be kept is not sent, and comes as soon as there is room."""
    world = World(living)
    for number in range(5):
        await world.daily(f"test:{number}", "22:00 every day UTC")
    world.at = START.replace(hour=22)
    claimed = await living.store.claim(world.at, 20)
    disk.fill()
    for timer in claimed:
        with pytest.raises(StorageUnavailable):
            await world.schedule._serve(timer)
    assert world.sent == {}
    disk.clear()
    await world.schedule.deliver()
    assert [len(world.instants(f"test:{number}")) for number in range(5)] == [1] * 5
    await world.tick(world.at + timedelta(hours=1))
    assert [len(world.instants(f"test:{number}")) for number in range(5)] == [1] * 5


async def test_a_disk_that_fills_up_after_a_delivery(living: Dialogue, disk: Disk) -> None:
    """What was shown and could not be noted down is not shown again."""
    world = World(living)
    await world.daily("test:1", "22:00 every day UTC")
    world.at = START.replace(hour=22)
    world.schedule.outlets = lambda timer: Filling(world, timer.person, disk)
    with pytest.raises(StorageUnavailable):
        await world.schedule.deliver()
    disk.clear()
    world.schedule.outlets = world.outlet
    world.at += timedelta(minutes=5)
    await world.tick(world.at + timedelta(days=1))
    assert [f"{at:%d %H:%M}" for at in world.instants("test:1")] == ["02 22:15", "03 22:00"]


@dataclass
class Filling(Outbox):
    """Fills the disk while it sends."""

    disk: Disk

    async def send(self, reply: Reply) -> str:
        self.disk.fill()
        return await super().send(reply)


def test_a_disk_that_cannot_be_written_to(disk: Disk) -> None:
    """At the start the sentence names the file, what is wrong with it and what to do."""
    environment = {"REKINDLE_DATABASE": str(disk.folder / "rekindle.sqlite")}
    disk.remount("ro")
    started = CliRunner().invoke(main, ["chat"], env=environment)
    disk.remount("rw")
    assert started.exit_code == 1
    assert f"{disk.folder}/rekindle.sqlite: the database cannot be opened" in started.stderr
    assert "can be written to" in started.stderr


async def test_another_process_holds_the_database(
    dialogue: Dialogue, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    """Locked for longer than is waited for, people are told to try again; afterwards it goes on by itself."""
    store = dialogue.store
    dialogue.failed = report
    client = Client(dialogue.handle)
    await client.say(SENTENCE)
    await store._ask(lambda db: db.execute("pragma busy_timeout = 20"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        await client.say(SENTENCE)
        assert client.screen.text.strip() == library.phrases["storage"].says[0]
    assert "database is locked). End the other process that holds it" in log_of(caplog)
    await client.command(Command("menu"))
    assert client.screen.choices


async def test_a_reader_delays_nobody_after_an_erasure(store: Store) -> None:
    """While a backup reads, the log cannot be emptied: nobody waits for that, and it happens afterwards."""
    await store.commit("test:1", '{"topic": "zugzwang"}', "m1", START)
    log = Path(f"{store.path}-wal")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select * from people").fetchall()
        await store.commit("test:2", "{}", "m1", START)
        await store.erase("test:1")
        began = asyncio.get_running_loop().time()
        for number in range(10):
            await store.commit("test:2", "{}", f"n{number}", START)
        assert asyncio.get_running_loop().time() - began < 4  # each of them waited for five seconds once
        assert b"zugzwang" in log.read_bytes()
    await store.commit("test:2", "{}", "last", START)
    assert b"zugzwang" not in log.read_bytes() + store.path.read_bytes()


async def test_a_fault_of_our_own_stops_nobody_else(store: Store) -> None:
    """A request that fails in a way that nobody foresaw fails alone; the thread goes on."""
    with pytest.raises(UnicodeEncodeError):
        await store.commit("test:\ud800", "{}", "m1", START)
    await store.commit("test:1", "{}", "m1", START)
    assert (await store.load("test:1", "m1")).first_at


async def test_very_many_that_fail_at_once(store: Store) -> None:
    """Each is told of its own failure, whoever came with them is served, and the thread goes on."""

    def fail(db: Database) -> None:
        db.execute("insert into nothing values (1)")

    failing = [store._put(fail, Kind.PATIENT) for _ in range(500)]
    async with asyncio.timeout(30):
        await store.commit("test:1", "{}", "m1", START)
        told = await asyncio.gather(*failing, return_exceptions=True)
    assert {type(error) for error in told} == {StorageUnavailable}
    assert (await store.load("test:1", "m1")).first_at


@pytest.mark.parametrize("command", ["run", "chat"])
def test_two_bots_on_one_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """The second says which database is taken and what to do, and ends; it has sent nothing."""
    path = tmp_path / "rekindle.sqlite"
    monkeypatch.setattr("bot.__main__.HANDOVER", 0.05)
    with alone(path):
        second = CliRunner().invoke(main, [command], env={"REKINDLE_DATABASE": str(path)})
    assert second.exit_code == 1
    assert f"{path}: another Rekindle is running on this database. Stop it first." in second.stderr
    assert not path.exists()


def test_two_terminals_share_a_database(tmp_path: Path) -> None:
    """Conversations in terminals do not shut one another out, but keep a bot from starting."""
    path = tmp_path / "rekindle.sqlite"
    with alone(path, shared=True):
        second = CliRunner().invoke(main, ["chat"], input="hello\n", env={"REKINDLE_DATABASE": str(path)})
        bot = CliRunner().invoke(main, ["chat", "--help"])
        with pytest.raises(Exception, match="another Rekindle is running"), alone(path):
            pass
    assert second.exit_code == bot.exit_code == 0
    with alone(path):  # and let go of it
        pass


async def test_the_clock_jumps_back_an_hour(world: World) -> None:
    """Nothing is sent a second time, whether it came just before the jump or is repeated every day."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.say("test:2", press="checkin:ask:listening")
    (checkin,) = (await world.dialogue.store.export("test:2"))["timers"]
    await world.tick(START.replace(hour=22, minute=1))
    assert len(world.instants("test:1")) == 1
    world.at -= timedelta(hours=1)
    assert await world.schedule.deliver() == 0
    await world.tick(START.replace(hour=23))
    assert len(world.instants("test:1")) == 1
    await world.tick(datetime.fromtimestamp(int(checkin["next_at"]), UTC))
    before = len(world.instants("test:2"))
    assert before == 1
    world.at -= timedelta(hours=1)
    await world.tick(world.at + timedelta(hours=2))
    assert len(world.instants("test:2")) == 1
    days = [at.date() for at in world.instants("test:1")]
    assert len(days) == len(set(days))


@pytest.fixture
def world(dialogue: Dialogue) -> World:
    return World(dialogue)


async def test_hiding_after_a_jump_takes_the_latest(store: Store) -> None:
    """What was said last is taken back, also where the clock says that it was said before the rest."""
    await store.record("test:1", "m1", ["r1"], START)
    await store.record("test:1", "m2", ["r2"], START - timedelta(hours=1))
    assert await store.receipts("test:1", 1) == ["r2"]


# Told to stop


@dataclass
class Gate:
    """An outlet that shows a message only when it is opened."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    shown: list[str] = field(default_factory=list)
    begun: int = 0

    def outlet(self, timer: Timer) -> "Held":
        return Held(self, timer.person)


@dataclass
class Held:
    gate: Gate
    person: str

    async def send(self, reply: Reply) -> str:
        self.gate.begun += 1
        self.gate.busy.set()
        await self.gate.opened.wait()
        self.gate.shown.append(self.person)
        return ""

    async def hide(self, receipts: Sequence[str]) -> int:
        return 0


PEOPLE = [f"test:{number}" for number in range(50)]


async def _due(store: Store) -> None:
    daily = Daily(on=True, time="22:00", zone="UTC")
    state = State(introduced=True, daily=daily).model_dump_json()
    at = START.replace(hour=22)
    for person in PEOPLE:
        timer = Timer(person, "daily", at, "daily", "22:00", "0123456", "UTC")
        await store.commit(person, state, "m1", START, [partial(set_timer, timer=timer)])


@pytest.mark.parametrize("in_time", [True, False])
async def test_told_to_stop_during_a_delivery(
    dialogue: Dialogue, store: Store, monkeypatch: pytest.MonkeyPatch, *, in_time: bool
) -> None:
    """What has begun to be sent is finished, or is left and sent by the next process: to each person once."""
    monkeypatch.setattr(at_work, "DRAIN", 30 if in_time else 0.01)
    await _due(store)
    gate, now = Gate(), START.replace(hour=22)
    running = asyncio.create_task(Schedule(dialogue, gate.outlet, lambda: now).run())
    await gate.busy.wait()
    running.cancel()
    if in_time:
        await asyncio.sleep(0)
        assert not running.done()
        gate.opened.set()
    await asyncio.gather(running, return_exceptions=True)
    assert len(gate.shown) == (gate.begun if in_time else 0)
    assert len(gate.shown) < len(PEOPLE)
    gate.opened.set()
    await store.release()
    await Schedule(dialogue, gate.outlet, lambda: now).deliver()
    assert sorted(gate.shown) == sorted(PEOPLE)
