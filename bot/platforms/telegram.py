"""Telegram, on python-telegram-bot.

Its `Updater` tells Telegram to forget updates once they are queued, so that a crash loses them. Here updates are asked
for in a loop of our own, and forgotten only when they are answered; a webhook is answered only then, too.
"""

import asyncio
import hmac
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from ssl import SSLContext
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from aiohttp import web
from telegram import BotCommand, CallbackQuery, Update
from telegram.constants import PollingLimit
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.faults import place_of
from bot.messages import Handle, Incoming, Reply, Undelivered, Unreachable
from bot.platforms.telegram_chat import Chat, Timing
from bot.platforms.telegram_faults import kind_of, pause, sentence
from bot.platforms.telegram_inbox import Arrival, Inbox
from bot.platforms.telegram_limits import Budget, Limiter
from bot.platforms.telegram_updates import ASKED_FOR, Translator
from content import Command

os.environ.setdefault("PTB_TIMEDELTA", "1")  # the library's future type of `retry_after`, without its warning

log = logging.getLogger("rekindle.telegram")
Result = TypeVar("Result")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
LAST_WORD = 5  # seconds for telling Telegram what was dealt with, when leaving


@cache
def _trust() -> SSLContext:
    """Loading the certificates takes longer than all else at start, and is needed twice."""
    return httpx.create_ssl_context()


def _request(**limits: float) -> HTTPXRequest:
    return HTTPXRequest(connect_timeout=10, httpx_kwargs={"verify": _trust()}, **limits)  # type: ignore[arg-type]


@dataclass
class Telegram:
    token: str = field(repr=False)
    commands: Sequence[Command]
    api_url: str = "https://api.telegram.org"
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)  # empty: a new one at each start
    timing: Timing = field(default_factory=Timing)
    limiter: Limiter = field(default_factory=Limiter)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    name: str = field(default="telegram", init=False)
    repeatable: None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.webhook_secret = self.webhook_secret or secrets.token_urlsafe(32)
        self._polling = _request(connection_pool_size=1, read_timeout=10)
        self._bot: ExtBot[Budget] = ExtBot(
            self.token,
            base_url=f"{self.api_url.rstrip('/')}/bot",
            base_file_url=f"{self.api_url.rstrip('/')}/file/bot",
            request=_request(read_timeout=20),
            get_updates_request=self._polling,
            rate_limiter=self.limiter,
        )
        self._inbox = Inbox(self.timing.held)
        self._translator = Translator("", {command.name for command in self.commands})
        self._handle: Handle | None = None
        self._open = False  # whether anything is taken in
        self._heard: float | None = None  # the monotonic time of Telegram's last answer
        self._connected = False

    @property
    def ready(self) -> bool:
        if not self._open or self._heard is None:
            return False
        return asyncio.get_running_loop().time() - self._heard < self.timing.stale * (2 if self.webhook_url else 1)

    @property
    def waiting(self) -> int:
        return self._inbox.size

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        path = urlsplit(self.webhook_url).path or "/"
        return [web.post(path, self._receive_webhook)] if self.webhook_url else []

    async def run(self, handle: Handle) -> None:
        self._handle = handle
        self._inbox = Inbox(self.timing.held)
        try:
            await self._persist(self._connect)
            self._open = True
            how = "Telegram calls the webhook" if self.webhook_url else "asking for updates"
            log.info("Telegram: started as @%s, %s.", self._translator.me, how)
            if self.webhook_url:
                await self._watch_webhook()
            await self._poll()
        finally:
            await self._leave()

    async def turn(self, person: str) -> None:  # noqa: ARG002 - one is as the other
        await self.limiter.pace.broadcast()

    async def send(self, person: str, reply: Reply, nonce: str = "") -> str:  # noqa: ARG002 - Telegram knows no nonces
        receipt = await self._chat(person, Budget.BROADCAST).send(reply)
        if not receipt:
            raise Undelivered
        return receipt

    async def hide(self, person: str, receipts: Sequence[str]) -> int:
        return await self._chat(person, Budget.BROADCAST).hide(receipts)

    def _chat(self, person: str, budget: Budget, began: Callable[[], None] = lambda: None) -> Chat:
        chat = int(person.partition(":")[2])
        return Chat(self._bot, chat, self._translator.me, self.timing, budget, began)

    # Connecting, and staying connected

    async def _connect(self) -> None:
        await self._bot.initialize()
        self._translator = Translator(self._bot.username, self._translator.commands)
        menu = [BotCommand(command.name, command.description) for command in self.commands]
        if list(await self._bot.get_my_commands()) != menu:
            await self._bot.set_my_commands(menu)
        if self.webhook_url:
            await self._bot.set_webhook(
                self.webhook_url, allowed_updates=ASKED_FOR, max_connections=100, secret_token=self.webhook_secret
            )
        else:
            await self._bot.delete_webhook()
        self._connected = True

    async def _persist(self, act: Callable[[], Awaitable[Result]]) -> Result:
        """Until it succeeds. A fault is told once, and its end."""
        told = ""
        for delay in self.timing.delays():
            try:
                async with asyncio.timeout(self.timing.stale):
                    result = await act()
            except (TelegramError, TimeoutError) as error:
                told = self._tell(error, told)
                await self._reconnect()
                await asyncio.sleep(pause(error, delay))
            else:
                if told:
                    log.info("Telegram: answers again.")
                self._heard = asyncio.get_running_loop().time()
                return result
        raise AssertionError  # delays never end

    def _tell(self, error: Exception, told: str) -> str:
        if isinstance(error, InvalidToken):
            self._heard = None
        if (said := sentence(error)) != told:
            log.log(logging.ERROR if isinstance(error, InvalidToken) else logging.WARNING, "Telegram: %s", said)
        return said

    async def _reconnect(self) -> None:
        """A request that was broken off can keep the only connection occupied for ever."""
        with suppress(TimeoutError, httpx.HTTPError, OSError):
            async with asyncio.timeout(LAST_WORD):
                await self._polling.shutdown()
        await self._polling.initialize()

    async def _leave(self) -> None:
        self._open, self._heard = False, None
        await self._inbox.drain(self.timing.drain)
        if self._connected and not self.webhook_url:
            with suppress(TelegramError, TimeoutError):
                await self._reconnect()
                async with asyncio.timeout(LAST_WORD):
                    await self._bot.get_updates(self._inbox.offset, limit=1, timeout=0, allowed_updates=ASKED_FOR)
        await self._bot.shutdown()

    async def _watch_webhook(self) -> None:
        """Telegram does not call to say that the token was revoked, or that somebody took the webhook away."""
        while True:
            await asyncio.sleep(self.timing.stale)
            if not (await self._persist(self._bot.get_webhook_info)).url:
                log.warning("Telegram: the webhook was taken away, and is set anew.")
                await self._persist(self._connect)

    # Taking in

    async def _poll(self) -> None:
        while True:
            updates = await self._persist(self._ask)
            for update in updates:
                self._receive(update)
            if not updates:
                self._inbox.confirmed()
            if self._inbox.busy:
                full = len(updates) == PollingLimit.MAX_LIMIT  # nothing new can be seen until much of it is answered
                await self._inbox.calm(self.timing.pace * (8 if full else 1))

    async def _ask(self) -> Sequence[Update]:
        """While something is unanswered, Telegram hands it out again at once, so there is nothing to wait for."""
        wait = 0 if self._inbox.busy else self.timing.poll
        return await self._bot.get_updates(self._inbox.offset, timeout=wait, allowed_updates=ASKED_FOR)

    async def _receive_webhook(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self.webhook_secret.encode()):
            return web.Response(status=403)
        if not self._open:
            return web.Response(status=503)
        try:
            update = Update.de_json(await request.json(), self._bot)
        except (ValueError, TypeError, KeyError, AttributeError):
            return web.Response(status=400)
        self._receive(update)
        return web.Response(status=200 if await self._inbox.settled(update.update_id) else 503)

    def _receive(self, update: Update) -> None:
        if self._inbox.knows(update.update_id):
            return
        incoming = self._read(update)
        query = update.callback_query
        seen = asyncio.create_task(self._acknowledge(query)) if query else None
        if incoming:
            self._inbox.take(update.update_id, incoming.person, partial(self._turn, incoming, seen))
        else:
            self._inbox.pass_over(update.update_id)

    def _read(self, update: Update) -> Incoming | None:
        """An update that is like none before must not come again and again."""
        try:
            return self._translator.read(update, self.clock())
        except Exception as error:  # noqa: BLE001 - whatever it is, others wait behind it
            log.error(  # noqa: TRY400 - it may be quoted
                "Telegram: an update was not understood: %s at %s", kind_of(error), place_of(error)
            )
            return None

    async def _turn(self, incoming: Incoming, seen: asyncio.Task[None] | None, arrival: Arrival) -> None:
        chat = self._chat(incoming.person, Budget.CONVERSATION, arrival.commit)
        typing = asyncio.create_task(chat.show_typing())
        try:
            if self._handle:
                await self._handle(incoming, chat)
        except Unreachable:
            log.info("Telegram: somebody who was answered has blocked the bot.")
        except Exception as error:  # noqa: BLE001 - one person's fault must not stop the others
            log.error(  # noqa: TRY400 - a traceback may quote what was typed
                "Telegram: a turn failed: %s at %s", kind_of(error), place_of(error)
            )
        finally:
            typing.cancel()
        if seen:
            await seen

    async def _acknowledge(self, query: CallbackQuery) -> None:
        """The clock on the button stops, and its keyboard goes. Neither can be done to what is too old."""
        with suppress(TelegramError):
            await self._bot.answer_callback_query(query.id)
        if query.message:
            with suppress(TelegramError):
                await self._bot.edit_message_reply_markup(query.message.chat.id, query.message.message_id)
