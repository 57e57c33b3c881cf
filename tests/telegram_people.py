"""The platform at work against our own server, and people with phones in front of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aiohttp import web
from conversation import Client, Screen
from telegram_server import TOKEN, Call, TelegramServer

from bot.dialogue.dialogue import Dialogue
from bot.messages import Choice, Command, Handle, Incoming, Outlet, Place, Reply
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_chat import Timing
from bot.platforms.telegram_limits import Limiter
from bot.schedule import PlatformOutlet, Schedule
from content.library import BUILT_IN, Library
from content.loader import read_yaml
from content.model import Command as Listed

QUICK = Timing(poll=5, stale=5, pace=0.05, held=5, typing=60, drain=5, first_delay=0.01, longest_delay=0.05)
LISTED = tuple(Listed(**one) for one in read_yaml(BUILT_IN / "commands.yaml"))
STICKER = {
    "file_id": "a",
    "file_unique_id": "b",
    "width": 9,
    "height": 9,
    "type": "regular",
    "is_animated": False,
    "is_video": False,
}


def telegram(
    server: TelegramServer, timing: Timing = QUICK, webhook: str = "", limiter: Limiter | None = None
) -> Telegram:
    return Telegram(
        TOKEN,
        LISTED,
        api_url=server.url,
        webhook_url=webhook,
        timing=timing,
        limiter=limiter or Limiter(10_000, 10_000),
        clock=lambda: server.now,
    )


@asynccontextmanager
async def running(platform: Telegram, handle: Handle, *, connected: bool = True) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(platform.run(handle))
    try:
        while connected and not platform.ready and not task.done():  # noqa: ASYNC110 - it tells nobody when it is
            await asyncio.sleep(0)
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def serving(server: TelegramServer, handle: Handle, mode: str = "polling") -> AsyncIterator[Telegram]:
    """A platform that runs, in polling or in webhook mode."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        webhook = f"http://127.0.0.1:{listening.getsockname()[1]}/telegram" if mode == "webhook" else ""
        platform = telegram(server, webhook=webhook)
        app = web.Application()
        app.add_routes(platform.routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            async with running(platform, handle):
                yield platform
        finally:
            await runner.cleanup()


@dataclass
class Echo:
    """Stands in for the dialogue where only the way to it is looked at: says what it heard."""

    heard: list[Incoming] = field(default_factory=list)

    async def __call__(self, incoming: Incoming, outlet: Outlet) -> None:
        self.heard.append(incoming)
        await outlet.send(Reply(f"heard: {incoming.text or incoming.press or incoming.command or 'no text'}"))


@dataclass
class Phone(Client):
    """One person with Telegram: what they do goes over HTTP, and the screen is what came back.

    Files of conversations say what a terminal shows: the notice of Telegram stands for its notice, and in a group,
    where nothing but commands is heard, words stand behind one.
    """

    server: TelegramServer = field(kw_only=True)
    library: Library = field(kw_only=True)
    chat: int = 77

    async def _do(self, *, text: str = "", press: str = "", command: Command | None = None) -> None:
        self.at += timedelta(seconds=20)
        self.server.now = self.at
        before = len(self.server.sent(self.where))
        await self.server.settled(await self._act(text, press, command))
        self.look(before)

    def look(self, after: int) -> None:
        """At what came after so many messages."""
        self.screen = Screen([self._seen(shown(call)) for call in self.server.sent(self.where)[after:]])

    async def _act(self, text: str, press: str, command: Command | None) -> int:
        if press:
            return await self.server.press(self.where, press)
        if command or self.place is Place.GROUP:
            command = command or Command("talk", text)
            return await self.server.say(self.where, f"/{command.name} {command.words}".strip())
        if not text:
            return await self.server.push(message=self.server.message(self.where, sticker=STICKER))
        return await self.server.say(self.where, text)

    def _seen(self, reply: Reply) -> Reply:
        ours, theirs = (self.library.phrases[f"notice-{name}"].says[0] for name in ("telegram", "console"))
        return replace(reply, text=reply.text.replace(ours, theirs))

    @property
    def where(self) -> int:
        return self.chat if self.place is Place.PRIVATE else -self.chat


def shown(call: Call) -> Reply:
    """What a request to send looks like on a phone, as the reply that it came from."""
    words, title = call.words, ""
    if entities := call.form.get("entities", call.form.get("caption_entities", [])):
        end = 2 * entities[0]["length"]
        units = words.encode("utf-16-le")
        title, words = units[:end].decode("utf-16-le"), units[end:].decode("utf-16-le").lstrip("\n")
    choices = [Choice(button["text"], button.get("callback_data", "open:private")) for button in call.buttons]
    return Reply(words, title, tuple(choices))


def passing(dialogue: Dialogue, platform: Telegram) -> Callable[[Client, datetime], Awaitable[None]]:
    """Plays every instant on the real schedule, which writes over Telegram; the phone shows what came last."""

    async def play_until(phone: Client, to: datetime) -> None:
        assert isinstance(phone, Phone)
        schedule = Schedule(dialogue, lambda timer: PlatformOutlet(platform.send, timer), lambda: phone.at)
        while (due := await dialogue.store.next_due()) and due <= to:
            phone.at, before = due, len(phone.server.sent(phone.where))
            await schedule.deliver()
            phone.look(before)

    return play_until
