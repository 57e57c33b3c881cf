"""When a request goes out: conversation before broadcast, and a chat that Telegram holds back waits alone.

The library's own limiter stops everybody for one chat's `retry_after`; this one does not.
"""

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.pace import Pace

CONVERSATION_RATE = 25.0  # messages a second
BROADCAST_RATE = 29.0  # while nobody is answered; Telegram's limit over all is thirty
ANSWER = bool | dict[str, Any] | list[dict[str, Any]]
CONNECTIONS = 32  # in use at once; httpx slows down when hundreds queue for one
UNCOUNTED = "sendChatAction"  # it is no message


class Budget(StrEnum):
    """Whether somebody waits for a message."""

    CONVERSATION = "conversation"
    BROADCAST = "broadcast"


class Limiter(BaseRateLimiter[Budget]):
    def __init__(self, conversation: float = CONVERSATION_RATE, broadcast: float = BROADCAST_RATE) -> None:
        self.pace = Pace(conversation, broadcast)
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self._held: dict[Any, float] = {}  # chats, and the loop's time until which Telegram wants no more

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        callback: Callable[..., Coroutine[Any, Any, ANSWER]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Budget | None,
    ) -> ANSWER:
        """Repeats what Telegram refused for its rate: it says so before it acts, so nothing is shown twice.

        A broadcast has had its turn when it comes here; repeated, it needs another.
        """
        chat, broadcasts = data.get("chat_id"), rate_limit_args is Budget.BROADCAST
        counts, had_turn = endpoint.startswith("send") and endpoint != UNCOUNTED, broadcasts
        while True:
            await self._wait_for(chat)
            if counts and not had_turn:
                await (self.pace.broadcast() if broadcasts else self.pace.answer())
            had_turn = False
            try:
                async with self._connections:
                    return await callback(*args, **kwargs)
            except RetryAfter as refused:
                if chat is None:
                    raise
                self._held[chat] = asyncio.get_running_loop().time() + seconds(refused)

    async def _wait_for(self, chat: Any) -> None:
        now = asyncio.get_running_loop().time
        while (left := self._held.get(chat, 0) - now()) > 0:  # noqa: ASYNC110 - Telegram names an instant; there is no event
            await asyncio.sleep(left)
        self._held.pop(chat, None)


def seconds(refused: RetryAfter) -> float:
    """How long to wait; the library is about to change the type."""
    after = refused.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()
