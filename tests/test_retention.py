"""Whom nothing came from for long is forgotten without a trace, and told once before where anything is sent to them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conversation import START, Screen
from pydantic import ValidationError
from test_schedule import World

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.due import NOTICE
from bot.messages import Command, Incoming
from bot.run import _keep_up
from bot.schedule import Schedule
from bot.settings import Settings
from bot.start import open_dialogue
from content import House, Library

RARE = "zugzwang"
SILENCE = timedelta(days=180)
DAY = timedelta(days=1)


@pytest.fixture
def world(dialogue: Dialogue) -> World:
    return World(dialogue)


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def notices(world: World, library: Library, person: str) -> list[tuple[datetime, str]]:
    """What was sent that tells of the end, and when."""
    begins = library.phrases["cover-ends"].says[0].partition("{")[0]
    return [(at, reply.text) for at, reply in world.sent.get(person, []) if reply.text.startswith(begins)]


async def keep_a_sentence(world: World, person: str) -> None:
    """With everything that can be stored: a state, something kept, a timer, the id of a turn, a receipt."""
    await world.daily(person, "22:00 every day UTC")
    await world.say(person, press="prompt:now")
    await world.say(person, f"she laughed at my {RARE} joke")
    assert (await world.say(person, press="keep")).text
    kept = await world.dialogue.store.export(person)
    assert all(kept[table] for table in ("people", "turns", "receipts", "timers", "kept"))


async def test_nothing_is_left_of_who_was_silent(world: World) -> None:
    """After the time no table, no page of the file and no log holds anything of them; who wrote since stays."""
    store = world.dialogue.store
    await keep_a_sentence(world, "test:4711")
    await world.say("test:2", "my wife never listens")
    world.at = START + SILENCE - DAY
    await world.say("test:3", "my wife never listens")
    assert await world.dialogue.forget_silent(world.at - SILENCE) == 0
    assert RARE.encode() in on_disk(store.path.parent)
    world.at += 2 * DAY
    assert await world.dialogue.forget_silent(world.at - SILENCE) == 2
    assert not any((await store.export("test:4711")).values())
    left = on_disk(store.path.parent)
    assert RARE.encode() not in left
    assert b"test:4711" not in left
    assert (await store.load("test:3", "")).state
    assert await store.next_due() is None


async def test_many_are_forgotten_in_one_round(world: World) -> None:
    """More people than are erased at once are all forgotten."""
    for number in range(230):
        await world.dialogue.store.commit(f"test:{number}", "{}", "m1", START)
    assert await world.dialogue.forget_silent(START + DAY) == 230
    assert await world.dialogue.store.silent(START + DAY, 1) == []


async def test_who_comes_back_in_that_moment_is_kept(world: World) -> None:
    """Somebody who writes between being looked up and being erased is not erased."""
    store = world.dialogue.store
    await world.say("test:1", "my wife never listens")
    limit = START + DAY
    assert await store.silent(limit, 9) == ["test:1"]
    world.at = limit + DAY
    await world.say("test:1", "she still does not")
    assert not await store.erase("test:1", limit)
    assert (await store.load("test:1", "")).state


async def test_told_once_before(world: World, library: Library) -> None:
    """Who gets prompts and answers none is told once, two weeks before, in place of the cover, with the date."""
    await world.daily("test:1", "22:00 every day UTC")
    ends = START + SILENCE
    await world.tick(ends - timedelta(hours=1))
    ((at, text),) = notices(world, library, "test:1")
    assert ends - NOTICE <= at < ends - NOTICE + DAY
    assert f"{ends:%Y-%m-%d}" in text
    instants = world.instants("test:1")
    assert len(instants) == len({instant.date() for instant in instants})
    assert at in instants
    assert await world.dialogue.forget_silent(ends - SILENCE + timedelta(seconds=1)) == 1
    await world.tick(ends + 30 * DAY)
    assert world.instants("test:1") == instants


async def test_a_press_is_enough_to_stay(world: World, library: Library) -> None:
    """What was told is taken back by any sign of life, and comes again only after another such silence."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.tick(START + SILENCE - DAY)
    assert len(notices(world, library, "test:1")) == 1
    screen = await world.say("test:1", press=f"prompt:show:{world.at.date()}")
    assert "22:00" not in screen.text
    back = world.at
    await world.tick(START + SILENCE + 20 * DAY)
    assert await world.dialogue.forget_silent(world.at - SILENCE) == 0
    assert len(notices(world, library, "test:1")) == 1
    await world.tick(back + SILENCE)
    assert len(notices(world, library, "test:1")) == 2


async def test_a_notice_that_did_not_arrive_comes_again(world: World, library: Library) -> None:
    """Where the notice could not be sent, it comes with the next prompt."""
    await world.daily("test:1", "22:00 every day UTC")
    await world.tick(START + SILENCE - NOTICE - timedelta(hours=1))
    world.sent.clear()
    due = START.replace(hour=22, minute=0) + SILENCE - NOTICE

    def broken(_: object) -> Screen:
        return Broken()

    failures: list[Exception] = []
    world.at, world.dialogue.failed = due, failures.append
    await Schedule(world.dialogue, broken, lambda: world.at).deliver()
    assert [type(failure) for failure in failures] == [ConnectionError]
    await world.tick(due + DAY)
    ((at, _),) = notices(world, library, "test:1")
    assert at == due + DAY


class Broken(Screen):
    async def send(self, reply: object) -> str:
        raise ConnectionError


async def test_others_are_forgotten_silently(world: World) -> None:
    """Nothing is sent to who asked for nothing, nor to who switched it off."""
    await world.say("test:1", "my wife never listens")
    await world.daily("test:2", "22:00 every day UTC")
    await world.say("test:2", command=Command("stop"))
    await world.tick(START + SILENCE + DAY)
    assert await world.dialogue.forget_silent(world.at - SILENCE) == 2
    assert world.sent == {}


async def test_upkeep_forgets(dialogue: Dialogue, library: Library) -> None:
    """The running program forgets by itself who was silent for as long as the setting says."""
    dialogue.library = replace(library, house=House(retention_days=30))
    now = datetime.now(UTC)
    await dialogue.store.commit("test:1", "{}", "m1", now - timedelta(days=31))
    await dialogue.store.commit("test:2", "{}", "m1", now - timedelta(days=29))
    upkeep = asyncio.create_task(_keep_up(dialogue))
    async with asyncio.timeout(10):
        while (await dialogue.store.load("test:1", "")).state:  # noqa: ASYNC110 - upkeep tells nobody
            await asyncio.sleep(0)
    upkeep.cancel()
    await asyncio.gather(upkeep, return_exceptions=True)
    assert (await dialogue.store.load("test:2", "")).state


async def test_upkeep_goes_on(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks in one round of it stops neither what comes before it nor the next round."""
    rounds: list[float] = []

    def break_off(_path: Path, now: float) -> None:
        rounds.append(now)
        raise PermissionError

    monkeypatch.setattr("bot.run.drop_old_copies", break_off)
    monkeypatch.setattr("bot.run.UPKEEP", 0)
    await dialogue.store.commit("test:1", "{}", "m1", START - timedelta(days=4000))
    upkeep = asyncio.create_task(_keep_up(dialogue))
    while not upkeep.done() and len(rounds) < 2:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    assert not upkeep.done()
    upkeep.cancel()
    await asyncio.gather(upkeep, return_exceptions=True)
    assert not (await dialogue.store.load("test:1", "")).state


async def test_privacy_says_how_long_and_who(tmp_path: Path) -> None:
    """`/privacy` names the days that are set and who runs the copy; without a name it names nobody."""
    for operator, days in (("Ada of the {harbour} clinic", 90), ("", 180)):
        settings = Settings(database=tmp_path / "r.sqlite", operator=operator, retention_days=days)
        dialogue = open_dialogue(settings)
        async with dialogue.store:
            screen = Screen()
            asked = Incoming(f"m{days}", "test:1", START, command=Command("privacy"))
            await dialogue.handle(asked, screen)
        assert f"for {days} days" in screen.text
        assert ("is run by" in screen.text) == bool(operator)
        assert operator in screen.text


@pytest.mark.parametrize("days", [29, 4000])
def test_too_few_days_are_refused(days: int) -> None:
    """A time in which nobody could be told before, or that is none, is refused."""
    with pytest.raises(ValidationError, match="retention_days"):
        Settings(retention_days=days)
