"""No word that anybody typed, no token and no person gets into the log, whatever the libraries would say."""

import asyncio
import gc
import io
import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from conversation import START, Client, play
from discord_client import Door, Person, on_discord
from discord_client import serving as on_discord_server
from discord_server import Fault
from discord_server import running as discord_running
from telegram_people import Phone, running, telegram
from telegram_people import passing as passing_on_telegram
from telegram_server import TOKEN, No, TelegramServer
from test_conversations import FILES, passing
from test_discord import FILES as DISCORD_FILES
from test_discord import USER

from bot.dialogue.dialogue import Dialogue
from bot.logs import OURS, Output, Pseudonyms, set_up_logs
from bot.messages import Handle, Incoming, Outlet
from bot.messages import serving as in_turn
from bot.platforms.discord_client import Client as Session
from bot.settings import Settings
from bot.start import report
from content import Library
from intents.reader import Reader
from storage import Store

LONG = 8  # characters, from which a text is looked for
LIBRARIES = ("telegram", "httpx", "httpcore", "discord", "aiohttp", "asyncio", "concurrent")


@dataclass
class Log:
    """What is said at DEBUG with every library's logger on; and, beside it, what they would say without us."""

    said: io.StringIO
    pseudonyms: Pseudonyms
    raw: io.StringIO = field(default_factory=io.StringIO)
    typed: list[Incoming] = field(default_factory=list)

    def heard(self, handle: Handle) -> Handle:
        """The door, with a note of what is typed."""

        async def note(incoming: Incoming, outlet: Outlet) -> None:
            self.typed.append(incoming)
            await handle(incoming, outlet)

        return note

    @property
    def texts(self) -> set[str]:
        return {bare(one.typed) for one in self.typed if len(one.typed) >= LONG}

    @property
    def people(self) -> set[str]:
        return {one.person.partition(":")[2] for one in self.typed}

    def assert_worth_watching(self) -> None:
        """Without us, something that was typed would have been in the log."""
        raw = bare(self.raw.getvalue())
        assert any(text in raw for text in self.texts)

    def assert_silent(self, *tokens: str) -> None:
        said = self.said.getvalue()
        read = bare(said)
        assert self.texts
        assert not [text for text in self.texts if text in read]
        assert not [token for token in tokens if token in said]
        assert not [person for person in self.people if len(person) > 3 and person in said]


def bare(text: str) -> str:
    """Without what a format may escape."""
    return re.sub(r"\\[a-z]|[\W_]+", " ", text).strip().lower()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Log]:
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    handlers, level = root.handlers[:], ours.level
    for handler in handlers:
        root.removeHandler(handler)
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    style = getattr(request, "param", "json")
    log = Log(said, set_up_logs(Settings(log_level="DEBUG", log_format=style)))
    log.pseudonyms.key = b"of this installation"
    witness = logging.StreamHandler(log.raw)
    root.addHandler(witness)
    root.setLevel(logging.DEBUG)
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield log
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    root.handlers[:] = handlers
    root.setLevel(logging.WARNING)
    ours.setLevel(level)


@pytest.fixture(scope="module")
def reader(reader: Reader) -> Reader:
    """Each text is read once, however many ways it comes in; reading is pure."""
    read = cache(reader.read)
    return cast("Reader", SimpleNamespace(read=read, hear=reader.hear))


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as opened:
        yield opened


def words_of(path: Path) -> list[str]:
    """What is typed in a conversation file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("person: ") for line in lines if re.match(r"person: [^\[]", line)]


async def played(path: Path, client: Client, library: Library) -> None:
    """As far as it goes: whether it goes as it is written is for others to prove."""
    with suppress(AssertionError):
        await play(path, client, library)


@pytest.mark.parametrize("log", ["readable"], indirect=True)
async def test_terminal(log: Log, dialogue: Dialogue) -> None:
    """Of all conversation files, played through the dialogue as in a terminal, no text is in the log."""
    people = {path: f"test:{number}" for number, path in enumerate(FILES, 471_100)}
    timed = [path for path in FILES if "\ndue:" in path.read_text(encoding="utf-8")]

    async def talk(path: Path) -> Client:
        client = Client(log.heard(dialogue.handle), person=people[path], pass_time=passing(dialogue))
        await played(path, client, dialogue.library)
        await dialogue.store.erase(client.person)
        return client

    await asyncio.gather(*(talk(path) for path in FILES if path not in timed))
    for path in timed:  # one after the other, because what falls due then is only theirs
        client = await talk(path)
    assert len(log.texts) > len(FILES)
    dialogue.failed = report
    await client.say("hello")
    await dialogue.store._ask(lambda db: db.execute("update people set state = '{'"))
    await client.say("my husband Zebedee laughs at me")
    assert "a turn failed: ValidationError" in log.said.getvalue()
    log.assert_silent()


async def test_telegram(log: Log, server: TelegramServer, dialogue: Dialogue) -> None:
    """What is typed in every third of them, over Telegram, whose library would print updates, and its client the token.

    Some of the files are played as they are written, with presses and what falls due.
    """
    platform = telegram(server)
    async with running(platform, log.heard(dialogue.handle)):
        for few in range(0, len(FILES), 60):  # every third file; the terminal plays them all
            people = enumerate(FILES[few : few + 60 : 3], 471_100 + few)
            said = {await server.say(chat, text) for chat, path in people for text in words_of(path)}
            await server.until(partial(said.issubset, server.confirmed), within=60)
        await dialogue.forget_silent(START + timedelta(days=999))  # what falls due below is only theirs
        for chat, path in enumerate(FILES[::40], 472_100):
            time = passing_on_telegram(dialogue, platform)
            phone = Phone(dialogue.handle, server=server, library=dialogue.library, chat=chat, pass_time=time)
            await played(path, phone, dialogue.library)
        server.faults.append(lambda method, _: No(400, "Bad Request: zugzwang") if method == "sendMessage" else None)
        await server.settled(await server.say(471_100, "my husband Zebedee laughs at me"))
    assert len(log.texts) > len(FILES) / 3
    log.assert_worth_watching()
    assert TOKEN in log.raw.getvalue()
    log.assert_silent(TOKEN)
    assert "zugzwang" not in log.said.getvalue()


async def test_discord(log: Log, dialogue: Dialogue, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample over Discord, whose library would print what comes from the gateway; interaction tokens neither."""
    monkeypatch.setattr(Session, "before_identify_hook", at_once)
    async with discord_running() as server:
        door = Door(log.heard(dialogue.handle))
        async with on_discord_server(server, library, door.handle):
            logging.getLogger("discord").setLevel(logging.DEBUG)
            for number, path in enumerate(DISCORD_FILES[::12]):
                person = Person(server=server, door=door, user=USER + 1000 * number)
                await played(path, person, on_discord(library))
            server.faults.append(Fault("PATCH", r"/webhooks/.*", 429))
            called = await server.call(USER, "talk", "my husband Zebedee laughs at me")
            await door.answered(f"i{called.id}")
    log.assert_worth_watching()
    log.assert_silent(called.token, "a.token.of-nobody")


async def at_once(_client: Session, _shard: int | None, *, initial: bool = False) -> None:
    """The library waits five seconds here."""


# Each way in by itself


def test_a_library_is_quoted_as_a_pattern(log: Log) -> None:
    """What a library fills into its lines is left out at every level, and so is what it says below a warning."""
    for name in LIBRARIES:
        logging.getLogger(name).info("zugzwang")
        logging.getLogger(name).warning("%s said %r", "somebody", "zugzwang")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nexception=ValueError('zugzwang')")
    broken = logging.LogRecord("rekindle", logging.ERROR, "", 0, "%d is no number", ("zugzwang",), None)
    next(handler for handler in logging.getLogger().handlers if isinstance(handler, Output)).handle(broken)
    said = log.said.getvalue()
    assert "zugzwang" not in said
    assert said.count("%s said %r") == len(LIBRARIES) - 1  # Telegram's says nothing at all
    assert "Task exception was never retrieved" in said


async def test_a_task_that_nobody_awaited(log: Log) -> None:
    """Asyncio would print the whole exception of a task that was dropped."""

    async def fail() -> None:
        raise ValueError("zugzwang")

    dropped = asyncio.create_task(fail())
    await asyncio.wait([dropped])
    del dropped
    gc.collect()
    assert "zugzwang" in log.raw.getvalue()
    assert "zugzwang" not in log.said.getvalue()
    assert "ValueError at test_logs.py" in log.said.getvalue()


def test_people_have_pseudonyms(log: Log) -> None:
    """A line in somebody's turn names them by the same letters each time, which say nothing without the key."""
    names: dict[str, str] = {}
    for person in ("telegram:4711", "telegram:4712", "telegram:4711"):
        token = in_turn.set(person)
        logging.getLogger("rekindle").error("a turn failed")
        in_turn.reset(token)
        line = json.loads(log.said.getvalue().splitlines()[-1])
        assert names.setdefault(person, line["person"]) == line["person"]
    logging.getLogger("rekindle").error("nobody's turn")
    assert "person" not in json.loads(log.said.getvalue().splitlines()[-1])
    assert len(set(names.values())) == 2
    assert "471" not in log.said.getvalue()
    log.pseudonyms.key = b"of another installation"
    in_turn.set("telegram:4711")
    logging.getLogger("rekindle").error("a turn failed")
    assert json.loads(log.said.getvalue().splitlines()[-1])["person"] not in names.values()


async def test_each_installation_has_its_key(tmp_path: Path) -> None:
    """The key is made with the database, stays the same in it, and is another one in another."""
    keys = []
    for name in ("one", "one", "two"):
        async with Store(tmp_path / name) as store:
            keys.append(await store.log_key())
    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) == 32
