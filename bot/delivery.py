"""One delivery: what it is, what became of it, and when it is due again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.dialogue.timers import weekdays
from bot.messages import Outlet, Reply
from bot.recurrence import next_instant
from storage import Timer


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to be kept of a delivery."""

    timer: Timer
    next_at: datetime | None
    served_on: str
    reachable: bool


@dataclass
class Watched:
    """Whether anything was sent: what fell due may no longer be wanted."""

    outlet: Outlet
    sent: bool = False

    async def send(self, reply: Reply) -> str:
        receipt = await self.outlet.send(reply)
        self.sent = True
        return receipt

    async def hide(self, receipts: Sequence[str]) -> int:
        return await self.outlet.hide(receipts)


def local_day(timer: Timer) -> date | None:
    """The day in the person's zone for which a recurring timer was due."""
    return timer.next_at.astimezone(ZoneInfo(timer.zone)).date() if timer.zone else None


def due_again(timer: Timer, after: datetime, served: date | None) -> datetime | None:
    """The next instant of a recurring timer; None for a one-shot."""
    if not timer.zone:
        return None
    clock = time.fromisoformat(timer.local_time)
    return next_instant(clock, weekdays(timer.weekdays), ZoneInfo(timer.zone), after, served)


def key_of(timer: Timer) -> str:
    """The same for every attempt at one delivery."""
    return f"timer:{timer.name}:{int(timer.next_at.timestamp())}"
