"""What is due is handed to the dialogue, like anything that a person does. A task sleeps until the next instant.

Each platform has one of its own, so that what is due on one waits for no other that is slow or away.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.delivery import Settlement, Watched, due_again, key_of, local_day
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.timers import IDLE
from bot.messages import Deliver, Delivery, Incoming, Outlet, Platform, Reply, Scheduled, Unreachable, platform_of
from storage import StorageUnavailable, Timer

log = logging.getLogger("rekindle.schedule")

GRACE = timedelta(hours=3)  # what is later than this is skipped, not sent
LONGEST_SLEEP = 60.0  # seconds
RECOVERY = 5.0  # seconds until a database that failed is tried again
LOOK_AGAIN = 1.0  # seconds until a platform that cannot be written to is looked at again
CLAIMED = 100  # timers with one write, which takes milliseconds in which nobody else is served
AT_ONCE = 20  # timers in work at the same time on a platform
PATIENCE = 180  # seconds for one delivery, after which it counts as failed
A_SECOND = timedelta(seconds=1)
DRAIN = 10  # seconds for what is being sent when the process is told to stop
STUCK = timedelta(minutes=5)  # without looking at what is due or beginning with any, after which it is not ready

Outlets = Callable[[Timer], Outlet]
"""Where the replies to a timer go."""


@dataclass
class Schedule:
    dialogue: Dialogue
    outlets: Outlets
    now: Callable[[], datetime]
    platforms: Sequence[Platform] = ()  # without any, everybody is served by `outlets` alone
    delivered: Callable[[str, Delivery, float], None] = lambda *_: None  # of each: platform, outcome, seconds late
    _alive: dict[str, datetime] = field(default_factory=dict)  # by platform, when anything was last done for it
    _begun: dict[str, datetime] = field(default_factory=dict)  # by platform, when a delivery was last begun
    _became: Counter[Delivery] = field(default_factory=Counter)  # in this run
    _unsettled: dict[tuple[str, str], Settlement] = field(default_factory=dict)  # by person and name
    _in_work: set[tuple[str, str]] = field(default_factory=set)  # the same of what is being sent
    _woken: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def __post_init__(self) -> None:
        self._by_name = {platform.name: platform for platform in self.platforms}

    @property
    def ready(self) -> bool:
        """Whether it has looked lately at what is due, or begun with some of it, on every platform."""
        now = self.now()
        return all(name in self._alive and now - self._alive[name] < STUCK for name in self._lines)

    @property
    def _lines(self) -> Sequence[str]:
        return tuple(self._by_name) or ("",)

    async def idle_since(self) -> datetime | None:
        """Since when something is due on a platform and nothing has been begun there; to come where nothing is due yet.

        However long it takes to send what is due at a platform's pace, that is no idling. Nor is it when a platform
        cannot be written to: what is due there keeps until it can.
        """
        since = [
            max(due, self._begun.get(platform, due))
            for platform in self._lines
            if self._is_open(platform) and (due := await self.dialogue.store.next_due(platform))
        ]
        return min(since, default=None)

    def wake(self) -> None:
        """An earlier timer may have come."""
        for woken in self._woken.values():
            woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._release()
        async with asyncio.TaskGroup() as lines:
            for platform in self._lines:
                lines.create_task(self._run(platform))

    async def _release(self) -> None:
        """What the process before held is nobody's now."""
        while True:
            self._alive = dict.fromkeys(self._lines, self.now())
            try:
                return await self.dialogue.store.release()
            except StorageUnavailable as error:
                self.dialogue.failed(error)
            await asyncio.sleep(RECOVERY)

    async def _run(self, platform: str) -> None:
        woken = self._woken[platform]
        while True:
            woken.clear()
            try:
                await self.deliver(platform)
                self._tell()
                pause = await self._pause(platform)
            except StorageUnavailable as error:
                self.dialogue.failed(error)
                pause = RECOVERY
            except Exception:
                log.exception("Schedule: broke, and goes on in %d seconds.", RECOVERY)
                pause = RECOVERY
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), pause)

    async def deliver(self, platform: str = "") -> int:
        """Everything that is due now on a platform, or at all; how many timers that were."""
        count, room, working = 0, asyncio.Semaphore(AT_ONCE), set[asyncio.Task[None]]()

        def ended(delivery: asyncio.Task[None]) -> None:
            room.release()
            if not delivery.cancelled() and delivery.exception() is None:
                working.discard(delivery)

        self._alive[platform] = self.now()
        await self._catch_up(platform)
        try:
            while timers := await self._claim(platform) or await self._left(platform, working):
                count += len(timers)
                for timer in timers:
                    await room.acquire()
                    await self._turn(timer)
                    self._alive[platform] = self._begun[platform] = self.now()
                    working.add(delivery := asyncio.create_task(self._serve(timer)))
                    delivery.add_done_callback(ended)
        except BaseException as error:  # one that was broken off may have been shown or not
            await _finished(working, DRAIN if isinstance(error, asyncio.CancelledError) else None)
            raise
        for failed in working:
            failed.result()
        return count

    async def _claim(self, platform: str) -> list[Timer]:
        """Nothing of a platform that cannot be written to at the moment: that keeps until it can."""
        self._alive[platform] = self.now()
        if not self._is_open(platform):
            return []
        return await self.dialogue.store.claim(self.now(), CLAIMED, platform)

    async def _left(self, platform: str, working: Collection[asyncio.Task[None]]) -> list[Timer]:
        """What fell due while the last were in work: after an outage a timer that is skipped can be due again."""
        if not working:
            return []
        await _finished(working)
        return await self._claim(platform)

    def _is_open(self, platform: str) -> bool:
        return platform not in self._by_name or self._by_name[platform].ready

    def _tell(self) -> None:
        if self._became:
            log.info("Schedule: %s.", ", ".join(f"{count} {what}" for what, count in self._became.items()))
            self._became.clear()

    async def _pause(self, platform: str) -> float:
        if not self._is_open(platform):
            return LOOK_AGAIN
        due = await self.dialogue.store.next_due(platform)
        return LONGEST_SLEEP if due is None else min(max((due - self.now()).total_seconds(), 0), LONGEST_SLEEP)

    async def _turn(self, timer: Timer) -> None:
        """When there is room for it. Only then is it begun: nobody's conversation waits behind what waits for that."""
        if (platform := self._by_name.get(platform_of(timer.person))) and self._in_time(timer) and timer.name != IDLE:
            await platform.turn(timer.person)

    def _in_time(self, timer: Timer) -> bool:
        """To forget is never too late."""
        return timer.name == IDLE or self.now() - timer.next_at <= GRACE

    async def _serve(self, timer: Timer) -> None:
        """Unless it still is in work, for longer than it was claimed; claiming it once more has lengthened that."""
        key = timer.person, timer.name
        if key in self._in_work:
            return
        self._in_work.add(key)
        try:
            if self._is_open(platform_of(timer.person)):
                await self._send(timer)
            else:
                await self.dialogue.store.settle(timer, timer.next_at, timer.served_on)
        finally:
            self._in_work.discard(key)

    async def _send(self, timer: Timer) -> None:
        """Send what is due, unless it is too late for it; then see when it is due again."""
        now, day, reachable = self.now(), local_day(timer), True
        in_time, became = self._in_time(timer), Delivery.SKIPPED
        if in_time:
            try:
                outlet = Watched(self.outlets(timer))
                async with asyncio.timeout(PATIENCE):
                    await self.dialogue.handle(self._incoming(timer, day, now), outlet)
                became = Delivery.SENT if outlet.sent else Delivery.SKIPPED
            except Unreachable:
                reachable, became = False, Delivery.UNREACHABLE
            except StorageUnavailable:  # nothing was sent: it is due still
                self._unsettled[timer.person, timer.name] = Settlement(timer, timer.next_at, timer.served_on, reachable)
                raise
            except Exception as error:  # noqa: BLE001 - one delivery that fails is counted, and fails alone
                became = Delivery.FAILED
                self.dialogue.failed(error)
        self._became[became] += 1
        self.delivered(platform_of(timer.person), became, (self.now() - timer.next_at).total_seconds())
        # Of the days that an outage left out, one may be due so lately that it is still in time.
        next_at = due_again(timer, now if in_time else now - GRACE - A_SECOND, day)
        settlement = Settlement(timer, next_at, day.isoformat() if day else "", reachable)
        self._unsettled[timer.person, timer.name] = settlement
        await self._settle(settlement)

    def _incoming(self, timer: Timer, day: date | None, now: datetime) -> Incoming:
        payload = f"{timer.payload}:{day}" if day else timer.payload
        platform = self._by_name.get(platform_of(timer.person))
        repeatable = platform.repeatable if platform else None
        return Incoming(key_of(timer), timer.person, now, timer=payload, repeatable=repeatable)

    async def _catch_up(self, platform: str) -> None:
        """What could not be kept when it was sent, before anything is claimed: else it would be sent again.

        Only of this platform, where nothing is in work now: settled a second time, a timer that was claimed anew
        would be let go of.
        """
        for (person, _), settlement in list(self._unsettled.items()):
            if platform in {"", platform_of(person)}:
                await self._settle(settlement)

    async def _settle(self, settlement: Settlement) -> None:
        timer = settlement.timer
        await self.dialogue.store.settle(timer, settlement.next_at, settlement.served_on)
        if not settlement.reachable:
            await self.dialogue.store.mark_unreachable(timer.person, but=IDLE)
        self._unsettled.pop((timer.person, timer.name), None)


async def _finished(deliveries: Collection[asyncio.Task[None]], patience: float | None = None) -> None:
    """Until all have ended; what has not after `patience` seconds is broken off."""
    if deliveries:
        _, late = await asyncio.wait(deliveries, timeout=patience)
        for delivery in late:
            delivery.cancel()


def deliverer(dialogue: Dialogue) -> Scheduled:
    """For a terminal, which has one outlet a person and looks at what is due when it wants to."""

    def schedule(outlet: Callable[[str], Outlet], now: Callable[[], datetime]) -> Deliver:
        return Schedule(dialogue, lambda timer: outlet(timer.person), now).deliver

    return schedule


@dataclass
class PlatformOutlet:
    """Writes first to a person."""

    write: Callable[[str, Reply, str], Awaitable[str]]
    timer: Timer
    _sent: int = 0

    async def send(self, reply: Reply) -> str:
        """With a nonce that is this person's, this delivery's and this reply's: Discord compares it with all others."""
        self._sent += 1
        return await self.write(self.timer.person, reply, f"{self.timer.person}:{key_of(self.timer)}:{self._sent}")

    async def hide(self, receipts: Sequence[str]) -> int:  # noqa: ARG002 - what is due takes nothing back
        return 0
