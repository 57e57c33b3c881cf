"""A small Discord of our own on loopback: the gateway and the part of the REST API that the bot uses.

The unmodified library talks to it. Faults are played by appending to `faults`, or by the methods under "Faults".
"""

import asyncio
import json
import math
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web
from contracts import contract

APP = 900000000000000001  # the bot's user, and its application
GUILD, CHANNEL = 800000000000000001, 800000000000000002
EPOCH = 1420070400000
EPHEMERAL = 64
# Complaints about what discord.py rightly sends: numbers as ids, and what the document leaves out.
KNOWN_FALSE = re.compile(r"/embeds/\d+: .*'flags'|: \d+ is not of type '(null|string)'|'nsfw'|'tts'")
Data = dict[str, Any]


def snowflake(at: datetime, number: int = 0) -> int:
    return ((int(at.timestamp() * 1000) - EPOCH) << 22) | number


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # behind /api/v10
    body: Any
    query: Data
    headers: Data


@dataclass(frozen=True)
class Fault:
    """What is answered, once, instead of the truth. Status 0 breaks the connection."""

    method: str
    path: str  # an expression for the whole path
    status: int
    code: int = 0
    after: bool = False  # the request is carried out, and only its answer is lost
    retry_after: float = 0.05

    def fits(self, request: Request) -> bool:
        return request.method == self.method and re.fullmatch(self.path, request.path) is not None


@dataclass
class Message:
    id: int
    channel: int
    body: Data
    viewer: int | None  # of an ephemeral one; None: everybody in the channel
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        return self.viewer is not None

    @property
    def items(self) -> list[Data]:
        return [item for row in self.body.get("components") or [] for item in row["components"]]


@dataclass
class Interaction:
    id: int
    token: str
    user: int
    channel: int
    private: bool
    acknowledged: int = 0  # the type of the callback
    ephemeral: bool = False
    original: int = 0  # the first message of the answer
    offered: list[Data] = field(default_factory=list)  # of an autocompletion
    form: Data = field(default_factory=dict)  # a modal
    expired: bool = False
    withdrawn: bool = False  # nothing is shown as coming any more


@dataclass
class Session:
    id: str
    shard: int
    events: list[Data] = field(default_factory=list)
    socket: "Socket | None" = None


class Socket:
    """One connection, compressed as asked for."""

    def __init__(self, request: web.Request) -> None:
        self.response = web.WebSocketResponse(max_msg_size=0)
        self.request = request
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    async def send(self, payload: Data) -> None:
        text = json.dumps(payload)
        if self._deflate is None:
            await self.response.send_str(text)
        else:
            data = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self.response.send_bytes(data)


class Server:
    def __init__(self, shards: int = 1) -> None:
        self.shards = shards
        self.url = ""
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.faults: list[Fault] = []
        self.commands: list[Data] = []
        self.sessions: dict[str, Session] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.received: list[int] = []  # opcodes at the gateway
        self.sockets: set[Socket] = set()
        self.gateway_status = 200  # anything else refuses every connection
        self.resume_status = 200  # the same for the address that sessions are resumed at
        self.dm_closed: set[int] = set()
        self.nonce_lifetime = 120.0  # seconds; Discord says "a few minutes", of all that one author writes anywhere
        self._nonces: dict[str, tuple[float, int]] = {}
        self._numbers = count(1)
        self._pulse = asyncio.Event()

    # For tests

    async def until(self, true: Callable[[], object], seconds: float = 10) -> None:
        """Wait for something at the server to be so."""
        async with asyncio.timeout(seconds):
            while not true():
                await self._pulse.wait()

    def changed(self) -> None:
        self._pulse.set()
        self._pulse = asyncio.Event()

    def new_id(self, at: datetime | None = None) -> int:
        return snowflake(at or datetime.now(UTC), next(self._numbers) % 4096)

    def sent(self, method: str, path: str) -> list[Request]:
        return [r for r in self.requests if r.method == method and re.fullmatch(path, r.path)]

    def seen_by(self, user: int) -> list[Message]:
        """Everything of the bot that this person can see in their private messages, or alone in a server."""
        mine = (m for m in self.messages.values() if not m.deleted)
        return [m for m in mine if m.viewer == user or (m.viewer is None and m.channel == dm_of(user))]

    async def say(self, user: int, text: str, at: datetime | None = None, **more: Any) -> int:
        """A private message of a person; its id."""
        key = self.new_id(at)
        message = {**_message(key, dm_of(user), _user(user), {"content": text}), "channel_type": 1, **more}
        await self.emit("MESSAGE_CREATE", message)
        return key

    async def call(self, user: int, name: str, words: str = "", **more: Any) -> Interaction:
        return await self.fill_in(user, name, {"words": words} if words else {}, **more)

    async def fill_in(self, user: int, name: str, said: dict[str, str], **more: Any) -> Interaction:
        """A command with what stands in its options."""
        options = [{"name": option, "type": 3, "value": value} for option, value in said.items()]
        return await self._interact(user, 2, {"id": "1", "name": name, "type": 1, "options": options}, **more)

    async def complete(self, user: int, name: str, typed: str, option: str = "words", **more: Any) -> Interaction:
        options = [{"name": option, "type": 3, "value": typed, "focused": True}]
        return await self._interact(user, 4, {"id": "1", "name": name, "type": 1, "options": options}, **more)

    async def send_in(self, user: int, form: Data, text: str, message: Message, **more: Any) -> Interaction:
        """A modal, with that in its one field."""
        data = {"custom_id": form["custom_id"], "components": [_filled(one, text) for one in form["components"]]}
        return await self._interact(user, 5, data, message=message, **more)

    async def press(self, user: int, message: Message, custom_id: str, value: str = "", **more: Any) -> Interaction:
        """A button, or an entry of a menu."""
        data: Data = {"custom_id": custom_id, "component_type": 3 if value else 2}
        if value:
            data["values"] = [value]
        return await self._interact(user, 3, data, message=message, **more)

    async def _interact(
        self,
        user: int,
        kind: int,
        data: Data,
        *,
        message: Message | None = None,
        context: int = 1,
        guild: int = GUILD,
        at: datetime | None = None,
        expired: bool = False,
    ) -> Interaction:
        """`context`: 0 in a server, 1 in the bot's private messages, 2 in a chat of two people."""
        key = self.new_id(at)
        channel = dm_of(user) if context == 1 else CHANNEL
        made = Interaction(key, f"token-{key}", user, channel, context == 1, expired=expired)
        self.interactions[made.token] = made
        person: Data = {"user": _user(user)}
        if context == 0:
            partial = {"id": str(guild), "locale": "en-US", "features": []}
            person = {"member": _member(user), "guild_id": str(guild), "guild": partial}
        event: Data = {
            "id": str(key),
            "application_id": str(APP),
            "type": kind,
            "data": data,
            "token": made.token,
            "version": 1,
            "channel_id": str(channel),
            "channel": _channel(channel, 0 if context == 0 else 1),
            "app_permissions": "0",
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": 10485760,
            "authorizing_integration_owners": {"1": str(user)},
            "context": context,
            **person,
        }
        if message:
            event["message"] = _message(message.id, message.channel, _user(APP, bot=True), message.body)
        await self.emit("INTERACTION_CREATE", event)
        return made

    async def emit(self, kind: str, data: Data, shard: int = 0) -> None:
        for session in self.sessions.values():
            if session.shard == shard:
                event = {"op": 0, "t": kind, "s": len(session.events) + 1, "d": data}
                session.events.append(event)
                if session.socket and not session.socket.response.closed:
                    await session.socket.send(event)

    # Faults of the gateway

    async def drop(self, code: int = 1001) -> None:
        """Close every connection; the sessions live on."""
        for socket in list(self.sockets):
            await socket.response.close(code=code)

    async def invalidate(self) -> None:
        """Every session is over, and may not be resumed."""
        sockets = [session.socket for session in self.sessions.values()]
        self.sessions.clear()
        for socket in sockets:
            if socket and not socket.response.closed:
                await socket.send({"op": 9, "d": False})

    async def ask_to_reconnect(self) -> None:
        for socket in list(self.sockets):
            await socket.send({"op": 7, "d": None})

    # The gateway

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        status = self.resume_status if request.path.startswith("/resume") else self.gateway_status
        if status != 200:
            self.received.append(-status)
            self.changed()
            return web.Response(status=status)
        socket = Socket(request)
        await socket.response.prepare(request)
        self.sockets.add(socket)
        try:
            await socket.send({"op": 10, "d": {"heartbeat_interval": 41250}})
            async for frame in socket.response:
                if frame.type is WSMsgType.TEXT:
                    await self._take(socket, json.loads(frame.data))
        except ConnectionError:
            pass
        finally:
            self.sockets.discard(socket)
            self.changed()
        return socket.response

    async def _take(self, socket: Socket, payload: Data) -> None:
        op = payload["op"]
        self.received.append(op)
        if op == 1:
            await socket.send({"op": 11})
        elif op == 2:
            await self._identify(socket, payload["d"])
        elif op == 6:
            await self._resume(socket, payload["d"])
        self.changed()

    async def _identify(self, socket: Socket, data: Data) -> None:
        shard = data.get("shard", [0, 1])
        session = Session(f"session-{next(self._numbers)}", shard[0], socket=socket)
        self.sessions = {key: old for key, old in self.sessions.items() if old.shard != shard[0]}
        self.sessions[session.id] = session
        self.intents = data["intents"]
        guilds = [{"id": str(GUILD), "unavailable": True}] if shard[0] == (GUILD >> 22) % shard[1] else []
        ready = {
            "v": 10,
            "user": _user(APP, bot=True),
            "guilds": guilds,
            "session_id": session.id,
            "resume_gateway_url": self.url.replace("http", "ws") + "/resume",
            "shard": shard,
            "application": {"id": str(APP), "flags": 0},
        }
        await self.emit("READY", ready, shard[0])
        if guilds:
            await self.emit("GUILD_CREATE", _guild(), shard[0])

    async def _resume(self, socket: Socket, data: Data) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None:
            await socket.send({"op": 9, "d": False})
            return
        session.socket = socket
        for event in session.events[data["seq"] :]:
            await socket.send(event)
        await self.emit("RESUMED", {}, session.shard)

    # REST

    async def rest(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request)
        self.requests.append(asked)
        self.complaints += complaints(asked)
        fault = next((fault for fault in self.faults if fault.fits(asked)), None)
        if fault:
            self.faults.remove(fault)
        answer = _refused(fault) if fault and not fault.after else self._answer(asked)
        self.changed()
        if fault and fault.status == 0:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return _refused(fault) if fault else answer

    def _answer(self, asked: Request) -> web.Response:
        for method, path, act in self._routes():
            if method == asked.method and (found := re.fullmatch(path, asked.path)):
                try:
                    return _json(act(asked, *found.groups()))
                except Refusal as refusal:
                    return _refused(refusal)
        raise AssertionError(f"the double does not know {asked.method} {asked.path}")

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Any]]]:
        yield "GET", "/users/@me", lambda _: _user(APP, bot=True)
        yield "GET", "/oauth2/applications/@me", lambda _: _application()
        yield "GET", "/gateway/bot", lambda _: self._gateway_bot()
        yield "GET", r"/applications/\d+/commands", lambda _: self.commands
        yield "PUT", r"/applications/\d+/commands", self._put_commands
        yield "POST", "/users/@me/channels", lambda asked: _dm(int(asked.body["recipient_id"]))
        yield "POST", r"/channels/(\d+)/messages", self._create
        yield "DELETE", r"/channels/(\d+)/messages/(\d+)", self._delete
        yield "POST", r"/interactions/\d+/([^/]+)/callback", self._call_back
        yield "PATCH", r"/webhooks/\d+/([^/]+)/messages/(@original)", self._edit
        yield "POST", r"/webhooks/\d+/([^/]+)", self._follow
        yield "DELETE", r"/webhooks/\d+/([^/]+)/messages/(\d+)", self._delete
        yield "DELETE", r"/webhooks/\d+/([^/]+)/messages/(@original)", self._withdraw

    def _gateway_bot(self) -> Data:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return {"url": self.url.replace("http", "ws") + "/gw", "shards": self.shards, "session_start_limit": limit}

    def _put_commands(self, asked: Request) -> list[Data]:
        """As Discord gives them back: with ids, and without what is the default."""
        self.commands = [
            {
                **{key: value for key, value in command.items() if value not in ([], None, False)},
                "id": str(number),
                "application_id": str(APP),
                "version": "1",
                "default_member_permissions": None,
                "nsfw": False,
            }
            for number, command in enumerate(asked.body, 1)
        ]
        return self.commands

    def _create(self, asked: Request, channel: str) -> Data:
        if user_of(int(channel)) in self.dm_closed:
            raise Refusal(403, 50007)
        nonce, now = str(asked.body.get("nonce")), time.monotonic()
        sent_at, before = self._nonces.get(nonce, (-math.inf, 0))
        if asked.body.get("enforce_nonce") and now - sent_at < self.nonce_lifetime:
            message = self.messages[before]
            if message.deleted:
                raise Refusal(404, 10008)
        else:
            message = self._keep(Message(self.new_id(), int(channel), asked.body, None))
            self._nonces[nonce] = now, message.id
        return _message(message.id, message.channel, _user(APP, bot=True), message.body)

    def _keep(self, message: Message) -> Message:
        self.messages[message.id] = message
        return message

    def _delete(self, _: Request, __: str, message: str) -> None:
        if int(message) not in self.messages or self.messages[int(message)].deleted:
            raise Refusal(404, 10008)
        self.messages[int(message)].deleted = True

    def _call_back(self, asked: Request, token: str) -> Data:
        interaction = self.interactions[token]
        if interaction.expired:
            raise Refusal(404, 10062)
        if interaction.acknowledged:
            raise Refusal(400, 40060)
        interaction.acknowledged = asked.body["type"]
        data = asked.body.get("data") or {}
        interaction.ephemeral = bool(data.get("flags", 0) & EPHEMERAL)
        interaction.offered = data.get("choices", [])
        interaction.form = data if asked.body["type"] == 9 else {}
        resource: Data = {"type": asked.body["type"]}
        if asked.body["type"] == 4:
            resource["message"] = self._first(interaction, data)
        return {"interaction": {"id": str(interaction.id), "type": 2}, "resource": resource}

    def _first(self, interaction: Interaction, body: Data) -> Data:
        viewer = interaction.user if interaction.ephemeral else None
        if not interaction.original:
            interaction.original = self._keep(Message(self.new_id(), interaction.channel, body, viewer)).id
        message = self.messages[interaction.original]
        message.body = body
        return self._answered(message)

    def _answered(self, message: Message) -> Data:
        return _message(message.id, message.channel, _user(APP, bot=True), message.body)

    def _edit(self, asked: Request, token: str, _: str) -> Data:
        interaction = self._living(token)
        return self._first(interaction, asked.body)

    def _follow(self, asked: Request, token: str) -> Data:
        interaction = self._living(token)
        viewer = interaction.user if asked.body.get("flags", 0) & EPHEMERAL else None
        return self._answered(self._keep(Message(self.new_id(), interaction.channel, asked.body, viewer)))

    def _withdraw(self, _: Request, token: str, __: str) -> None:
        self._living(token).withdrawn = True

    def _living(self, token: str) -> Interaction:
        interaction = self.interactions[token]
        if interaction.expired or not interaction.acknowledged:
            raise Refusal(404, 10015)
        return interaction


class Refusal(Exception):
    def __init__(self, status: int, code: int, retry_after: float = 0) -> None:
        super().__init__(status, code)
        self.status, self.code, self.retry_after = status, code, retry_after


@asynccontextmanager
async def running(shards: int = 1) -> AsyncIterator[Server]:
    server = Server(shards)
    app = web.Application()
    app.router.add_get("/gw", server.gateway)
    app.router.add_get("/gw/", server.gateway)
    app.router.add_get("/resume", server.gateway)
    app.router.add_route("*", "/api/v10/{path:.*}", server.rest)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _read(request: web.Request) -> Request:
    body: Any = None
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        body = json.loads(str(form["payload_json"]))
        names = [key for key in form if key.startswith("files[")]
        assert len(names) == len(body["attachments"]), "every file is described"
    elif raw := await request.read():
        body = json.loads(raw)
    path = request.path.removeprefix("/api/v10")
    return Request(request.method, path, body, dict(request.query), dict(request.headers))


def _json(data: Any) -> web.Response:
    """The library wants this media type to the letter."""
    if data is None:
        return web.Response(status=204)
    return web.Response(body=json.dumps(data).encode(), headers={"Content-Type": "application/json"})


def _refused(fault: Fault | Refusal) -> web.Response:
    body: Data = {"code": fault.code, "message": "refused"}
    headers = {"Content-Type": "application/json"}
    if fault.status == 429:
        body |= {"retry_after": fault.retry_after, "global": False}
        headers["Via"] = "1.1 loopback"
    return web.Response(status=fault.status or 500, body=json.dumps(body).encode(), headers=headers)


@cache
def _contract() -> Any:
    """The official document, where it is at hand; without it nothing is checked."""
    module = contract("discord_contract")
    return module.Contract(module.strict(module.SPEC)) if module else None


def contract_is_known() -> bool:
    return _contract() is not None


def complaints(asked: Request) -> list[str]:
    if _contract() is None:
        return []
    path = re.sub(r"\d{15,}", "1" * 18, re.sub(r"token-\d+", "token", asked.path))  # equal requests are checked once
    return [
        f"{asked.method} {asked.path} {text}"
        for text in _check(asked.method, path, json.dumps([asked.body, asked.query]))
    ]


@cache
def _check(method: str, path: str, sent: str) -> list[str]:
    body, query = json.loads(sent)
    found = _contract().check(method, f"/api/v10{path}", body, query)
    return [text for text in found if not KNOWN_FALSE.search(text)]


def _filled(component: Data, text: str) -> Data:
    """As Discord sends it: labels and fields by their ids, and of the fields the values."""
    if component["type"] == 18:
        field = component["component"]
        return {"type": 18, "id": 2, "component": {"type": 4, "id": 3, "custom_id": field["custom_id"], "value": text}}
    return {"type": component["type"], "id": 1}


def dm_of(user: int) -> int:
    """The channel of a person's private messages with the bot."""
    return user + 1


def user_of(channel: int) -> int:
    return channel - 1


def _user(user: int, *, bot: bool = False) -> Data:
    return {
        "id": str(user),
        "username": f"u{user}",
        "discriminator": "0",
        "global_name": None,
        "avatar": None,
        "bot": bot,
    }


def _member(user: int) -> Data:
    joined = "2026-01-01T00:00:00+00:00"
    return {
        "user": _user(user),
        "roles": [],
        "joined_at": joined,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": "0",
    }


def _channel(channel: int, kind: int) -> Data:
    named = {"name": "general", "position": 0, "permission_overwrites": [], "guild_id": str(GUILD)} if kind == 0 else {}
    return {"id": str(channel), "type": kind, "flags": 0, "last_message_id": None, "recipients": [], **named}


def _dm(user: int) -> Data:
    return {"id": str(dm_of(user)), "type": 1, "flags": 0, "last_message_id": None, "recipients": [_user(user)]}


def _message(message: int, channel: int, author: Data, body: Data) -> Data:
    return {
        "id": str(message),
        "channel_id": str(channel),
        "author": author,
        "content": body.get("content") or "",
        "timestamp": "2026-03-02T21:15:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": body.get("embeds") or [],
        "components": body.get("components") or [],
        "pinned": False,
        "type": 0,
        "flags": body.get("flags", 0),
    }


def _application() -> Data:
    return {
        "id": str(APP),
        "name": "Rekindle",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "00",
        "flags": 0,
        "owner": _user(1),
        "team": None,
        "rpc_origins": [],
        "summary": "",
    }


def _guild() -> Data:
    return {
        "id": str(GUILD),
        "name": "A server",
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": "1",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [],
        "members": [],
        "channels": [_channel(CHANNEL, 0)],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "application_id": None,
        "large": False,
        "member_count": 2,
        "unavailable": False,
    }
