"""The conversation for programs: one JSON object a line in, exactly one out. Time moves as the input says."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.dialogue.dialogue import Dialogue
from bot.messages import Command, Deliver, Incoming, Outlet, Place, Reply, Scheduled


class Moved(BaseModel):
    """Time that passes: played through, or spent as if the process had been down."""

    model_config = ConfigDict(extra="forbid")

    tick: AwareDatetime | None = None
    away: AwareDatetime | None = None


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


@dataclass
class Deliveries:
    """Where what is due goes between two lines."""

    clock: Clock
    made: list[dict[str, Any]] = field(default_factory=list)

    def outlet(self, person: str) -> Outlet:
        collected = Collected()
        self.made.append({"person": person, "at": _iso(self.clock.now()), "replies": collected.replies})
        return collected

    def take(self) -> list[dict[str, Any]]:
        """What was delivered since the last time, without the timers to which there was nothing to say."""
        made, self.made = [one for one in self.made if one["replies"]], []
        return made


@dataclass
class Playing:
    """Passes the time up to an instant, stopping wherever something is due."""

    clock: Clock
    deliveries: Deliveries
    deliver: Deliver
    next_due: Callable[[], Awaitable[datetime | None]]

    async def __call__(self, to: datetime) -> list[dict[str, Any]]:
        if self.clock.at is None:
            self.clock.move(to)
        await self.deliver()
        while (due := await self.next_due()) and due <= to:
            self.clock.move(due)
            await self.deliver()
        self.clock.move(to)
        return self.deliveries.take()


def chat(dialogue: Dialogue, schedule: Scheduled) -> None:
    """Answer each line of the input until it ends. `schedule` makes what delivers to an outlet by a clock."""
    clock = Clock()
    deliveries = Deliveries(clock)
    playing = Playing(clock, deliveries, schedule(deliveries.outlet, clock.now), dialogue.store.next_due)
    with asyncio.Runner() as runner:
        try:
            for raw in sys.stdin.buffer:
                answer = runner.run(_answer(dialogue, playing, raw))
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()
        finally:
            runner.run(dialogue.store.close())


async def _answer(dialogue: Dialogue, playing: Playing, raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
        if isinstance(data, dict) and ("tick" in data or "away" in data):
            return await _pass_time(playing, Moved.model_validate(data))
        line = Line.model_validate(data)
        incoming = _incoming(line, playing.clock)
    except ValidationError as error:
        return {"error": "; ".join(f"{_where(fault)}{fault['msg']}" for fault in error.errors())}
    except (ValueError, RecursionError) as error:
        return {"error": str(error)}
    collected = Collected()
    await dialogue.handle(incoming, collected)
    return {"person": line.person, "replies": collected.replies}


async def _pass_time(playing: Playing, moved: Moved) -> dict[str, Any]:
    if moved.tick and not moved.away:
        return {"tick": _iso(moved.tick), "deliveries": await playing(moved.tick)}
    if moved.away and not moved.tick:
        playing.clock.move(moved.away)
        return {"away": _iso(moved.away)}
    raise ValueError('a line has one of "tick" and "away", with an instant')


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _where(fault: Any) -> str:
    return f"{'.'.join(map(str, fault['loc']))}: " if fault["loc"] else ""


def _incoming(line: Line, clock: Clock) -> Incoming:
    if sum(part is not None for part in (line.text, line.press, line.command)) != 1:
        raise ValueError('a line has one of "text", "press" and "command"')
    if line.at:
        clock.move(line.at)
    command = Command(line.command.lower().lstrip("/"), line.args) if line.command is not None else None
    return Incoming(line.id, line.person, clock.now(), line.text or "", line.press or "", command, line.place)
