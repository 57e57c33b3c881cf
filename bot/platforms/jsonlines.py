"""The conversation for programs: one JSON object a line in, exactly one out. Time moves as the input says."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.dialogue.dialogue import Dialogue
from bot.messages import Command, Incoming, Place, Reply


class Line(BaseModel):
    """Something a person did."""

    model_config = ConfigDict(extra="forbid")

    person: str = Field(min_length=1, max_length=200)
    text: str | None = None
    press: str | None = None
    command: str | None = None
    args: str = ""
    id: str = Field(default_factory=lambda: uuid4().hex, min_length=1, max_length=200)
    place: Place = Place.PRIVATE
    at: AwareDatetime | None = None


@dataclass
class Clock:
    """Real time until the input names an instant; from then on only the input moves it, and never back."""

    at: datetime | None = None

    def now(self) -> datetime:
        return self.at or datetime.now(UTC)

    def move(self, to: datetime) -> None:
        self.at = max(self.at, to) if self.at else to


@dataclass
class Collected:
    """Replies as the data that goes out."""

    replies: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, reply: Reply) -> str:
        shown: dict[str, Any] = {
            "text": reply.text,
            "title": reply.title,
            "choices": [{"label": choice.label, "payload": choice.payload} for choice in reply.choices],
        }
        if reply.file:
            file = reply.file
            shown["file"] = {
                "name": file.name,
                "media_type": file.media_type,
                "size": len(file.data),
                "description": file.description,
            }
        self.replies.append(shown)
        return uuid4().hex

    async def hide(self, receipts: Sequence[str]) -> int:
        return len(receipts)


def chat(dialogue: Dialogue) -> None:
    """Answer each line of the input until it ends."""
    clock = Clock()
    with asyncio.Runner() as runner:
        try:
            for raw in sys.stdin.buffer:
                answer = runner.run(_answer(dialogue, clock, raw))
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()
        finally:
            runner.run(dialogue.store.close())


async def _answer(dialogue: Dialogue, clock: Clock, raw: bytes) -> dict[str, Any]:
    try:
        line = Line.model_validate(json.loads(raw))
        incoming = _incoming(line, clock)
    except ValidationError as error:
        return {"error": "; ".join(f"{_where(fault)}{fault['msg']}" for fault in error.errors())}
    except (ValueError, RecursionError) as error:
        return {"error": str(error)}
    collected = Collected()
    await dialogue.handle(incoming, collected)
    return {"person": line.person, "replies": collected.replies}


def _where(fault: Any) -> str:
    return f"{'.'.join(map(str, fault['loc']))}: " if fault["loc"] else ""


def _incoming(line: Line, clock: Clock) -> Incoming:
    if sum(part is not None for part in (line.text, line.press, line.command)) != 1:
        raise ValueError('a line has one of "text", "press" and "command"')
    if line.at:
        clock.move(line.at)
    command = Command(line.command.lower().lstrip("/"), line.args) if line.command is not None else None
    return Incoming(line.id, line.person, clock.now(), line.text or "", line.press or "", command, line.place)
