"""`rekindle run` as a process on both local servers, with people who have something due."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from socket import create_server

import discord_server
from telegram_server import TOKEN, TelegramServer

from bot.dialogue.state import Daily, State
from storage import Store, Timer
from storage.timers import set_timer


def free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    return port


def environment(
    telegram: TelegramServer, discord: discord_server.Server, database: Path, **more: object
) -> dict[str, str]:
    """Both platforms are on, and no setting of this machine is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REKINDLE_")}
    named = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "DISCORD_TOKEN": "a.token.of-nobody",
        "DISCORD_API_URL": discord.url,
        "DATABASE": database,
        **more,
    }
    return kept | {f"REKINDLE_{name}": str(value) for name, value in named.items()}


@asynccontextmanager
async def running(environment: dict[str, str], log: int = PIPE) -> AsyncIterator[Process]:
    """Killed at the end, if it has not ended before."""
    bot = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "run", env=environment, stderr=log)
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.kill()
            await bot.communicate()


async def await_prompts(database: Path, people: Mapping[str, datetime]) -> None:
    """Each of them asked for a prompt a day; when the next is due."""
    async with Store(database) as store:
        await asyncio.gather(*(_await_prompt(store, person, due) for person, due in people.items()))


async def _await_prompt(store: Store, person: str, due: datetime) -> None:
    daily = Daily(on=True, time=f"{due:%H:%M}", zone="UTC")
    timer = Timer(person, "daily", due, "daily", daily.time, daily.weekdays, daily.zone)
    state = State(introduced=True, daily=daily).model_dump_json()
    await store.commit(person, state, "m0", due - timedelta(days=1), [partial(set_timer, timer=timer)])
