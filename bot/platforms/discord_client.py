"""The connection to Discord's gateway: what happens there, as what the dialogue takes in."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import discord
from discord import app_commands
from discord.gateway import DiscordWebSocket
from yarl import URL

from bot.messages import Command, Handle, Incoming, Place, Unreachable, parse_command
from bot.platforms.discord_commands import declare, everywhere, sync
from bot.platforms.discord_faults import log, tell
from bot.platforms.discord_outlets import PAUSES, TRANSIENT, InteractionOutlet, Post, PrivateOutlet
from bot.platforms.discord_replies import ASKS, Menu, Press, answered, escaped
from content import Library
from intents.reader import Reader

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing here has a voice
DRAIN = 20  # seconds for turns that have begun when the process is told to stop


class Tree(app_commands.CommandTree[Any]):
    async def on_error(self, _interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        tell(error)


class Client(discord.AutoShardedClient):
    """One session. Never used again once it is closed."""

    def __init__(
        self,
        library: Library,
        reader: Reader,
        handle: Handle,
        connected: asyncio.Event,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, dm_messages=True),
            max_messages=None,  # nothing that people write stays in memory
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.connected, self.parted = connected, asyncio.Event()
        self.parted.set()
        self.was_connected = False
        self._shards_up: set[int] = set()
        self._turns: set[asyncio.Task[Any]] = set()
        self._handle = handle
        self.post = Post(self, library.phrases, pauses=pauses)
        contexts, installs = everywhere()
        self.tree = Tree(self, allowed_contexts=contexts, allowed_installs=installs)
        declare(self.tree, library, reader, self._called)

    async def setup_hook(self) -> None:
        """Once a session, before it connects; a reconnect does not come here."""
        self.add_dynamic_items(Press, Menu)
        try:
            if await sync(self, self.tree):
                log.info("Discord: the commands are new or have changed, and were sent.")
        except (discord.HTTPException, *TRANSIENT) as error:
            log.warning("Discord: the commands could not be compared or sent (%s).", type(error).__name__)

    async def launch_shards(self) -> None:
        """Every connection goes where this API says, also a new one after a session was invalidated."""
        self.shard_count, url, _ = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = URL(url)
        await super().launch_shards()

    # The connection

    async def on_shard_connect(self, shard: int) -> None:
        self._shards_up.add(shard)
        self._tell_state()

    async def on_shard_resumed(self, shard: int) -> None:
        await self.on_shard_connect(shard)

    async def on_shard_disconnect(self, shard: int) -> None:
        self._shards_up.discard(shard)
        self._tell_state()

    def _tell_state(self) -> None:
        up = len(self._shards_up) == self.shard_count
        now, before = (self.connected, self.parted) if up else (self.parted, self.connected)
        if not now.is_set():
            log.info("Discord: %s.", "connected" if up else "the connection is lost; the library makes it anew")
        before.clear()
        now.set()
        self.was_connected |= up

    async def given_up(self, patience: float) -> None:
        """Returns when it was not connected for so many seconds: the library would try for ever."""
        while True:
            await self.parted.wait()
            try:
                async with asyncio.timeout(patience):
                    await self.connected.wait()
            except TimeoutError:
                return

    async def leave(self) -> None:
        """Take in nothing more, and finish what was begun."""
        self.connected.clear()
        for shard in self.shards.values():
            with suppress(*TRANSIENT):
                await shard.disconnect()
        if self._turns:
            await asyncio.wait(self._turns, timeout=DRAIN)

    @property
    def turns(self) -> int:
        """How many have begun and not ended."""
        return len(self._turns)

    # What people do

    async def on_message(self, message: discord.Message) -> None:
        if message.guild is not None or message.author.bot or message.is_system():
            return
        key, user, command = f"m{message.id}", message.author.id, parse_command(message.content)
        text = "" if command else message.content
        incoming = Incoming(key, person_of(user), message.created_at, text, command=command)
        with self._turn():
            await self._handle(incoming, PrivateOutlet(self.post, user, key, message.channel.id))

    async def on_press(self, interaction: discord.Interaction[Any], owner: int, meant: str, label: str) -> None:
        with self._turn():
            payload = meant.removesuffix(ASKS)
            if interaction.user.id != owner:
                await interaction.response.send_message(escaped(self.post.say("not-yours")), ephemeral=True)
            elif payload == meant or not await self._outlet(interaction).ask(payload, label):
                await self._interact(interaction, press=payload)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """The answer to a question, also one that was asked before a restart; all else has its own way in."""
        if said := answered(interaction):
            with self._turn():
                await self._interact(interaction, press=said[0], text=said[1])

    async def _called(self, interaction: discord.Interaction[Any], command: Command) -> None:
        with self._turn():
            await self._interact(interaction, command=command)

    async def _interact(
        self, interaction: discord.Interaction[Any], *, press: str = "", text: str = "", command: Command | None = None
    ) -> None:
        outlet = self._outlet(interaction)
        await outlet.acknowledge()
        person, at = person_of(interaction.user.id), interaction.created_at
        place = Place.PRIVATE if outlet.alone else Place.SERVER
        await self._handle(Incoming(outlet.private.key, person, at, text, press, command, place), outlet)
        await outlet.close()

    def _outlet(self, interaction: discord.Interaction[Any]) -> InteractionOutlet:
        alone = interaction.guild_id is None and interaction.context.dm_channel
        channel = interaction.channel_id if alone else None
        private = PrivateOutlet(self.post, interaction.user.id, f"i{interaction.id}", channel)
        return InteractionOutlet(interaction, private, alone)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One person's fault stops nobody else; what has begun is waited for when leaving."""
        if task := asyncio.current_task():
            self._turns.add(task)
            task.add_done_callback(self._turns.discard)
        try:
            yield
        except Unreachable:
            log.info("Discord: somebody who was answered takes no private messages.")
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are served
            tell(error)

    async def on_error(self, _event: str, /, *_args: Any, **_kwargs: Any) -> None:
        if error := sys.exc_info()[1]:
            tell(error)


def person_of(user: int) -> str:
    return f"discord:{user}"
