"""What was received and is not yet dealt with: people side by side, each person in order."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

REMEMBERED = 10_000  # updates that were dealt with, in case Telegram repeats one


@dataclass(eq=False)
class Arrival:
    """An update on its way through the dialogue."""

    key: int
    person: str
    at: float  # of the loop
    durable: bool = False  # its turn is committed: a crash from here on loses an answer at most
    task: "asyncio.Task[None] | None" = None

    def commit(self) -> None:
        self.durable = True

    @property
    def answered(self) -> bool:
        return self.task is not None and self.task.done() and not self.task.cancelled()


Work = Callable[[Arrival], Awaitable[None]]


@dataclass
class Inbox:
    """Knows which updates Telegram may forget: those that are answered.

    Telegram hands out the lowest hundred only. So that one chat that it throttles does not keep everybody waiting,
    what is committed may go, too, once its answer has been held back for `held` seconds.
    """

    held: float
    _open: dict[int, Arrival] = field(default_factory=dict)
    _answered: dict[int, None] = field(default_factory=dict)  # oldest first
    _last: dict[str, Arrival] = field(default_factory=dict)  # the latest of each person
    _next: int = 0
    _calm: asyncio.Event = field(default_factory=asyncio.Event)

    def knows(self, key: int) -> bool:
        return key in self._open or key in self._answered

    def pass_over(self, key: int) -> None:
        """Note an update that needs no turn."""
        self._next = max(self._next, key + 1)
        self._remember(key)

    def take(self, key: int, person: str, work: Work) -> Arrival:
        """Begin with an update as soon as the person's earlier ones are dealt with."""
        arrival = Arrival(key, person, asyncio.get_running_loop().time())
        arrival.task = asyncio.create_task(_after(self._last.get(person), work, arrival))
        arrival.task.add_done_callback(lambda _: self._finish(arrival))
        self._open[key] = self._last[person] = arrival
        self._next = max(self._next, key + 1)
        self._calm.clear()
        return arrival

    @property
    def offset(self) -> int:
        """The lowest update that Telegram is to keep; 0 when it may hand out whatever it has."""
        return min(self._waiting(), default=self._next)

    @property
    def size(self) -> int:
        """How many are on their way."""
        return len(self._open)

    @property
    def busy(self) -> bool:
        return bool(self._waiting())

    def confirmed(self) -> None:
        """Telegram has nothing left. Its numbers may begin anew, lower, after a quiet week."""
        self._next = 0

    async def calm(self, within: float) -> None:
        """Until nothing is waiting, or the seconds have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._calm.wait()

    async def settled(self, key: int) -> bool:
        """Whether Telegram may forget the update, after waiting for it as long as an answer can be held back."""
        arrival = self._open.get(key)
        if arrival and arrival.task:
            await asyncio.wait([arrival.task], timeout=self.held)
            return arrival.answered or arrival.durable
        return key in self._answered

    async def drain(self, within: float) -> None:
        """Finish what was received; what takes longer than that is left for the next start."""
        tasks = [arrival.task for arrival in self._open.values() if arrival.task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _waiting(self) -> list[int]:
        long_ago = asyncio.get_running_loop().time() - self.held
        return [
            key
            for key, arrival in self._open.items()
            if not (arrival.answered or (arrival.durable and arrival.at < long_ago))
        ]

    def _finish(self, arrival: Arrival) -> None:
        if self._last.get(arrival.person) is arrival:
            del self._last[arrival.person]
        if arrival.answered:
            del self._open[arrival.key]
            self._remember(arrival.key)
        if not self._waiting():
            self._calm.set()

    def _remember(self, key: int) -> None:
        self._answered[key] = None
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]


async def _after(earlier: Arrival | None, work: Work, arrival: Arrival) -> None:
    if earlier and earlier.task:
        await asyncio.wait([earlier.task])
    await work(arrival)
