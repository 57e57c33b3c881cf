"""When a request goes out: conversation before broadcast, and a chat that Telegram holds back waits alone.

The library's own limiter stops everybody for one chat's `retry_after`; this one does not.
"""

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any

from aiolimiter import AsyncLimiter
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

CONVERSATION_RATE = 25.0  # messages a second; with the broadcasts below Telegram's thirty
BROADCAST_RATE = 5.0
ANSWER = bool | dict[str, Any] | list[dict[str, Any]]
CONNECTIONS = 32  # in use at once; httpx slows down when hundreds queue for one
UNCOUNTED = "sendChatAction"  # it is no message


class Budget(StrEnum):
    """What is taken from when a message is sent: neither can use up the other."""

    CONVERSATION = "conversation"
    BROADCAST = "broadcast"


class Limiter(BaseRateLimiter[Budget]):
    def __init__(self, conversation: float = CONVERSATION_RATE, broadcast: float = BROADCAST_RATE) -> None:
        self._budgets = {
            Budget.CONVERSATION: AsyncLimiter(conversation, 1),
            Budget.BROADCAST: AsyncLimiter(broadcast, 1),
        }
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
        """Repeats what Telegram refused for its rate: it says so before it acts, so nothing is shown twice."""
        chat = data.get("chat_id")
        while True:
            await self._wait_for(chat)
            if endpoint.startswith("send") and endpoint != UNCOUNTED:
                await self._budgets[rate_limit_args or Budget.CONVERSATION].acquire()
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
