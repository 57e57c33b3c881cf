"""What a crash leaves behind."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from conversation import START

from bot.dialogue.dialogue import Dialogue
from bot.messages import Incoming, Reply
from content import Library
from intents.reader import Reader
from storage import Store

KILLS = int(os.environ.get("KILLS", "25"))  # `make kills` takes a hundred
PERSON = "test:1"
SCRIPT = [
    {"text": "my wife says I never listen and honestly she's right"},
    {"press": "step:listening:no-such-step"},
    {"press": "more"},
    {"press": "why:listening"},
    {"text": "back"},
    {"press": "topic:infidelity:theirs"},
    {"press": "door:infidelity:tonight"},
    {"press": "enough"},
    {"text": "my husband hit me last night"},
    {"press": "hour"},
    {"press": "safe:now"},
    {"text": "thanks"},
]

PRACTISING = [
    {"press": "do:hold"},
    {"press": "do:hold:contact:space"},
    {"text": "Please answer me, you never do."},
    {"press": "answer:leave:hold:message"},
    {"text": "i want her to know that i heard it"},
    {"text": "I heard you when you said you need space."},
    {"text": "back"},
    {"text": "I heard you."},
    {"text": "I won't write until Sunday."},
    {"press": "do:hold:wait:twenty"},
    {"press": "fix:hold:first"},
    {"press": "keep"},
    {"press": "done"},
]


class Screen:
    """Tells a pipe of each reply that was shown."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    async def send(self, reply: Reply) -> str:
        os.write(self._pipe, b".")
        return f"receipt-{id(reply)}"

    async def hide(self, receipts: Sequence[str]) -> int:
        return len(receipts)


Script = Sequence[dict[str, str]]


def _incoming(script: Script, number: int) -> Incoming:
    at = START + timedelta(minutes=number)
    return Incoming(f"message-{number}", PERSON, at, **script[number])  # type: ignore[arg-type]


@dataclass(frozen=True)
class Talk:
    library: Library
    reader: Reader
    script: Script

    async def play(self, path: Path, first: int, pipe: int, states: list[str]) -> None:
        async with Store(path) as store:
            dialogue = Dialogue(self.library, self.reader, store, lambda _: None)
            for number in range(first, len(self.script)):
                await dialogue.handle(_incoming(self.script, number), Screen(pipe))
                os.write(pipe, b"|")
                states.append((await store.load(PERSON, "none")).state or "")


@pytest.mark.parametrize(("script", "kills"), [(SCRIPT, KILLS * 2), (PRACTISING, KILLS)], ids=["talking", "practising"])
def test_kill_leaves_whole_turns(library: Library, reader: Reader, tmp_path: Path, script: Script, kills: int) -> None:
    """Killed at any instant, a person is where the last reply left them or one whole turn further, never between.

    Resuming with the message that was not answered, under the same id, leads to the same end as no crash at all.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    states: list[str] = []
    began = time.monotonic()
    talk = Talk(library, reader, script)
    asyncio.run(talk.play(tmp_path / "whole.sqlite", 0, nowhere, states))
    duration = time.monotonic() - began
    chance = random.Random(1)
    for kill in range(kills):
        path = tmp_path / f"{kill}.sqlite"
        answered = _run_and_kill(talk, path, chance.uniform(0, duration))
        found = asyncio.run(_state(path))
        allowed = [states[answered - 1] if answered else "", states[min(answered, len(states) - 1)]]
        assert found in allowed
        assert sqlite3.connect(path).execute("pragma integrity_check").fetchone() == ("ok",)
        rest: list[str] = []
        asyncio.run(talk.play(path, max(answered - 1, 0), nowhere, rest))
        assert rest[-1] == states[-1]


def _run_and_kill(talk: Talk, path: Path, after: float) -> int:
    """How many turns were answered in full before the process was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        asyncio.run(talk.play(path, 0, writing, []))
        os._exit(0)
    os.close(writing)
    os.set_blocking(reading, False)
    signal.sigtimedwait([], after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = b""
    while part := os.read(reading, 4096):
        said += part
    os.close(reading)
    return said.count(b"|")


async def _state(path: Path) -> str:
    async with Store(path) as store:
        return (await store.load(PERSON, "none")).state or ""


async def test_a_repeated_message_changes_nothing(dialogue: Dialogue) -> None:
    """A message that the platform repeats is answered with what was said, and the state stays as it was."""
    shown: list[Reply] = []

    class Shown(Screen):
        async def send(self, reply: Reply) -> str:
            shown.append(reply)
            return ""

    screen = Shown(0)
    await dialogue.handle(_incoming(SCRIPT, 0), screen)
    before = (await dialogue.store.load(PERSON, "none")).state
    await dialogue.handle(_incoming(SCRIPT, 0), screen)
    assert (await dialogue.store.load(PERSON, "none")).state == before
    assert shown[0] == shown[1]
