"""A Bot API server of our own on loopback: real HTTP, long polls, webhooks, and Telegram's ways of saying no.

Each request of the bot is held against the Bot API's own description where `../shared/contracts` is there
(or the folder that CONTRACTS_DIR names); `complaints` is to stay empty.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Self

import aiohttp
from aiohttp import web
from contracts import contract
from conversation import START

TOKEN = "7654321:AAtests-only-token-of-nobody-0000000"  # noqa: S105 - of this server only
ME = {"id": 7654321, "is_bot": True, "first_name": "Rekindle", "username": "RekindleTestBot"}
OLD_QUERY = "Bad Request: query is too old and response timeout expired or query ID is invalid"
SENDS = ("sendMessage", "sendPhoto", "sendDocument")
Json = dict[str, Any]


CONTRACT = contract("telegram_contract")


@dataclass(frozen=True)
class Call:
    """A request of the bot."""

    method: str
    form: Json
    shown: int = 0  # the id of the message that it made

    @property
    def chat(self) -> int:
        return int(self.form.get("chat_id", 0))

    @property
    def words(self) -> str:
        return str(self.form.get("text", self.form.get("caption", "")))

    @property
    def buttons(self) -> list[Json]:
        return [button for row in self.form.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


@dataclass(eq=False)
class No(Exception):
    """An answer that is an error."""

    status: int
    description: str
    parameters: Json = field(default_factory=dict)


Fault = Callable[[str, Json], "No | None"]


@dataclass
class TelegramServer:
    now: datetime = START
    calls: list[Call] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    confirmed: set[int] = field(default_factory=set)  # updates that the bot let go of
    faults: list[Fault] = field(default_factory=list)
    polls: int = 0
    commands: list[Json] = field(default_factory=list)
    webhook: Json = field(default_factory=dict)
    revoked: bool = False
    silent: bool = False  # takes requests for updates and never answers them
    cut: set[str] = field(default_factory=set)  # methods that are carried out, and then the connection breaks
    waiting: dict[int, Json] = field(default_factory=dict)
    keyboards: dict[tuple[int, int], Any] = field(default_factory=dict)  # of each message that is shown
    queries: set[str] = field(default_factory=set)
    _ids: Any = field(default_factory=lambda: count(1000))
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _port: int = 0
    _deliveries: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        self._lines = asyncio.Semaphore(100)  # as many as the bot allows
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._deliveries.values():
            task.cancel()
        await asyncio.gather(*self._deliveries.values(), return_exceptions=True)
        await self._session.close()
        await self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        app = web.Application(client_max_size=50 * 2**20)
        app.router.add_post("/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def close(self) -> None:
        """Connections break off and new ones are refused; what is waiting is kept."""
        await self._runner.cleanup()

    async def until(self, fact: Callable[[], Any], within: float = 20) -> None:
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(fact)

    async def settled(self, update: int) -> None:
        await self.until(lambda: update in self.confirmed)

    def sent(self, chat: int) -> list[Call]:
        return [call for call in self.calls if call.method in SENDS and call.chat == chat]

    # What people do

    async def push(self, **update: Any) -> int:
        key: int = next(self._ids)
        await self.repeat(key, update)
        return key

    async def repeat(self, key: int, update: Json) -> None:
        async with self._changed:
            self.waiting[key] = {"update_id": key, **update}
            self._changed.notify_all()
        if self.webhook:
            self._deliver({"update_id": key, **update})

    async def say(self, chat: int, text: str, **more: Any) -> int:
        return await self.push(message=self.message(chat, text=text, **more))

    def message(self, chat: int, **more: Any) -> Json:
        of = (
            {"id": chat, "type": "private", "first_name": "P"}
            if chat > 0
            else {"id": chat, "type": "group", "title": "G"}
        )
        sender = {"id": abs(chat), "is_bot": False, "first_name": "P"}
        date = int(self.now.timestamp())
        return {"message_id": next(self._ids), "date": date, "chat": of, "from": sender} | more

    async def press(self, chat: int, payload: str, message: int = 0) -> int:
        """Press a button that is on the screen, or any of an older message."""
        message = message or next(
            shown
            for (where, shown), rows in reversed(self.keyboards.items())
            if where == chat and any(b.get("callback_data") == payload for row in rows for b in row)
        )
        query = str(next(self._ids))
        self.queries.add(query)
        return await self.push(callback_query=self.query(chat, payload, message, query))

    def query(self, chat: int, payload: str, message: int, query: str) -> Json:
        of = {"id": chat, "type": "private", "first_name": "P"}
        sender = {"id": chat, "is_bot": False, "first_name": "P"}
        shown = {"message_id": message, "date": int(self.now.timestamp()), "chat": of, "text": "..."}
        return {"id": query, "from": sender, "chat_instance": "1", "message": shown, "data": payload}

    def _deliver(self, update: Json) -> None:
        """Chats side by side, the updates of each in order."""
        part = update.get("message") or update["callback_query"]["message"]
        chat = part["chat"]["id"]
        before = self._deliveries.get(chat)
        self._deliveries[chat] = asyncio.create_task(self._call_webhook(before, update))

    async def _call_webhook(self, before: "asyncio.Task[None] | None", update: Json) -> None:
        if before:
            await asyncio.wait([before])
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
        async with self._lines, self._session.post(self.webhook["url"], json=update, headers=headers) as answer:
            taken = answer.status == 200
        if taken:
            await self._confirm(update["update_id"])

    async def _confirm(self, *keys: int) -> None:
        async with self._changed:
            for key in keys:
                self.waiting.pop(key, None)
                self.confirmed.add(key)
            self._changed.notify_all()

    # What the bot asks

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        form = _decoded(await _form(request))
        if CONTRACT and (complaints := CONTRACT.check(method, form)):
            self.complaints += [f"{method}: {complaint}" for complaint in complaints]
        try:
            self._refuse(request.match_info["token"], method, form)
            result = await self._carry_out(method, form)
        except No as no:
            return web.json_response(
                {"ok": False, "error_code": no.status, "description": no.description}
                | ({"parameters": no.parameters} if no.parameters else {}),
                status=no.status,
            )
        finally:
            async with self._changed:
                self._changed.notify_all()
        if method in self.cut and request.transport:
            request.transport.close()
        return web.json_response({"ok": True, "result": result})

    def _refuse(self, token: str, method: str, form: Json) -> None:
        if self.revoked or token != TOKEN:
            raise No(401, "Unauthorized")
        for fault in self.faults:
            if refused := fault(method, form):
                raise refused

    async def _carry_out(self, method: str, form: Json) -> Any:
        if method == "getUpdates":
            return await self._updates(form)
        shown = next(self._ids) if method in SENDS else 0
        self.calls.append(Call(method, form, shown))
        return getattr(self, f"_{method}", lambda _form, _shown: True)(form, shown)

    async def _updates(self, form: Json) -> list[Json]:
        if self.webhook:
            raise No(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        self.polls += 1
        mine, offset = self.polls, int(form.get("offset", 0))
        await self._confirm(*[key for key in self.waiting if key < offset])
        with suppress(TimeoutError):
            await self.until(
                lambda: (self.waiting and not self.silent) or self.polls > mine,
                float(form.get("timeout", 0)) or 0.001,
            )
        if self.polls > mine:
            raise No(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot is running",
            )
        return [self.waiting[key] for key in sorted(self.waiting)][: int(form.get("limit", 100))]

    def _getMe(self, _form: Json, _shown: int) -> Json:  # noqa: N802 - Telegram's name
        return ME | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _getMyCommands(self, _form: Json, _shown: int) -> list[Json]:  # noqa: N802
        return self.commands

    def _setMyCommands(self, form: Json, _shown: int) -> bool:  # noqa: N802
        self.commands = form["commands"]
        return True

    def _setWebhook(self, form: Json, _shown: int) -> bool:  # noqa: N802
        self.webhook = form
        return True

    def _getWebhookInfo(self, _form: Json, _shown: int) -> Json:  # noqa: N802
        return {"url": self.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": 0}

    def _deleteWebhook(self, _form: Json, _shown: int) -> bool:  # noqa: N802
        self.webhook = {}
        return True

    def _sendMessage(self, form: Json, shown: int) -> Json:  # noqa: N802
        if not form.get("text", "").strip():
            raise No(400, "Bad Request: message text is empty")
        if len(form["text"]) > 4096:
            raise No(400, "Bad Request: message is too long")
        return self._show(form, shown)

    def _show(self, form: Json, shown: int) -> Json:
        self.keyboards[int(form["chat_id"]), shown] = form.get("reply_markup", {}).get("inline_keyboard", [])
        return self.message(int(form["chat_id"]), message_id=shown)

    _sendPhoto = _sendDocument = _show  # noqa: N815 - Telegram's names

    def _editMessageReplyMarkup(self, form: Json, _shown: int) -> Json:  # noqa: N802
        where = int(form["chat_id"]), int(form["message_id"])
        if where not in self.keyboards:
            raise No(400, "Bad Request: message can't be edited")
        if self.keyboards[where] == form.get("reply_markup", {}).get("inline_keyboard", []):
            raise No(400, "Bad Request: message is not modified")
        self.keyboards[where] = []
        return self.message(where[0], message_id=where[1])

    def _answerCallbackQuery(self, form: Json, _shown: int) -> bool:  # noqa: N802
        if form["callback_query_id"] not in self.queries:
            raise No(400, OLD_QUERY)
        self.queries.remove(form["callback_query_id"])
        return True

    def _deleteMessage(self, form: Json, _shown: int) -> bool:  # noqa: N802
        if self.keyboards.pop((int(form["chat_id"]), int(form["message_id"])), None) is not None:
            return True
        raise No(400, "Bad Request: message to delete not found")


async def _form(request: web.Request) -> Json:
    """A file stands for itself by its name."""
    fields = await request.post()
    return {name: value if isinstance(value, str) else value.filename for name, value in fields.items()}  # type: ignore[union-attr]


NESTED = {"reply_markup", "entities", "caption_entities", "commands", "allowed_updates", "link_preview_options"}
NUMBERS = {"chat_id", "message_id", "timeout", "offset", "limit", "max_connections"}


def _decoded(form: Json) -> Json:
    """Telegram takes every argument as text, with JSON inside where it is more than that."""
    return {name: json.loads(value) if name in NESTED | NUMBERS else value for name, value in form.items()}
