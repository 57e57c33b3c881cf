"""A flood from one person costs nobody else anything, and danger is heard in the middle of it."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from conversation import START, Client, Screen, play
from test_conversations import FILES, passing

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.limits import AT_ONCE, HELD, LONGEST, PACE, REMEMBERED, Limiter, shortened
from bot.dialogue.state import State
from bot.messages import Command, Incoming, Outcome, Place
from bot.schedule import Schedule
from intents.reader import FOLDER, Reader

IDS: Iterator[int] = count()


@pytest.fixture
def outcomes(dialogue: Dialogue) -> Counter[Outcome]:
    """What became of all that is done, with the limit on."""
    seen: Counter[Outcome] = Counter()
    dialogue.limiter = Limiter()
    dialogue.took = lambda _platform, outcome, _seconds: seen.update([outcome])
    return seen


def message(person: str, text: str, at: datetime = START, **more: object) -> Incoming:
    return Incoming(f"flood-{next(IDS)}", person, at, text, **more)  # type: ignore[arg-type]


async def said(dialogue: Dialogue, incoming: Incoming) -> Screen:
    screen = Screen()
    await dialogue.handle(incoming, screen)
    return screen


def heard_by_the_model_alone(reader: Reader) -> str:
    """Danger that no rule names."""
    lines = (FOLDER / "evaluation" / "safety.jsonl").read_text(encoding="utf-8").splitlines()
    texts: list[str] = [json.loads(line)["text"] for line in lines]
    return next(text for text in texts if not reader.hear(text).hearing.alarms and reader.read(text).hearing.alarms)


def within_a_second(number: int) -> datetime:
    return START + timedelta(milliseconds=number)


async def test_a_flood_costs_others_nothing(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """Of 1,000 messages in a second a few are answered, one gets a line, and another person is not kept waiting."""
    flood = [message("test:flood", f"my wife never listens, {n}", within_a_second(n)) for n in range(1000)]
    screens = [Screen() for _ in flood]
    turns = [asyncio.create_task(dialogue.handle(*one)) for one in zip(flood, screens, strict=True)]
    other = await said(dialogue, message("test:other", "my wife never listens"))
    assert other.replies
    assert outcomes[Outcome.ANSWERED] < AT_ONCE / 2
    await asyncio.gather(*turns)
    assert outcomes == {Outcome.ANSWERED: AT_ONCE + 1, Outcome.HELD: 1000 - AT_ONCE}
    line = dialogue.library.phrases["too-fast"].says[0]
    assert [screen.text.strip() for screen in screens[AT_ONCE:] if screen.replies] == [line]


async def test_danger_in_a_flood_is_answered(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """Who says in the middle of a flood that they were hit is shown whom to call; so is who says it with a command."""
    flood = [message("test:1", f"hello {n}", within_a_second(n)) for n in range(200)]
    flood[100] = message("test:1", "he hit me last night", within_a_second(100))
    flood[150] = message("test:1", "", within_a_second(150), command=Command("tip", "i want to kill myself"))
    screens = await asyncio.gather(*(said(dialogue, one) for one in flood))
    for number in (100, 150):
        assert "emergency" in screens[number].text
    assert outcomes[Outcome.ANSWERED] == AT_ONCE + 2
    memory = await dialogue.store.load("test:1", "")
    assert State.model_validate_json(memory.state or "").danger_at


@pytest.mark.parametrize(
    "way", [{"press": "unsafe"}, {"press": "safe:alive-yes"}, {"command": Command("crisis")}, {"text": "number"}]
)
async def test_ways_to_help_stay_open(dialogue: Dialogue, outcomes: Counter[Outcome], way: dict[str, object]) -> None:
    """Whatever the pace, the lines are one press, one command and one word away."""
    for _ in range(AT_ONCE + 3):
        await said(dialogue, message("test:1", "hi"))
    screen = await said(dialogue, message("test:1", **({"text": ""} | way)))  # type: ignore[arg-type]
    assert screen.replies
    assert outcomes[Outcome.ANSWERED] == AT_ONCE + 1


async def test_what_was_held_back_is_listened_to(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """Danger that only the model hears, in words that were held back, is asked about with the next answer."""
    words = heard_by_the_model_alone(dialogue.reader)
    for _ in range(AT_ONCE):
        await said(dialogue, message("test:1", "hi"))
    held = await said(dialogue, message("test:1", words))
    assert held.text.strip() == dialogue.library.phrases["too-fast"].says[0]
    await said(dialogue, message("test:1", "thanks", START + timedelta(minutes=1)))
    memory = await dialogue.store.load("test:1", "")
    assert State.model_validate_json(memory.state or "").screen.name in {"check", "fear", "card"}


async def test_presses_count_and_repetitions_do_not(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """Presses are turns, too; what the platform sends again is answered again, in a flood as well."""
    presses = [message("test:1", "", press="menu") for _ in range(AT_ONCE + 1)]
    shown = [await said(dialogue, one) for one in presses]
    assert dialogue.library.phrases["too-fast"].says[0] in shown[-1].text
    again = await said(dialogue, presses[3])
    assert again.replies == shown[AT_ONCE - 1].replies
    assert outcomes == {Outcome.ANSWERED: AT_ONCE, Outcome.HELD: 1, Outcome.REPEATED: 1}


async def test_one_line_a_flood(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """The line comes once, whatever follows; after a quiet minute all is as before. A group is not told."""
    line = dialogue.library.phrases["too-fast"].says[0]
    for quiet in range(2):
        at = START + AT_ONCE * PACE * quiet * 2
        texts = [(await said(dialogue, message("test:1", "hi", at))).text for _ in range(AT_ONCE + 9)]
        assert sum(line in text for text in texts) == 1
    for _ in range(AT_ONCE + 9):
        screen = await said(dialogue, message("test:-5", "", command=Command("help"), place=Place.GROUP))
        assert line not in screen.text


async def test_what_waited_is_no_flood(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """Fifty messages that were sent over minutes and come in together, after an outage, are all answered."""
    for number in range(50):
        await said(dialogue, message("test:1", "hi", START + number * PACE))
    assert outcomes == {Outcome.ANSWERED: 50}


async def test_prompts_come_in_a_flood(dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """What was asked for comes at its minute, whatever the person does."""
    await said(dialogue, message("test:1", "", command=Command("daily", "22:00 every day UTC")))
    at = START.replace(hour=22)
    for _ in range(AT_ONCE + 3):
        await said(dialogue, message("test:1", "hi", at))
    screen = Screen()
    await Schedule(dialogue, lambda _: screen, lambda: at).deliver()
    assert screen.replies


def test_memory_is_bounded() -> None:
    """Of 20,000 people, one a second, only those of the last minutes are remembered; of a flood only its last words."""
    limiter = Limiter()
    for number in range(20_000):
        limiter.admits(message(f"test:{number}", "hi", START + timedelta(seconds=number)))
    assert len(limiter._buckets) <= REMEMBERED.total_seconds() + 1
    for _ in range(AT_ONCE + 100):
        one = message("test:1", "x" * 1000, START + timedelta(days=1))
        if not limiter.admits(one):
            limiter.hold(one)
    assert len(limiter.release("test:1")) == HELD
    assert limiter.release("test:1") == ""


async def test_something_huge_is_heard_and_cut(dialogue: Dialogue) -> None:
    """A message of 300,000 characters is listened to up to its last word, and dealt with as one of a few thousand."""
    text = "word " * 60_000 + "he hit me last night"
    assert "emergency" in (await said(dialogue, message("test:1", text))).text
    assert len(shortened(message("test:1", text)).text) == LONGEST
    cut = shortened(message("test:1", "", command=Command("tip", text)))
    assert cut.command
    assert len(cut.command.words) == LONGEST
    assert len(shortened(message("test:1", "", press=text)).press) == LONGEST


@pytest.mark.parametrize("path", FILES[:: len(FILES) // 8], ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_conversations_go_as_before(path: Path, dialogue: Dialogue, outcomes: Counter[Outcome]) -> None:
    """Nobody who talks notices that there is a limit."""
    with suppress(AssertionError):  # whether it goes as it is written is for others to prove
        await play(path, Client(dialogue.handle, pass_time=passing(dialogue)), dialogue.library)
    assert not outcomes[Outcome.HELD]
