import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conversation import START, Screen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_recurrence import ZONES
from test_robust import parts

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.progress import run_of
from bot.dialogue.prompts import choose, is_open
from bot.dialogue.state import Daily, State
from bot.messages import Command, Incoming, Reply, Unreachable
from bot.recurrence import instant_of
from bot.schedule import GRACE, Schedule
from content import Library
from content.model import Fit
from storage import Store, Timer

ROOT = Path(__file__).parents[1]
A_MINUTE = timedelta(minutes=1)
DAYS = (("weekdays", {0, 1, 2, 3, 4}), ("every day", set(range(7))), ("saturday and sunday", {5, 6}))


@dataclass
class World:
    """A process with a clock that is moved by hand, and what it sent to whom and when."""

    dialogue: Dialogue
    at: datetime = START
    blocked: set[str] = field(default_factory=set)
    broken: bool = False  # whether everything that is sent fails
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
        if self.world.broken:
            raise ConnectionError
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


CITIES = {
    "kathmandu": "Asia/Kathmandu", "Adelaide": "Australia/Adelaide", "lord howe": "Australia/Lord_Howe",
    "st john's newfoundland": "America/St_Johns", "apia": "Pacific/Apia", "Casablanca": "Africa/Casablanca",
    "santiago": "America/Santiago", "London": "Europe/London", "new york": "America/New_York",
    "kolkata": "Asia/Kolkata", "auckland": "Pacific/Auckland", "honolulu": "Pacific/Honolulu",
}  # fmt: skip


@contextmanager
def command_line(folder: Path) -> Iterator[Callable[..., Any]]:
    """`rekindle chat --json` as it is started; takes a line and gives its answer."""
    environment = {**os.environ, "REKINDLE_DATABASE": str(folder / "rekindle.sqlite")}
    command = [sys.executable, "-m", "bot", "chat", "--json"]
    with Popen(command, stdin=PIPE, stdout=PIPE, env=environment, cwd=ROOT, text=True) as process:
        lines, answers = process.stdin, process.stdout
        assert lines
        assert answers

        def ask(**line: str) -> Any:
            print(json.dumps(line), file=lines, flush=True)
            return json.loads(answers.readline())

        yield ask
        lines.close()
        assert process.wait() == 0


def test_set_up_in_words_and_ticked_through_two_years(tmp_path: Path) -> None:
    """Through the command line, in twelve zones: one cover each Sunday, the day on which clocks change, at its minute.

    The minute is one that most of these clocks skip once a year and show twice.
    """
    sent: dict[str, list[datetime]] = {zone: [] for zone in CITIES.values()}
    end = START + timedelta(days=730)
    with command_line(tmp_path) as ask:
        for city, zone in CITIES.items():
            ask(person=zone, text="remind me every sunday at 2:15am to be kind to my wife", at=START.isoformat())
            answer = ask(person=zone, text=city)
            assert f"Sunday at 02:15, {zone.replace('_', ' ')}" in answer["replies"][0]["text"]
        for delivery in ask(tick=end.isoformat())["deliveries"]:
            sent[delivery["person"]].append(datetime.fromisoformat(delivery["at"]))
    for zone, instants in sent.items():
        assert instants == due_instants(zone, time(2, 15), {6}, START, end), zone


def test_away_and_back_on_the_command_line(tmp_path: Path) -> None:
    """What falls into an outage is left out, the next day comes as usual, and the look-back names its picture."""
    with command_line(tmp_path) as ask:
        ask(person="me", command="daily", args="22:00 every day UTC", at=START.isoformat())
        assert ask(away=(START + timedelta(days=2, hours=4)).isoformat()).keys() == {"away"}
        (delivery,) = ask(tick=(START + timedelta(days=3, hours=1)).isoformat())["deliveries"]
        assert delivery["at"] == "2026-03-05T22:00:00Z"
        shown = ask(person="me", press=delivery["replies"][0]["choices"][0]["payload"])
        ask(person="me", press=shown["replies"][0]["choices"][0]["payload"])
        (reply,) = ask(person="me", command="progress")["replies"]
        assert "1 done" in reply["text"]
        assert (reply["file"]["name"], reply["file"]["media_type"]) == ("rekindle.png", "image/png")
        assert "to 2026-03-05" in reply["file"]["description"]


UP, DOWN, KILLED = "up", "down", "killed"
LIVES = st.lists(st.tuples(st.sampled_from((UP, DOWN, KILLED)), st.integers(0, 8 * 1440)), min_size=1, max_size=8)
MINUTES = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
BEGINNINGS = st.integers(0, 2_100_000).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    zone=st.sampled_from(ZONES), at=MINUTES, days=st.sets(st.integers(0, 6), min_size=1), start=BEGINNINGS, life=LIVES
)
def test_restarts_and_outages(
    zone: str, at: time, days: set[int], start: datetime, life: Sequence[tuple[str, int]]
) -> None:
    """Whatever is drawn, each due day comes once: at its minute, or within the grace when the process is up again.

    It may be up, down, or killed while it holds what is due; what an outage kept for longer is left out.
    """

    def due(after: datetime, to: datetime) -> list[datetime]:
        return due_instants(zone, at, days, after, to)

    async def live(folder: str) -> None:
        async with Store(Path(folder) / "rekindle.sqlite") as store:
            world = World(Dialogue(*parts(), store, fail), start)
            names = ", ".join(f"{date.min + timedelta(days=day):%A}" for day in sorted(days))
            await world.daily("test:1", f"{at:%H:%M} {names} {zone}")
            expected: list[datetime] = []
            for kind, minutes in life:
                before = world.at
                if kind == KILLED and (held := await store.next_due()):
                    expected += due(before, held - A_MINUTE)
                    await world.tick(held - A_MINUTE)
                    before, world.at = world.at, held
                    assert len(await store.claim(held, 1)) == 1
                to = world.at + timedelta(minutes=minutes)
                if kind == UP:
                    expected += due(before, to)
                else:
                    expected += [to for instant in due(before, to) if to - instant <= GRACE]
                    world.at = to
                    await world.restart()
                await world.tick(to)
            assert world.instants("test:1") == expected

    with TemporaryDirectory() as folder:
        asyncio.run(live(folder))


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


async def test_what_never_arrived_breaks_no_run(world: World, store: Store) -> None:
    """A day on which nothing could be sent is not remembered as one that was left undone; the next ones come."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.tick(START + timedelta(hours=1))
    await world.say("test:1", press="prompt:done:thanks-1:2026-03-02")
    errors: list[Exception] = []
    world.dialogue.failed, world.broken = errors.append, True
    await world.tick(START + timedelta(days=1, hours=1))
    world.broken = False
    assert [type(error) for error in errors] == [ConnectionError]
    await world.tick(START + timedelta(days=2, hours=1))
    await world.say("test:1", press="prompt:done:thanks-2:2026-03-04")
    memory = await store.load("test:1", "")
    days = State.model_validate_json(memory.state or "").daily.days
    assert days == {"2026-03-02": "done", "2026-03-04": "done"}
    assert run_of(days, "2026-03-04") == 2


async def test_what_took_too_long_breaks_no_run(world: World, store: Store) -> None:
    """A delivery that was broken off because the platform did not answer is not remembered as left undone either."""
    await world.daily("test:1", "22:00 every day UTC")

    class Hanging(Screen):
        asked = False

        async def send(self, reply: Reply) -> str:
            self.asked = True
            return await asyncio.Future()

    screen = Hanging()
    incoming = Incoming("timer:daily:1", "test:1", START.replace(hour=22), timer="daily:2026-03-02")
    handling = asyncio.create_task(world.dialogue.handle(incoming, screen))
    while not screen.asked:  # noqa: ASYNC110 - until it hangs
        await asyncio.sleep(0)
    handling.cancel()
    await asyncio.gather(handling, return_exceptions=True)
    memory = await store.load("test:1", "")
    assert State.model_validate_json(memory.state or "").daily.days == {}


@pytest.mark.parametrize("timer", ["daily:2026-03-02", "idle"])
async def test_what_was_not_sent_is_not_sent_later(world: World, timer: str) -> None:
    """Tried again after a crash, what was held back because of danger, or has nothing to say, stays unsaid."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.say("test:1", press="unsafe")
    screen = Screen()
    for _ in range(2):
        await world.dialogue.handle(Incoming("timer:1", "test:1", START.replace(hour=22), timer=timer), screen)
    assert not screen.replies


async def test_forgotten_on_the_way(world: World, store: Store) -> None:
    """Somebody is forgotten whose timer is claimed already: nothing is sent, and no trace of them comes back."""
    await world.daily("test:1", "22:00 every day UTC")
    world.at = START.replace(hour=22)
    (timer,) = await store.claim(world.at, 1)
    await store.erase("test:1")
    await world.schedule._serve(timer)
    assert world.sent == {}
    assert not any((await store.export("test:1")).values())


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


async def test_another_prompt_each_day(world: World, store: Store) -> None:
    """All open prompts come before one comes again."""
    await world.daily("test:1", "08:00 every day UTC")
    seen = []
    for _ in range(200):
        await world.tick(world.at + timedelta(days=1))
        memory = await store.load("test:1", "")
        seen.append(State.model_validate_json(memory.state or "").daily.current)
    first_again = next(n for n, name in enumerate(seen) if name in seen[:n])
    assert first_again == len(set(seen))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), fit=st.sampled_from(Fit), hour=st.integers(0, 23))
def test_no_prompt_twice_and_no_deck_twice_in_a_row(library: Library, data: st.DataObject, fit: Fit, hour: int) -> None:
    """Whatever is switched off: none comes again before all were there, nor one after another of its deck."""
    off = data.draw(st.sets(st.sampled_from(sorted(library.decks))))
    daily = Daily(fit=fit, time=f"{hour:02}:00", zone="UTC", decks_off=tuple(off))
    sizes = [len(deck.prompts) for deck in library.decks.values() if is_open(deck, daily)]
    seen: list[str] = []
    for _ in range(2 * sum(sizes)):
        daily = choose(library, daily) or daily
        seen.append(daily.current)
    assert len(set(seen[: sum(sizes)])) == len(set(seen)) == sum(sizes)
    if sizes and 2 * max(sizes) <= sum(sizes):
        assert all(library.deck_of[one] != library.deck_of[two] for one, two in pairwise(seen))


def test_a_deck_that_was_off_goes_on_where_it_was(library: Library) -> None:
    """What came of it before does not come again because the other decks have been through meanwhile."""
    one, *others = (deck for deck in library.decks.values() if is_open(deck, Daily()))
    half = tuple(prompt.name for prompt in one.prompts[: len(one.prompts) // 2])
    daily = Daily(time="08:00", zone="UTC", used=half, decks_off=(one.id,))
    for _ in range(sum(len(deck.prompts) for deck in others) + 3):
        daily = choose(library, daily) or daily
    assert set(half) < set(daily.used)


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
