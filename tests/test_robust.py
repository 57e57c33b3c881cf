"""Nothing that anybody types or presses breaks the conversation."""

import asyncio
import os
import random
from functools import cache

import pytest
from conversation import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from walk import DANGER, HOSTILE, Walker

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.respond import Turn
from bot.dialogue.state import MOST_SEEN, State
from bot.messages import LABEL_LENGTH, MOST_CHOICES, PAYLOAD_BYTES, TEXT_UNITS, utf16_units
from content import Library, load_library
from intents.reader import Reader

WALKS = int(os.environ.get("WALKS", "60"))  # `make walk` takes a thousand
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@cache
def parts() -> tuple[Library, Reader]:
    """Not a fixture: hypothesis would print it whole."""
    return load_library(), Reader.load()


def assert_sendable(turn: Turn) -> None:
    """Within what both platforms take."""
    assert turn.replies
    for reply in turn.replies:
        assert reply.text.strip()
        assert utf16_units(reply.text) <= TEXT_UNITS
        reply.text.encode("utf-8")
        assert len(reply.choices) <= MOST_CHOICES
        for choice in reply.choices:
            assert 0 < len(choice.label) <= LABEL_LENGTH
            assert len(choice.payload.encode()) <= PAYLOAD_BYTES


@settings(RELAXED, max_examples=WALKS)
@given(seed=st.integers(min_value=0), texts=st.lists(st.text() | st.sampled_from(HOSTILE), max_size=8))
def test_any_walk_is_answered(seed: int, texts: list[str]) -> None:
    """Whatever is pressed and typed, in any state, the reply is one that both platforms take."""
    chance = random.Random(seed)
    walker = Walker(*parts())
    for text in texts:
        for _ in range(chance.randrange(12)):
            assert_sendable(walker.move(chance))
        assert_sendable(walker.move(chance, text))


def test_what_was_said_is_counted_for_a_while() -> None:
    """A cover a day for ten years makes no state larger than that of some months, and the latest are counted still."""
    state = State()
    for day in range(3650):
        state = state.go("cover", "prompt", str(day)).go("menu")
    assert len(state.seen) <= MOST_SEEN
    assert state.seen["menu"] == 3650


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_texts_through_the_door(dialogue: Dialogue, text: str) -> None:
    """Texts that break programs get a reply and leave a state that can be loaded again."""
    client = Client(dialogue.handle)
    for _ in range(2):
        await client.say(text)
        assert client.screen.replies


async def test_a_hundred_people_keep_their_own_states(dialogue: Dialogue) -> None:
    """People who talk at the same time are each answered for what they themselves said."""
    topics = list(dialogue.library.topics.values())
    clients = [Client(dialogue.handle, person=f"test:{number}") for number in range(100)]

    async def talk(number: int, client: Client) -> None:
        topic = topics[number % len(topics)]
        for _ in range(3):
            await client._do(press=f"topic:{topic.id}")
            await client._do(press=f"all:{topic.id}")
            if not topic.guarded:
                assert topic.step[topic.path("")[0].name].title.split("{")[0] in client.screen.text

    await asyncio.gather(*(talk(number, client) for number, client in enumerate(clients)))


@settings(RELAXED, max_examples=WALKS)
@given(seed=st.integers(min_value=0), danger=st.sampled_from(DANGER))
def test_no_tip_while_danger_is_open(seed: int, danger: str) -> None:
    """From a statement of danger until it is closed, no reply has a tip; the next hour and the lines are there."""
    chance = random.Random(seed)
    library, reader = parts()
    walker = Walker(library, reader)
    for _ in range(chance.randrange(10)):
        walker.move(chance)
    walker.move(chance, danger)
    advice = [step.title for topic in library.topics.values() for step in topic.steps]
    began = walker.at
    for _ in range(15):
        if not walker.state.danger_at or (walker.at - began).days:
            break
        turn = walker.move(chance)
        if not walker.state.danger_at:
            break
        text = "\n".join(reply.text for reply in turn.replies)
        assert not [title for title in advice if title.format(partner="your partner", Partner="Your partner") in text]
        assert {"hour", "lines"} <= {choice.payload for reply in turn.replies for choice in reply.choices}
