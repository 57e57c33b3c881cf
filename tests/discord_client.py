"""One person on Discord, for conversation files; and the bot with its wire to the double."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from conversation import Client, Screen
from discord_server import Interaction, Message, Server

from bot.messages import Choice, Command, Handle, Incoming, Outlet, Place, Reply
from bot.platforms import discord_client as gateway
from bot.platforms.discord import Discord, Timing
from content import Library
from intents.reader import Reader

FAST = Timing(patience=30, pauses=(0, 0, 0), starts=(0,))
TITLED = re.compile(r"\*\*(.+?)(?<!\\)\*\*\n(.*)", re.DOTALL)


@dataclass
class Door:
    """The dialogue as the platform calls it, with what was let in and what went wrong."""

    inner: Handle
    done: dict[str, Incoming] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None  # held up here first
    _pulse: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, incoming: Incoming, outlet: Outlet) -> None:
        try:
            if self.before:
                await self.before()
            await self.inner(incoming, outlet)
        except Exception as error:
            self.errors.append(error)
            raise
        finally:
            self.done[incoming.id] = incoming
            self._pulse.set()
            self._pulse = asyncio.Event()

    async def answered(self, *keys: str) -> None:
        async with asyncio.timeout(15):
            while not self.done.keys() >= set(keys):
                await self._pulse.wait()


@cache
def reader() -> Reader:
    return Reader.load()


@asynccontextmanager
async def serving(server: Server, library: Library, handle: Handle, timing: Timing = FAST) -> AsyncIterator[Discord]:
    """The platform, connected; leaving, it is stopped in order."""
    platform = Discord("a.token.of-nobody", library, reader(), server.url, timing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.Client, "before_identify_hook", _at_once)
        running = asyncio.create_task(platform.run(handle))
        try:
            await until_ready(platform)
            yield platform
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _at_once(_client: gateway.Client, _shard: int | None, *, initial: bool = False) -> None:
    """The library waits five seconds here."""


async def until_ready(platform: Discord) -> None:
    async with asyncio.timeout(20):
        await platform.connected.wait()


@dataclass
class Person(Client):
    """Talks by private messages, presses what is shown there, and calls slash commands.

    Where a button opens a field, its question is on the screen, and what is said next is typed there.
    """

    handle: Any = None
    server: Server = field(default_factory=Server)
    door: Door = field(default_factory=lambda: Door(_nobody))
    user: int = 700000000000000000
    shown: list[Message] = field(default_factory=list)
    _open: tuple[Interaction, Message] | None = None  # with a field that waits to be filled in

    async def _do(self, *, text: str = "", press: str = "", command: Command | None = None) -> None:
        self.at += timedelta(seconds=20)
        before = set(self.server.messages)
        key = await self._act(text, press, command)
        if self._open:
            self.screen = Screen([_asked(self._open[0].form)])
            return
        await self.door.answered(key)
        seen = self.server.seen_by(self.user)
        self.shown = [message for message in seen if message.id not in before]
        self.screen = Screen([read(message) for message in self.shown])

    async def _act(self, text: str, press: str, command: Command | None) -> str:
        context = 1 if self.place is Place.PRIVATE else 0
        opened, self._open = self._open, None
        if opened and text:
            sent = await self.server.send_in(self.user, opened[0].form, text, opened[1], at=self.at, context=context)
            return f"i{sent.id}"
        if press:
            message, item = find(self.shown, press)
            pressed = await self.server.press(self.user, message, *pressing(item, press), at=self.at, context=context)
            if is_asking(item, press):
                await self.server.until(lambda: pressed.form)
                self._open = (pressed, message)
            return f"i{pressed.id}"
        if command and self._declared(command):
            called = await self.server.call(self.user, command.name, command.words, at=self.at, context=context)
            return f"i{called.id}"
        typed = f"/{command.name} {command.words}" if command else text
        return f"m{await self.server.say(self.user, typed, self.at)}"

    def _declared(self, command: Command) -> bool:
        """Discord offers no command that was not declared, and no words behind one that takes none."""
        known = {one["name"]: one for one in self.server.commands}
        return command.name in known and (not command.words or "options" in known[command.name])


async def _nobody(incoming: Incoming, outlet: Outlet) -> None:
    """Nothing is answered."""


def find(messages: list[Message], payload: str) -> tuple[Message, dict[str, Any]]:
    """The newest button or menu that means this."""
    for message in reversed(messages):
        for item in message.items:
            if payload in payloads(item):
                return message, item
    raise AssertionError(f"nothing on the screen means {payload}")


def pressing(item: dict[str, Any], payload: str) -> tuple[str, str]:
    """The custom id that is pressed, and of a menu the value."""
    values = [option["value"] for option in item.get("options", ()) if option["value"].rstrip("?") == payload]
    return item["custom_id"], next(iter(values), "")


def is_asking(item: dict[str, Any], payload: str) -> bool:
    """Whether a field opens."""
    return "".join(pressing(item, payload)).endswith("?")


def payloads(item: dict[str, Any]) -> list[str]:
    return [choice.payload for choice in _choices(item)]


def read(message: Message) -> Reply:
    """A message as the reply that it was made from."""
    body = message.body
    embed = (body.get("embeds") or [{}])[0]
    found = TITLED.fullmatch(body.get("content") or "")
    title, text = found.groups() if found else (embed.get("title", ""), body.get("content") or embed["description"])
    choices = tuple(choice for item in message.items for choice in _choices(item))
    return Reply(plain(text), plain(title), choices)


def _asked(form: dict[str, Any]) -> Reply:
    """A field with its question, as if it were a message."""
    return Reply(plain(form["components"][0]["content"]), form["title"])


def plain(text: str) -> str:
    """What a person reads: escapes are gone, and so are the marks around addresses."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", re.sub(r"<(https?://[^>]+)>", r"\1", text))


def _choices(item: dict[str, Any]) -> list[Choice]:
    if item["type"] == 3:
        return [Choice(option["label"], option["value"].rstrip("?")) for option in item["options"]]
    if "url" in item:
        return [Choice(item["label"], "open:private")]
    return [Choice(item["label"], item["custom_id"].split(":", 2)[2].rstrip("?"))]


def on_discord(library: Library) -> Library:
    """Conversation files name the notice of the terminal; here Discord's is meant."""
    return replace(library, phrases={**library.phrases, "notice-console": library.phrases["notice-discord"]})
