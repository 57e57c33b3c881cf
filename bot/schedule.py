"""What is due is handed to the dialogue, like anything that a person does; one task sleeps until the next instant."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.timers import weekdays
from bot.messages import Deliver, Incoming, Outlet, Reply, Scheduled, Unreachable
from bot.recurrence import next_instant
from storage import StorageUnavailable, Timer

GRACE = timedelta(hours=3)  # what is later than this is skipped, not sent
LONGEST_SLEEP = 60.0  # seconds
AT_ONCE = 20  # timers in work at the same time; a platform's own pace holds back the rest
A_SECOND = timedelta(seconds=1)
STUCK = timedelta(minutes=5)  # without a round, after which the schedule does not count as ready

Outlets = Callable[[Timer], Outlet]
"""Where the replies to a timer go."""


@dataclass
class Schedule:
    dialogue: Dialogue
    outlets: Outlets
    now: Callable[[], datetime]
    failures: int = 0  # deliveries that came to nothing for another reason than the person
    _round_at: datetime | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ready(self) -> bool:
        """Whether it has looked lately at what is due."""
        return self._round_at is not None and self.now() - self._round_at < STUCK

    def wake(self) -> None:
        """An earlier timer may have come."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        released = False
        while True:
            self._woken.clear()
            try:
                if not released:
                    await self.dialogue.store.release()
                    released = True
                await self.deliver()
                pause = await self._pause()
            except StorageUnavailable as error:
                self.dialogue.failed(error)
                pause = LONGEST_SLEEP
            try:
                await asyncio.wait_for(self._woken.wait(), pause)
            except TimeoutError:
                continue

    async def deliver(self) -> int:
        """Everything that is due now; how many timers that were."""
        count = 0
        while timers := await self.dialogue.store.claim(self.now(), AT_ONCE):
            self._round_at = self.now()
            await asyncio.gather(*(self._serve(timer) for timer in timers))
            count += len(timers)
        self._round_at = self.now()
        return count

    async def _pause(self) -> float:
        due = await self.dialogue.store.next_due()
        return LONGEST_SLEEP if due is None else min(max((due - self.now()).total_seconds(), 0), LONGEST_SLEEP)

    async def _serve(self, timer: Timer) -> None:
        """Send what is due, unless it is too late for it; then see when it is due again."""
        now, day, reachable = self.now(), _local_day(timer), True
        in_time = now - timer.next_at <= GRACE
        if in_time:
            try:
                await self.dialogue.handle(_incoming(timer, day, now), self.outlets(timer))
            except Unreachable:
                reachable = False
            except Exception as error:  # noqa: BLE001 - one delivery that fails is counted, and fails alone
                self.failures += 1
                self.dialogue.failed(error)
        # Of the days that an outage left out, one may be due so lately that it is still in time.
        next_at = _due_again(timer, now if in_time else now - GRACE - A_SECOND, day)
        await self.dialogue.store.settle(timer, next_at, day.isoformat() if day else "")
        if not reachable:
            await self.dialogue.store.mark_unreachable(timer.person)


def _local_day(timer: Timer) -> date | None:
    """The day in the person's zone for which a recurring timer was due."""
    return timer.next_at.astimezone(ZoneInfo(timer.zone)).date() if timer.zone else None


def _due_again(timer: Timer, after: datetime, served: date | None) -> datetime | None:
    """The next instant of a recurring timer; None for a one-shot."""
    if not timer.zone:
        return None
    clock = time.fromisoformat(timer.local_time)
    return next_instant(clock, weekdays(timer.weekdays), ZoneInfo(timer.zone), after, served)


def _incoming(timer: Timer, day: date | None, now: datetime) -> Incoming:
    payload = f"{timer.payload}:{day}" if day else timer.payload
    return Incoming(_key(timer), timer.person, now, timer=payload)


def _key(timer: Timer) -> str:
    """The same for every attempt at one delivery."""
    return f"timer:{timer.name}:{int(timer.next_at.timestamp())}"


def deliverer(dialogue: Dialogue) -> Scheduled:
    """For a terminal, which has one outlet a person and looks at what is due when it wants to."""

    def schedule(outlet: Callable[[str], Outlet], now: Callable[[], datetime]) -> Deliver:
        return Schedule(dialogue, lambda timer: outlet(timer.person), now).deliver

    return schedule


@dataclass(frozen=True, slots=True)
class PlatformOutlet:
    """Writes first to a person."""

    write: Callable[[str, Reply, str], Awaitable[str]]
    timer: Timer

    async def send(self, reply: Reply) -> str:
        return await self.write(self.timer.person, reply, _key(self.timer))

    async def hide(self, receipts: Sequence[str]) -> int:  # noqa: ARG002 - what is due takes nothing back
        return 0
