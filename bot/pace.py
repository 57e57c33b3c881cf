"""When a message goes out: what people are answered goes before what nobody waits for."""

import asyncio

from aiolimiter import AsyncLimiter

BURST = 1.9  # broadcasts: one at a time, though what one was woken late is made up for by the next


class Pace:
    """Two rates, in messages a second, under one limit of a platform.

    Answers go out at once, up to `conversation` in a burst. Broadcasts go out evenly, `broadcast` a second while nobody
    is answered: an answer takes a broadcast's place. Of what was answered at most the last second's counts, so that
    broadcasts never stop altogether.
    """

    def __init__(self, conversation: float, broadcast: float) -> None:
        self._conversation = AsyncLimiter(conversation, 1)
        self._broadcast = AsyncLimiter(BURST, BURST / broadcast)
        self._most_taken = int(broadcast)
        self._taken = 0  # places of broadcasts that went to answers
        self._next = asyncio.Lock()

    async def answer(self) -> None:
        """Returns when somebody who waits may be answered."""
        self._taken = min(self._taken + 1, self._most_taken)
        await self._conversation.acquire()

    async def broadcast(self) -> None:
        """Returns when a message that nobody waits for may go out; in the order of asking."""
        async with self._next:
            await self._broadcast.acquire()
            for _ in range(self._most_taken):
                if not self._taken:
                    break
                self._taken -= 1
                await self._broadcast.acquire()
