"""Where replies go: into somebody's private messages, or below a command or button of theirs.

A private message carries a nonce, and Discord shows one nonce once, so that sending it again is safe. An answer to
an interaction knows none: the first is an edit, which may be repeated; a further one in a server may come twice when
the connection breaks, because what comes last can be the helplines.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

import aiohttp
import discord

from bot.messages import Reply, Unreachable
from bot.pace import Pace
from bot.platforms.discord_replies import Shown, escaped, form, shown
from content import Phrase

Result = TypeVar("Result")

PAUSES = (0.5, 2.0, 5.0, 10.0)  # seconds before each further try
TRANSIENT = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)
OPENED_TOO_FAST = 40003  # private channels
UNREACHABLE = {10013, 50001, 50007, 50278}  # unknown user, no access, private messages closed, no server in common
DELETED = 10008  # a message with this nonce was sent, and deleted since
ACKNOWLEDGED = 40060
OVER = {10008, 10015, 10062, 40094, 50027}  # the interaction takes no answer any more
TOKEN_LIFETIME = 14 * 60  # seconds for which an interaction can be answered, with a margin
# Requests a second. Discord's limit over all is 50; interactions do not count.
CONVERSATION_RATE = 45
BROADCAST_RATE = 35  # while nobody is answered; the rest is left to what is answered and taken back
KNOWN_CHANNELS = 50_000
NONCE_LENGTH = 25


@dataclass
class Post:
    """Sends messages and takes them back."""

    client: discord.Client
    phrases: Mapping[str, Phrase]
    questions: dict[int, dict[str, str]] = field(default_factory=dict)  # on each person's screen, by payload
    pauses: tuple[float, ...] = PAUSES
    pace: Pace = field(default_factory=lambda: Pace(CONVERSATION_RATE, BROADCAST_RATE))
    _channels: dict[int, int] = field(default_factory=dict)  # by person: to ask for one is a request like any other
    _hooks: dict[int, tuple[float, discord.Webhook]] = field(default_factory=dict)  # by which answers are deleted

    async def write(
        self, user: int, reply: Reply, nonce: str = "", channel: int | None = None, *, asked: bool = True
    ) -> str:
        """To somebody's private messages; what nobody `asked` for comes after its `turn`. Raises Unreachable."""
        nonce = _fitting(nonce or secrets.token_hex(NONCE_LENGTH // 2))
        try:
            into = channel or await self._place(user, asked=asked)
            sent = await self.insist(lambda: self._send(into, self.show(reply, user), nonce, asked=asked))
        except discord.HTTPException as error:
            if error.code in UNREACHABLE:
                raise Unreachable from None
            if error.code == DELETED:
                return ""
            raise
        return f"{into}-{sent.id}"

    async def turn(self, user: int) -> None:
        """Returns when somebody may be written to who does not wait for it."""
        await self.pace.broadcast()
        if user not in self._channels:
            await self.pace.broadcast()

    async def _place(self, user: int, *, asked: bool) -> int:
        if known := self._channels.get(user):
            return known
        into = await self.insist(lambda: self._open(user, asked=asked))
        if len(self._channels) >= KNOWN_CHANNELS:
            del self._channels[next(iter(self._channels))]
        self._channels[user] = into
        return into

    async def _open(self, user: int, *, asked: bool) -> int:
        if asked:
            await self.pace.answer()
        return (await self.client.create_dm(discord.Object(user))).id

    async def _send(self, channel: int, message: Shown, nonce: str, *, asked: bool) -> discord.Message:
        if asked:
            await self.pace.answer()
        return await self.client.get_partial_messageable(channel).send(
            message.content or None,
            embeds=message.embeds,
            files=message.files,
            view=message.view,
            nonce=nonce,
        )

    def show(self, reply: Reply, user: int, note: str = "") -> Shown:
        self.questions.pop(user, None)
        if questions := {choice.payload: choice.asks for choice in reply.choices if choice.asks}:
            self.questions[user] = questions
        me = self.client.user.id if self.client.user else 0
        return shown(reply, user, me, self.say("menu-hint"), note)

    def say(self, phrase: str) -> str:
        return self.phrases[phrase].says[0]

    async def insist(self, act: Callable[[], Awaitable[Result]]) -> Result:
        """Again after what passes: the library repeats neither a 503 nor, on Linux, a broken connection."""
        for pause in self.pauses:
            try:
                return await act()
            except TRANSIENT:
                await asyncio.sleep(pause)
            except discord.HTTPException as error:
                if error.code != OPENED_TOO_FAST:
                    raise
                await asyncio.sleep(pause)
        return await act()

    def keep(self, message: int, hook: discord.Webhook) -> str:
        """Remember how an answer that only one person sees can be deleted, for as long as it can."""
        now = time.monotonic()
        self._hooks = {key: kept for key, kept in self._hooks.items() if now - kept[0] < TOKEN_LIFETIME}
        self._hooks[message] = (now, hook)
        return f"answer-{message}"

    async def hide(self, receipts: Sequence[str]) -> int:
        """How many are gone; an answer in a server only while its interaction lives."""
        return sum([await self._delete(receipt) for joined in receipts for receipt in joined.split()])

    async def _delete(self, receipt: str) -> bool:
        channel, _, message = receipt.partition("-")
        with suppress(discord.HTTPException, *TRANSIENT):
            if channel != "answer":
                place = self.client.get_partial_messageable(int(channel))
                await self.insist(place.get_partial_message(int(message)).delete)
                return True
            if kept := self._hooks.pop(int(message), None):
                await kept[1].delete_message(int(message))
                return True
        return False


@dataclass
class PrivateOutlet:
    """The conversation in private messages."""

    post: Post
    user: int
    key: str  # of what is answered; numbered, it makes the nonces
    channel: int | None
    _sent: int = 0

    async def send(self, reply: Reply) -> str:
        self._sent += 1
        return await self.post.write(self.user, reply, f"{self.key}-{self._sent}", self.channel)

    async def hide(self, receipts: Sequence[str]) -> int:
        return await self.post.hide(receipts)


@dataclass
class InteractionOutlet:
    """Below a command or a button; outside private messages only its owner sees it."""

    interaction: discord.Interaction[discord.Client]
    private: PrivateOutlet
    alone: bool  # whether nobody else is in the channel
    _open: bool = False
    _answered: bool = False

    async def ask(self, payload: str, label: str) -> bool:
        """Open a field for the answer to a button's question; False where Discord no longer takes that.

        The question is known while it is the last thing on the screen of this person and this process goes on. Later
        the form quotes what the bot said above the button, which is the question, or leads to it.
        """
        post, message = self.private.post, self.interaction.message
        asked = escaped(post.questions.get(self.private.user, {}).get(payload, ""))
        question = asked or (message.content if message else "") or label
        modal = form(payload, label, question, post.say("answer-hint"))
        try:
            await post.insist(lambda: self.interaction.response.send_modal(modal))
        except discord.HTTPException as error:
            return error.code == ACKNOWLEDGED
        except TRANSIENT:
            return False
        return True

    async def acknowledge(self) -> None:
        """At once: Discord waits three seconds. What it no longer takes is answered in private messages."""
        try:
            await self.private.post.insist(self._defer)
        except discord.HTTPException as error:
            self._open = error.code == ACKNOWLEDGED  # the first try came through
        except TRANSIENT:
            self._open = False
        else:
            self._open = True

    async def _defer(self) -> None:
        if not self.interaction.response.is_done():
            await self.interaction.response.defer(ephemeral=not self.alone, thinking=True)

    async def send(self, reply: Reply) -> str:
        if not self._open:
            return await self.private.send(reply)
        if self._answered and self.alone:
            with suppress(Unreachable):  # it can be answered, though not written to: the app is installed by one person
                return await self.private.send(reply)
        copy, note = await self._confirm(reply) if reply.confirms and not self.alone else ("", "")
        try:
            act = self._follow if self._answered else self._edit
            message = await self.private.post.insist(lambda: act(reply, note))
        except discord.HTTPException as error:
            if error.code not in OVER:
                raise
            self._open = False
            return copy or await self.private.send(reply)
        self._answered = True
        if self.alone:
            return f"{message.channel.id}-{message.id}"
        return f"{copy} {self.private.post.keep(message.id, self.interaction.followup)}".lstrip()

    async def close(self) -> None:
        """Where nothing was said, because too much came at once, the sign that something comes goes away."""
        if self._open and not self._answered:
            with suppress(discord.HTTPException, *TRANSIENT):
                await self.interaction.delete_original_response()

    async def _confirm(self, reply: Reply) -> tuple[str, str]:
        """The receipt of the same in private messages, and what to say about it here."""
        try:
            return await self.private.send(reply), self.private.post.say("confirmed-privately")
        except (Unreachable, discord.HTTPException, *TRANSIENT):
            return "", self.private.post.say("cannot-confirm")

    async def hide(self, receipts: Sequence[str]) -> int:
        return await self.private.post.hide(receipts)

    async def _edit(self, reply: Reply, note: str) -> discord.Message:
        message = self.private.post.show(reply, self.private.user, note)
        return await self.interaction.edit_original_response(
            content=message.content, embeds=message.embeds, attachments=message.files, view=message.view
        )

    async def _follow(self, reply: Reply, note: str) -> discord.Message:
        message = self.private.post.show(reply, self.private.user, note)
        return await self.interaction.followup.send(
            message.content,
            embeds=message.embeds,
            files=message.files,
            view=message.view,
            ephemeral=not self.alone,
            wait=True,
        )


def _fitting(nonce: str) -> str:
    return nonce if len(nonce) <= NONCE_LENGTH else blake2b(nonce.encode(), digest_size=NONCE_LENGTH // 2).hexdigest()
