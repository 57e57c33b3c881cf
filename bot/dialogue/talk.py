"""Room for those who talk, when the machine has more to do than it can."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

A_MOMENT = 0.02  # seconds


@dataclass
class Talk:
    """Who is being answered at the moment. What nobody waits for begins when there is a pause."""

    _turns: int = 0
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _next: asyncio.Lock = field(default_factory=asyncio.Lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        self._turns += 1
        self._over.clear()
        try:
            yield
        finally:
            self._turns -= 1
            if not self._turns:
                self._over.set()

    async def pause(self) -> None:
        """Returns when nobody is being answered, at the latest after a moment: somebody may always be.

        One at a time: of many that one commit sets going, each lets the event loop go round before the next.
        """
        async with self._next:
            await asyncio.sleep(0)
            if self._turns:
                with suppress(TimeoutError):
                    async with asyncio.timeout(A_MOMENT):
                        await self._over.wait()
