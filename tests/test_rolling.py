"""One version takes over from another while people write and prompts go out."""

import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import discord_server
from discord_server import Fault
from program import await_prompts, environment, running
from telegram_server import TelegramServer

CHATS = range(101, 141)  # who write on Telegram, each every four seconds
READERS = range(201, 261)  # who are sent a prompt there
USERS = [700000000000000000 + 2 * number for number in range(6)]  # who call commands on Discord
WAITERS = [700000000000001000 + 2 * number for number in range(12)]  # who are sent a prompt there
HELD = r"/webhooks/\d+/[^/]+/messages/@original"


async def test_one_takes_over_from_another(tmp_path: Path) -> None:
    """Stopped during a delivery while people write, and the next one started at once: each is answered once.

    On Telegram that is true of all that is written, at any instant; on Discord of all that had arrived.
    """
    database = tmp_path / "rekindle.sqlite"
    now = datetime.now(UTC)
    people = [f"telegram:{chat}" for chat in READERS] + [f"discord:{user}" for user in WAITERS]
    await await_prompts(database, dict.fromkeys(people, now - timedelta(minutes=1)))
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramServer(now=now))
        discord = await stack.enter_async_context(discord_server.running())
        settings = environment(telegram, discord, database)
        first = await stack.enter_async_context(running(settings))
        taken_over = asyncio.Event()
        writing = asyncio.create_task(_write(telegram, taken_over))
        await discord.until(lambda: any(discord.seen_by(user) for user in WAITERS), 60)
        await telegram.until(lambda: sum(len(telegram.sent(chat)) for chat in READERS) >= 3, 60)
        (session,) = discord.sessions
        discord.faults += [Fault("PATCH", HELD, 500) for _ in USERS]  # what was called for is not answered at once
        called = [await discord.call(user, "help") for user in USERS]
        await discord.until(lambda: all(one.acknowledged for one in called), 60)
        first.send_signal(signal.SIGTERM)
        second = await stack.enter_async_context(running(settings))
        assert telegram.sent(READERS[-1]) == []  # the delivery is going on
        _, said = await first.communicate()
        assert first.returncode == 0
        assert b"failed" not in said
        await discord.until(lambda: discord.sessions and session not in discord.sessions, 60)
        called += [await discord.call(user, "help") for user in USERS]
        taken_over.set()
        written = await writing
        await telegram.until(lambda: set(written) <= telegram.confirmed, 60)
        await telegram.until(lambda: telegram.sent(READERS[-1]), 60)
        await discord.until(lambda: all(discord.seen_by(user) for user in WAITERS), 60)
        await discord.until(lambda: all(one.original for one in called), 60)
        second.send_signal(signal.SIGTERM)
        _, said = await second.communicate()
        assert second.returncode == 0
        assert b"failed" not in said
        assert {chat: len(telegram.sent(chat)) for chat in READERS} == dict.fromkeys(READERS, 1)
        assert {chat: len(telegram.sent(chat)) for chat in CHATS} == Counter(written.values())
        assert {user: len(discord.seen_by(user)) for user in WAITERS} == dict.fromkeys(WAITERS, 1)
        assert {user: len(discord.seen_by(user)) for user in USERS} == dict.fromkeys(USERS, 2)
        assert telegram.complaints == discord.complaints == []


async def _write(telegram: TelegramServer, enough: asyncio.Event) -> dict[int, int]:
    """One message after another, whether or not anybody listens, of which chat each is; all have written at the end."""
    written: dict[int, int] = {}
    for chat in cycle(CHATS):
        telegram.now = datetime.now(UTC)
        written[await telegram.say(chat, "/help")] = chat
        if enough.is_set() and chat == CHATS[-1]:
            return written
        await asyncio.sleep(0.1)
    raise AssertionError
