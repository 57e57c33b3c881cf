"""Discord, on discord.py."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, repeat

import aiohttp
import discord
from aiohttp import web
from discord.http import Route

from bot.messages import Handle, Reply
from bot.platforms.discord_client import Client
from bot.platforms.discord_outlets import PAUSES, TRANSIENT
from content import Library
from intents.reader import Reader

log = logging.getLogger("rekindle.discord")

REFUSED = (discord.LoginFailure, discord.PrivilegedIntentsRequired)
AUTHENTICATION_FAILED = 4004  # how the gateway closes when the token is revoked while it is used
BROKEN = (
    *TRANSIENT,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    aiohttp.ClientError,
)


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds."""

    patience: float = 300  # without a connection, after which the session is given up
    pauses: tuple[float, ...] = PAUSES  # before a message is sent again
    starts: tuple[float, ...] = (1, 5, 15, 60, 120)  # before a new session; a token may begin 1,000 a day
    refused: float = 300  # before a token that was refused is tried again

    def delays(self) -> Iterator[float]:
        return chain(self.starts, repeat(self.starts[-1]))


@dataclass
class Discord:
    token: str = field(repr=False)
    library: Library
    reader: Reader  # finds topics while somebody still types
    api_url: str = "https://discord.com"
    timing: Timing = field(default_factory=Timing)
    name: str = field(default="discord", init=False)
    repeatable: timedelta = field(default=timedelta(minutes=2), init=False)  # its nonces live for "a few minutes"
    connected: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _client: Client | None = field(default=None, init=False)

    @property
    def ready(self) -> bool:
        return self.connected.is_set()

    @property
    def waiting(self) -> int:
        return self._client.turns if self._client else 0

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        return ()

    async def run(self, handle: Handle) -> None:
        Route.BASE = f"{self.api_url.rstrip('/')}/api/v10"  # the library knows one address for the whole process
        lowest = max(logging.INFO, logging.getLogger().level)  # below it the library quotes what people write
        logging.getLogger("discord").setLevel(lowest)
        logging.getLogger("discord.app_commands.tree").setLevel(logging.CRITICAL)  # names who completed in vain
        delays, clock = self.timing.delays(), asyncio.get_running_loop().time
        while True:
            began = clock()
            async with Client(self.library, self.reader, handle, self.connected, self.timing.pauses) as client:
                self._client = client
                try:
                    pause = await self._serve(client) or next(delays)
                finally:
                    await client.leave()
                    self._client = None
                if client.was_connected and clock() - began > self.timing.patience:
                    delays = self.timing.delays()
            await asyncio.sleep(pause)

    async def _serve(self, client: Client) -> float:
        """Until the session is lost; for how long to wait then, 0 for what is usual."""
        serving = asyncio.create_task(client.start(self.token))
        watching = asyncio.create_task(client.given_up(self.timing.patience))
        try:
            await asyncio.wait((serving, watching), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            log.warning("Discord: not connected for too long; beginning anew.")
        except (*REFUSED, *BROKEN) as error:
            if _is_refused(error):
                log.error(  # noqa: TRY400 - a traceback adds nothing
                    "Discord: does not accept the token: it was revoked or mistyped. Make one at "
                    "discord.com/developers, set REKINDLE_DISCORD_TOKEN and start again. Everything else keeps running."
                )
                return self.timing.refused
            log.warning("Discord: cannot be reached (%s). Trying on.", type(error).__name__)
        finally:
            watching.cancel()
            serving.cancel()
            await asyncio.gather(watching, serving, return_exceptions=True)
        return 0

    async def turn(self, person: str) -> None:
        if self._client:
            await self._client.post.turn(int(person.partition(":")[2]))

    async def send(self, person: str, reply: Reply, nonce: str = "") -> str:
        """Raises ConnectionError while there is no session, besides Unreachable."""
        return await self._session.post.write(int(person.partition(":")[2]), reply, nonce, asked=False)

    async def hide(self, person: str, receipts: Sequence[str]) -> int:  # noqa: ARG002 - a receipt names its channel
        return await self._session.post.hide(receipts)

    @property
    def _session(self) -> Client:
        if self._client is None:
            raise ConnectionError("There is no session with Discord at the moment.")
        return self._client


def _is_refused(error: Exception) -> bool:
    closed = isinstance(error, discord.ConnectionClosed) and error.code == AUTHENTICATION_FAILED
    return closed or isinstance(error, REFUSED)
