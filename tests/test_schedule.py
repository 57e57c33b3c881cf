import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conversation import START, Screen
from test_recurrence import ZONES

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.progress import run_of
from bot.dialogue.state import State
from bot.messages import Command, Incoming, Reply, Unreachable
from bot.recurrence import instant_of
from bot.schedule import GRACE, Schedule
from content import Library
from intents.reader import Reader
from storage import Store, Timer

DAYS = (("weekdays", {0, 1, 2, 3, 4}), ("every day", set(range(7))), ("saturday and sunday", {5, 6}))


@dataclass
class World:
    """A process with a clock that is moved by hand, and what it sent to whom and when."""

    dialogue: Dialogue
    at: datetime = START
    blocked: set[str] = field(default_factory=set)
    sent: dict[str, list[tuple[datetime, Reply]]] = field(default_factory=dict)
    turns: int = 0

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.dialogue, self.outlet, lambda: self.at)

    def outlet(self, timer: Timer) -> "Outbox":
        return Outbox(self, timer.person)

    def instants(self, person: str) -> list[datetime]:
        return [at for at, _ in self.sent.get(person, [])]

    async def say(self, person: str, text: str = "", press: str = "", command: Command | None = None) -> Screen:
        self.turns += 1
        screen = Screen()
        await self.dialogue.handle(Incoming(f"m{self.turns}", person, self.at, text, press, command), screen)
        return screen

    async def daily(self, person: str, words: str) -> None:
        assert (await self.say(person, command=Command("daily", words))).text

    async def tick(self, to: datetime) -> None:
        """Plays every instant up to then."""
        await self.schedule.deliver()
        while (due := await self.dialogue.store.next_due()) and due <= to:
            self.at = due
            await self.schedule.deliver()
        self.at = to

    async def restart(self) -> None:
        """As a process that was killed and started again: what was claimed is nobody's."""
        await self.dialogue.store.release()


@dataclass
class Outbox:
    world: World
    person: str

    async def send(self, reply: Reply) -> str:
        if self.person in self.world.blocked:
            raise Unreachable
        self.world.sent.setdefault(self.person, []).append((self.world.at, reply))
        return ""

    async def hide(self, receipts: Sequence[str]) -> int:
        return 0


@pytest.fixture
def world(dialogue: Dialogue) -> World:
    return World(dialogue)


def due_instants(zone: str, at: time, days: set[int], after: datetime, to: datetime) -> list[datetime]:
    tz = ZoneInfo(zone)
    first = after.astimezone(tz).date()
    local = (first + timedelta(days=n) for n in range((to - after).days + 3))
    instants = [instant_of(day, at, tz) for day in local if day.weekday() in days]
    return [instant for instant in instants if instant and after < instant <= to]


async def test_once_a_local_day_for_two_years(world: World) -> None:
    """In twelve zones, over two years: one cover on each due day, at the minute that was asked for."""
    hour = "02:15"  # an hour that most of these clocks skip once a year and show twice
    for number, zone in enumerate(ZONES):
        await world.daily(f"test:{zone}", f"{hour} {DAYS[number % 3][0]} {zone}")
    end = START + timedelta(days=730)
    await world.tick(end)
    for number, zone in enumerate(ZONES):
        expected = due_instants(zone, time.fromisoformat(hour), DAYS[number % 3][1], START, end)
        assert world.instants(f"test:{zone}") == expected, zone


@pytest.mark.parametrize("seed", range(12))
async def test_restarts_and_outages(library: Library, reader: Reader, tmp_path: Path, seed: int) -> None:
    """Whatever is drawn, no day comes twice, and only what an outage kept for longer than the grace is left out."""
    chance = random.Random(seed)
    person = "test:1"
    zone, (words, days) = chance.choice(ZONES), chance.choice(DAYS)
    at = time(chance.randrange(24), chance.randrange(60))
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(500_000))
    async with Store(tmp_path / "rekindle.sqlite") as store:
        world = World(Dialogue(library, reader, store, fail), start)
        await world.daily(person, f"{at:%H:%M} {words} {zone}")
        missed: list[datetime] = []
        for _ in range(12):
            span = timedelta(minutes=chance.randrange(8 * 1440))
            if chance.random() < 0.4:
                before, world.at = world.at, world.at + span
                await world.restart()
                await world.tick(world.at)
                down = due_instants(zone, at, days, before, world.at)
                missed += [instant for instant in down if world.at - instant > GRACE]
            else:
                await world.tick(world.at + span)
        due = [one for one in due_instants(zone, at, days, start, world.at) if one not in missed]
        sent = world.instants(person)
        assert len(sent) == len(due)
        assert all(timedelta() <= there - one <= GRACE for one, there in zip(due, sent, strict=True))


def fail(error: Exception) -> None:
    raise error


async def test_late_is_sent_within_the_grace_and_else_skipped(world: World) -> None:
    """After an outage one message at most comes late, never a flood."""
    await world.daily("test:1", "22:00 every day UTC")
    world.at = START.replace(hour=23, minute=30)
    await world.restart()
    await world.tick(world.at)
    assert world.instants("test:1") == [world.at]
    world.at += timedelta(days=5, hours=4)
    await world.restart()
    await world.tick(world.at)
    assert len(world.instants("test:1")) == 1
    await world.tick(world.at + timedelta(days=1))
    assert len(world.instants("test:1")) == 2


async def test_late_past_midnight_leaves_the_next_day_alone(world: World) -> None:
    """What was due before midnight and came after it counts for the day on which it was due."""
    await world.daily("test:1", "23:50 every day UTC")
    world.at = START.replace(hour=1) + timedelta(days=1)
    await world.tick(world.at + timedelta(days=1))
    assert [at.day for at in world.instants("test:1")] == [3, 3]


async def test_later_survives_a_restart(world: World) -> None:
    """A snooze comes back once at its minute, and the regular time stays as it is."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.tick(START.replace(hour=22, minute=5))
    await world.say("test:1", press="prompt:wait:60")
    await world.restart()
    await world.tick(START + timedelta(days=1, hours=1))
    times = [f"{at:%d %H:%M}" for at in world.instants("test:1")]
    assert times == ["02 22:00", "02 23:05", "03 22:00"]


async def test_a_timer_is_claimed_once(world: World, store: Store) -> None:
    """Two rounds at the same instant send one cover, and a repeated timer is the same turn."""
    await world.daily("test:1", "22:00 every day UTC")
    world.at = START.replace(hour=22)
    assert len(await store.claim(world.at, 10)) == 1
    assert await store.claim(world.at, 10) == []
    await world.restart()
    await world.tick(world.at)
    await world.tick(world.at)
    assert len(world.instants("test:1")) == 1


async def test_killed_after_the_commit(world: World, store: Store) -> None:
    """A delivery that broke off between commit and sending is made up for, with the same cover."""
    await world.daily("test:1", "22:00 every day UTC")
    world.at = START.replace(hour=22)
    (timer,) = await store.claim(world.at, 1)
    key = f"timer:daily:{int(timer.next_at.timestamp())}"
    await world.dialogue.handle(Incoming(key, "test:1", world.at, timer="daily:2026-03-02"), lost := Screen())
    await world.restart()
    await world.tick(world.at)
    ((_, reply),) = world.sent["test:1"]
    assert lost.replies == [reply]


async def test_unreachable_people_are_left_alone(world: World, store: Store) -> None:
    """Someone who blocked the bot is tried once; writing again brings the prompts back, without a flood."""
    await world.daily("test:1", "22:00 every day UTC")
    world.blocked.add("test:1")
    await world.tick(START + timedelta(days=10))
    assert await store.next_due() is None
    world.blocked.clear()
    await world.say("test:1", "hi")
    await world.tick(START + timedelta(days=12))
    assert [at.day for at in world.instants("test:1")] == [12, 13]


async def test_danger_suspends(world: World) -> None:
    """After danger nothing scheduled is sent until the person turns it on again."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.say("test:1", press="checkin:ask:listening")
    await world.say("test:1", "he hit me last night")
    await world.tick(START + timedelta(days=5))
    assert world.instants("test:1") == []
    assert "off" in (await world.say("test:1", command=Command("daily"))).text
    await world.say("test:1", press="daily:on")
    await world.tick(START + timedelta(days=6))
    assert len(world.instants("test:1")) == 1


async def test_a_changed_time_does_not_serve_a_day_twice(world: World) -> None:
    """Having come today, a later time begins tomorrow."""
    await world.daily("test:1", "21:30 every day UTC")
    await world.tick(START.replace(hour=21, minute=40))
    await world.daily("test:1", "23:00")
    await world.tick(START + timedelta(days=1, hours=3))
    assert [f"{at:%d %H:%M}" for at in world.instants("test:1")] == ["02 21:30", "03 23:00"]


async def test_a_pause_ends_by_itself(world: World) -> None:
    """A week's pause sends nothing, and then goes on."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.say("test:1", press="prompt:wait:week")
    await world.tick(START + timedelta(days=9))
    assert [at.day for at in world.instants("test:1")] == [9, 10]


async def test_no_prompt_twice_and_no_deck_twice_in_a_row(world: World, store: Store, library: Library) -> None:
    """All open prompts come before one comes again, and two of a deck never follow one another."""
    await world.daily("test:1", "08:00 every day UTC")
    seen = []
    for _ in range(200):
        await world.tick(world.at + timedelta(days=1))
        memory = await store.load("test:1", "")
        seen.append(State.model_validate_json(memory.state or "").daily.current)
    first_again = next(n for n, name in enumerate(seen) if name in seen[:n])
    assert first_again == len(set(seen))
    decks = [library.deck_of[name] for name in seen[: first_again - 10]]
    assert all(one != two for one, two in pairwise(decks))


@pytest.mark.parametrize(
    ("outcomes", "run"),
    [("ddd", 3), ("dsd", 2), ("d.d", 2), ("dxd", 1), ("ddx", 2), ("", 0), ("ss", 0)],
)
def test_a_run_is_not_broken_by_what_nobody_missed(outcomes: str, run: int) -> None:
    """Skipped and undelivered days keep a run, today is still open, and only a day left undone ends it."""
    names = {"d": "done", "s": "skipped", "x": "shown"}
    days = {f"2026-03-0{n}": names[one] for n, one in enumerate(outcomes, 1) if one != "."}
    assert run_of(days, f"2026-03-0{max(len(outcomes), 1)}") == run


async def test_scheduled_turns_do_not_count_as_heard(world: World, store: Store) -> None:
    """What the bot sends by itself does not make anybody look as if they had written."""
    await world.daily("test:1", "22:00 every day UTC")
    before = (await store.export("test:1"))["people"][0]["seen_at"]
    await world.tick(START + timedelta(days=5))
    assert (await store.export("test:1"))["people"][0]["seen_at"] == before
    assert before == int(START.timestamp())
