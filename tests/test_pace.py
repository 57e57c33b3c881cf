"""How fast messages go out, on a clock that jumps to the next thing to do."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.pace import Pace

CAP = 30  # messages in any second
A_MOMENT = 1e-6  # seconds that a round of the loop takes


class Hurried(asyncio.SelectorEventLoop):
    """Where nothing is to be done, it is later at once."""

    _now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        loop: Any = self
        self._now += A_MOMENT
        if not loop._ready and loop._scheduled:
            self._now = max(self._now, loop._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


def hurried(scene: Callable[[], Awaitable[None]]) -> None:
    async def play() -> None:
        await scene()

    with asyncio.Runner(loop_factory=Hurried) as runner:
        runner.run(play())


async def times_of(act: Callable[[], Awaitable[None]], number: int, every: float = 0) -> list[float]:
    """When each of so many was let through; all ask at once, or one every so many seconds."""
    now = asyncio.get_running_loop().time

    async def ask(one: int) -> float:
        await asyncio.sleep(one * every)
        await act()
        return now()

    return await asyncio.gather(*map(ask, range(number)))


def most_in_a_second(times: list[float]) -> int:
    times = sorted(times)
    return max(sum(at <= other < at + 1 for other in times) for at in times)


def test_broadcasts_alone_use_the_limit() -> None:
    """With nobody to answer, broadcasts go evenly at their rate, and no second has more than the platform allows."""

    async def scene() -> None:
        times = await times_of(Pace(25, 29).broadcast, 290)
        assert 290 / 29 * 0.98 < times[-1] < 290 / 29 * 1.01
        assert most_in_a_second(times) <= CAP
        assert max(later - one for one, later in pairwise(times)) < 0.05

    hurried(scene)


@pytest.mark.parametrize("rate", [1, 10, 24])
def test_who_talks_is_not_delayed(rate: int) -> None:
    """However many broadcasts wait, an answer goes out at once; both together stay below the limit."""

    async def scene() -> None:
        pace = Pace(25, 29)
        broadcasts = asyncio.gather(times_of(pace.broadcast, 100))
        answers = await times_of(pace.answer, rate * 3, 1 / rate)
        assert answers == pytest.approx([one / rate for one in range(rate * 3)], abs=0.01)
        (sent,) = await broadcasts
        assert most_in_a_second(answers + sent) <= CAP + 1  # the first second has the burst of both

    hurried(scene)


def test_broadcasts_never_stop() -> None:
    """While more is answered than there is room for, a broadcast still goes out every second or so."""

    async def scene() -> None:
        pace = Pace(45, 35)
        answering = asyncio.gather(times_of(pace.answer, 45 * 10, 1 / 45))
        sent = await times_of(pace.broadcast, 8)
        assert sent[-1] < 10
        await answering

    hurried(scene)


def test_yesterdays_talk_holds_up_nothing() -> None:
    """What was answered long ago delays the next broadcasts by a second at most."""

    async def scene() -> None:
        pace = Pace(25, 29)
        await times_of(pace.answer, 1000, 1)
        began = asyncio.get_running_loop().time()
        (sent,) = await times_of(pace.broadcast, 1)
        assert sent - began <= 1

    hurried(scene)
