"""Guided exercises and plans: every way through them, and what they leave behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from conversation import START, Client, Screen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_conversations import passing
from walk import HOSTILE

from bot.dialogue import progress, screens
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.respond import Turn, respond
from bot.dialogue.state import State
from bot.messages import TEXT_UNITS, Choice, Command, Incoming, Reply, Unreachable, utf16_units
from bot.schedule import Schedule
from content import Exercise, load_library
from content.exercise_checks import exercise_faults
from intents.reader import Reader
from intents.reading import Reading
from storage.seal import keep

LIBRARY = load_library()
EXERCISES = sorted(LIBRARY.exercises)
ANSWERS = (
    "On Sunday the plans changed, and I heard it from your brother.", "yes", "no", "always the same", "nobody yet",
    "skip", "back", "repeat", "why", "more", "menu", "i cant do this", "what do you mean?", "I felt like a guest.",
    "he cheated on me and i can't stop crying", "thanks", "x " * 400, "{first} {partner} {{", *HOSTILE[:12],
)  # fmt: skip
MOST_TURNS = 14  # from anywhere to the end: what is asked before, at most five questions, and a notice at each


@cache
def read(text: str) -> Reading:
    return reader().read(text)


@cache
def reader() -> Reader:
    return Reader.load()


@dataclass
class Walker:
    """Somebody in an exercise, turn by turn; the state goes through JSON as it does on disk."""

    state: State = field(default_factory=lambda: State(cleared=True))
    at: datetime = START
    choices: Sequence[Choice] = ()
    turns: int = 0

    def press(self, payload: str) -> Turn:
        return self._turn(Incoming(f"m{self.turns}", "test:1", self.at, press=payload), Reading())

    def say(self, text: str) -> Turn:
        return self._turn(Incoming(f"m{self.turns}", "test:1", self.at, text=text), read(text))

    def _turn(self, incoming: Incoming, reading: Reading) -> Turn:
        self.at += timedelta(minutes=1)
        self.turns += 1
        turn = respond(LIBRARY, self.state, incoming, reading)
        self.state = State.model_validate_json(turn.state.model_dump_json())
        self.choices = [choice for reply in turn.replies for choice in reply.choices]
        for reply in turn.replies:
            assert reply.text.strip()
            assert utf16_units(reply.text) <= TEXT_UNITS
            assert "{" not in reply.text.replace("{first} {partner} {{", "")
        return turn

    def go_on(self) -> None:
        """The plainest way on: leave a notice, take the first choice, or type a line."""
        payloads = [choice.payload for choice in self.choices]
        wanted = ("answer:leave", "answer:mine", f"do:{self.state.practice.id}", "safe:fear-no", "safe:alive-no")
        for prefix in wanted:
            if found := next((payload for payload in payloads if payload.startswith(prefix)), ""):
                self.press(found)
                return
        self.say("On Sunday the plans changed, and I heard it from your brother.")


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    exercise=st.sampled_from(EXERCISES),
    moves=st.lists(st.integers(0, 9) | st.sampled_from(ANSWERS), max_size=10),
)
def test_every_way_reaches_an_end(exercise: str, moves: list[int | str]) -> None:
    """Whatever was typed and pressed on the way, an exercise that still runs comes to its end within a few turns."""
    walker = Walker()
    walker.press(f"do:{exercise}")
    for move in moves:
        if isinstance(move, str):
            walker.say(move)
        elif walker.choices:
            walker.press(walker.choices[move % len(walker.choices)].payload)
    if walker.state.danger_at or walker.state.practice.id != exercise:
        return  # stopped, over, or something graver than an exercise
    walker.press(f"do:{exercise}")
    for _ in range(MOST_TURNS):
        if walker.state.screen.name in {"do-done", "do-none"}:
            return
        walker.go_on()
    pytest.fail(f"still at {walker.state.screen} with {walker.state.practice}")


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("contact", ["no", "none"])
def test_what_comes_of_it_stands_in_their_words(exercise: str, contact: str) -> None:
    """The plain way through gives a result that can be kept; with no contact, one that is not for the partner."""
    walker = Walker()
    walker.press(f"do:{exercise}")
    if LIBRARY.exercises[exercise].message:
        walker.press(f"do:{exercise}:contact:{contact}")
    for _ in range(MOST_TURNS):
        if walker.state.screen.name in {"do-done", "do-none"}:
            break
        walker.go_on()
    message, begins = LIBRARY.exercises[exercise].message, LIBRARY.exercises[exercise].no_contact
    drafted = contact == "no" or not message or begins
    assert walker.state.screen.name == ("do-done" if drafted else "do-none")
    assert bool(walker.state.practice.answers) == bool(drafted)


@pytest.mark.parametrize("topic", sorted(LIBRARY.topics))
def test_two_presses_to_the_first_question(topic: str) -> None:
    """From a topic's first answer, for each side, the exercise's first question is at most two presses away."""
    for angle in LIBRARY.topics[topic].angles or [""]:
        walker = Walker()
        walker.press(f"topic:{topic}:{angle}" if angle else f"topic:{topic}")
        presses = 0
        while not any(choice.payload.startswith("do:") for choice in walker.choices):
            door = next(choice.payload for choice in walker.choices if choice.payload.startswith("door:"))
            walker.press(door)
            presses += 1
        walker.press(next(choice.payload for choice in walker.choices if choice.payload.startswith("do:")))
        assert presses + 1 <= 2
        assert walker.state.screen.name == "do-begin"
        assert walker.state.practice.id == LIBRARY.topics[topic].exercise(angle)


def test_a_topic_offers_what_its_side_needs() -> None:
    """Nobody who was betrayed is offered to put an apology together."""
    assert LIBRARY.topics["infidelity"].exercise("theirs") != "apology"
    assert LIBRARY.topics["trust-and-honesty"].exercise("lied") != "apology"
    assert LIBRARY.topics["taking-responsibility"].exercise("theirs") != "apology"


def _typed_into(exercise: Exercise) -> list[str]:
    return [f"marmalade number {index} of mine" for index, step in enumerate(exercise.steps) if step.ask]


async def _all_typed(client: Client, exercise: Exercise) -> None:
    """Up to the result; what can be typed is typed."""
    await client._do(press=f"do:{exercise.id}")
    await client._do(press=f"do:{exercise.id}:contact:no")
    for index in range(len(exercise.steps)):
        if any(choice.payload == "keep" for choice in client.screen.choices):
            return
        found = [c.payload for c in client.screen.choices if c.payload.startswith(f"do:{exercise.id}:")]
        await (client._do(press=found[0]) if found else client.say(f"marmalade number {index} of mine"))


def _bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name))


ENDS = ["done", "leave:hold", "week", "keep-and-delete"]


async def test_a_week_that_passed_while_the_bot_was_down(dialogue: Dialogue) -> None:
    """What lay idle is dropped at the next start, however late that is."""
    client = Client(dialogue.handle)
    await _all_typed(client, dialogue.library.exercises["apology"])
    client.at += timedelta(days=30)
    await Schedule(dialogue, lambda _: client.screen, lambda: client.at).deliver()
    assert b"marmalade" not in _bytes_of(dialogue.store.path)


class Blocked(Screen):
    """Of someone who blocked the bot."""

    async def send(self, reply: Reply) -> str:
        raise Unreachable


async def test_a_week_that_passed_since_the_bot_was_blocked(dialogue: Dialogue) -> None:
    """What lay idle is dropped although nothing can be sent to them any more."""
    client = Client(dialogue.handle)
    await client.command(Command("daily", "22:00 every day UTC"))
    await _all_typed(client, dialogue.library.exercises["apology"])
    schedule = Schedule(dialogue, lambda _: Blocked(), lambda: client.at)
    for days in (1, 8):
        client.at = START + timedelta(days=days)
        await schedule.deliver()
    assert b"marmalade" not in _bytes_of(dialogue.store.path)


async def test_a_sentence_that_nobody_said_to_keep(dialogue: Dialogue) -> None:
    """What was typed under a prompt is gone after a week of silence, also where no other message came."""
    client = Client(dialogue.handle, pass_time=passing(dialogue))
    await client._do(press="prompt:now")
    await client.say("I thanked him for the marmalade that he made last night")
    assert b"marmalade" in _bytes_of(dialogue.store.path)
    await passing(dialogue)(client, client.at + timedelta(days=8))
    assert b"marmalade" not in _bytes_of(dialogue.store.path)


@pytest.mark.parametrize("end", ENDS)
async def test_what_was_typed_is_gone(dialogue: Dialogue, end: str) -> None:
    """After an exercise has ended, was stopped or lay idle for a week, none of its words is in the file or its log."""
    client = Client(dialogue.handle, pass_time=passing(dialogue))
    await _all_typed(client, dialogue.library.exercises["hold"])
    assert b"marmalade" in _bytes_of(dialogue.store.path)
    if end == "week":
        await passing(dialogue)(client, client.at + timedelta(days=8))
    elif end == "keep-and-delete":
        await client._do(press="keep")
        assert b"marmalade" in _bytes_of(dialogue.store.path)
        await client.command(Command("kept"))
        await client._do(press=next(c.payload for c in client.screen.choices if c.payload.startswith("unkeep:")))
    else:
        await client._do(press=end)
    assert b"marmalade" not in _bytes_of(dialogue.store.path)


async def test_all_that_was_kept_can_be_seen_and_deleted(dialogue: Dialogue) -> None:
    """A list longer than a message leads to what came before it, and every sentence of it can be deleted."""
    client = Client(dialogue.handle)
    for number in range(14):
        words = f"marmalade {number}.".encode()
        change = partial(keep, person="test:1", at=client.at, words=words)
        await dialogue.store.commit("test:1", State().model_dump_json(), f"k{number}", client.at, [change])
    await client.command(Command("kept"))
    seen = [client.screen.text]
    while earlier := next((c for c in client.screen.choices if c.payload.startswith("kept:")), None):
        await client.press(earlier.label)
        seen.append(client.screen.text)
    assert [sum(f"marmalade {n}." in text for text in seen) for n in range(14)] == [1] * 14
    assert len(seen) == 3
    oldest = client.screen
    for place in (1, 2):
        client.screen = oldest
        await client.press(f"Delete {place}")
    left = _bytes_of(dialogue.store.path)
    assert [f"marmalade {n}.".encode() in left for n in range(14)] == [False] * 2 + [True] * 12
    client.screen = oldest  # nothing is before it any more: the latest, and not that there is nothing
    await client._do(press="kept:3")
    assert "marmalade 13." in client.screen.text


async def test_a_number_never_means_another_sentence(dialogue: Dialogue) -> None:
    """An old button to delete one deletes nothing that was kept later, and one that was forged is no button."""
    client = Client(dialogue.handle)
    for words, press in ((b"marmalade", "unkeep:1"), (b"quince", "unkeep:1"), (b"plum", "unkeep:" + "9" * 24)):
        change = partial(keep, person="test:1", at=client.at, words=words)
        await dialogue.store.commit("test:1", State().model_dump_json(), f"k{len(words)}", client.at, [change])
        await client._do(press=press)
    kept = _bytes_of(dialogue.store.path)
    assert [word in kept for word in (b"marmalade", b"quince", b"plum")] == [False, True, True]


async def test_only_what_is_kept_stays(dialogue: Dialogue) -> None:
    """Keep stores the result; the long message that was held is in no result and is gone."""
    client = Client(dialogue.handle)
    await client._do(press="do:hold")
    await client._do(press="do:hold:contact:space")
    await client.say("the whole long quince message that must not go out tonight, all of it")
    for text in ("say i heard it", "I heard you.", "I won't text until Sunday.", "i'd rather not send it"):
        await client.say(text)
    await client._do(press="keep")
    kept = _bytes_of(dialogue.store.path)
    assert b"until Sunday" in kept
    assert b"quince" not in kept


def test_an_offer_that_lay_idle() -> None:
    """Asked whether to go on, and silent for more than a week, they are answered as if nothing had been offered."""
    walker = Walker()
    walker.press("do:own-time")
    walker.press("topic:listening")
    assert walker.state.screen.offer
    walker.at += timedelta(days=8)
    assert walker.say("hm").replies


def test_back_offers_nothing_that_was_left() -> None:
    """What "back" shows once more comes without the offer to go on with an exercise that is over."""
    walker = Walker()
    walker.press("do:own-time")
    walker.press("topic:listening")
    walker.press("leave:own-time")
    assert walker.say("back").state.screen.key == "topic:listening"
    assert not walker.state.screen.offer


def test_a_content_update_between_two_steps_is_survived() -> None:
    """With a step renamed, a choice gone or the whole exercise gone, the next turn still has an answer."""
    walker = Walker()
    walker.press("do:loop")
    walker.press("do:loop:contact:no")
    walker.say("I call again and again")
    renamed = LIBRARY.exercises["loop"].model_dump(by_alias=True)
    renamed["steps"][1]["name"] = "renamed"
    other = Exercise.model_validate(renamed | {"alone": "yes", "guarded": "yes", "message": "yes"})
    exercises = {"loop": other}
    for left in (exercises, {}):
        library = replace(LIBRARY, exercises=left)
        pressed = respond(library, walker.state, Incoming("m", "test:1", walker.at, press="do:loop:theirs"), Reading())
        said = respond(library, walker.state, Incoming("m", "test:1", walker.at, text="hm"), read("hm"))
        assert pressed.replies
        assert said.replies


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unreachable": ({"steps": {0: {"then": "end"}}}, "no way leads to this step"),
    "backwards": ({"steps": {2: {"then": "mine"}}}, "is no later step"),
    "unknown jump": ({"steps": {0: {"then": "nowhere"}}}, "is no later step"),
    "unknown notice": ({"steps": {0: {"notice": ["nothing"]}}}, "there is no notice"),
    "unknown slot": ({"result": "{nothing}"}, "is no slot here"),
    "dead end": ({"steps": {0: {"save": None}}}, "goes nowhere"),
    "too long": ({"ending": "word " * 500}, "too long for a message"),
    "too many choices": (
        {"steps": {0: {"choices": {f"c{n}": {"label": "This"} for n in range(13)}}}},
        "12 are the most",
    ),
    "empty on a way": ({"steps": {1: {"then": "sign"}}}, "is empty on the way"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_exercises_are_refused(name: str) -> None:
    """Unreachable steps, jumps back, dead ends, unknown names and over-long texts are each named to the writer."""
    change, expected = FAULTS[name]
    data = LIBRARY.exercises["loop"].model_dump(by_alias=True)
    for index, step in change.get("steps", {}).items():
        data["steps"][index].update(step)
    data |= {key: value for key, value in change.items() if key != "steps"}
    faults = [message for _, message in exercise_faults(Exercise.model_validate(data))]
    assert any(expected in fault for fault in faults), faults


def test_a_question_that_is_left_out_falls_into_no_choice_of_it() -> None:
    """Where each choice names what follows, so must the question; else skipping says what belongs to one of them."""
    data = LIBRARY.exercises["speaker"].model_dump(by_alias=True)
    next(step for step in data["steps"] if step["name"] == "first-turn")["then"] = None
    faults = [message for _, message in exercise_faults(Exercise.model_validate(data))]
    assert any("belongs to a choice" in fault for fault in faults), faults


def test_verbs_and_screens_belong_to_one_part_each() -> None:
    """No two parts of the dialogue claim the same name, so that no button means something else than it says."""
    verbs = [verb for part in screens.PARTS for verb in part.PRESSES]
    names = [name for part in (*screens.PARTS, progress) for name in part.SCREENS]
    for claimed in (verbs, names):
        assert sorted(claimed) == sorted(set(claimed))


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("no contact, she blocked me", "none"),
        ("there's a restraining order", "none"),
        ("he said don't text me again", "none"),
        ("yes", "none"),
        ("no", "open"),
        ("no court order or anything", "open"),
        ("no, we live together", "open"),
        ("yes she asked for space", "open"),
        ("she needs some distance", "open"),
        ("please just answer me. i can't sleep", ""),
        ("please stop shutting me out", ""),
    ],
)
def test_what_is_typed_about_contact_is_never_taken_for_its_opposite(said: str, begins: str) -> None:
    """The words "no contact" begin with a no and mean a yes; at a message to the partner it asks again."""
    walker = Walker()
    walker.press("do:loop")
    turn = walker.say(said)
    running = turn.state.practice
    assert running.contact == ("open" if begins == "open" else "")
    assert turn.state.screen.name == ("do-none" if begins == "none" else "do")
    assert (running.id == "") == (begins == "none")
