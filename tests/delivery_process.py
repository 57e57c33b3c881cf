"""What `rekindle run` puts together, as a process that can be killed while it delivers.

Imports once, then forks a bot for each line that it is given, and answers with the number of the bot's process.
Usage: delivery_process.py TELEGRAM DISCORD DATABASE FAILURES. To the last, a file, it adds a line for each delivery
that it counts as failed: the platform's name.
"""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from discord_client import FAST
from telegram_people import LISTED, QUICK
from telegram_process import Listener
from telegram_server import TOKEN

from bot import run
from bot.dialogue.dialogue import Dialogue
from bot.messages import Delivery
from bot.platforms import discord_client as gateway
from bot.platforms.discord import Discord
from bot.platforms.telegram import Telegram
from content import Library, load_library
from storage import Store

if TYPE_CHECKING:
    from intents.reader import Reader


PATIENT = replace(QUICK, poll=10, stale=60)


def _complain(error: Exception) -> None:
    sys.stderr.write(f"{error!r}\n")


async def at_once(_client: gateway.Client, _shard: int | None, *, initial: bool = False) -> None:
    """The library waits five seconds here."""


async def work(telegram: str, discord: str, database: Path, failures: Path, library: Library) -> None:
    reader = cast("Reader", Listener())
    async with Store(database) as store:
        dialogue = Dialogue(library, reader, store, _complain)
        platforms = (
            Telegram(TOKEN, LISTED, api_url=telegram, timing=PATIENT),
            Discord("a.token.of-nobody", library, reader, discord, FAST),
        )
        schedule = run._schedule(dialogue, platforms)

        def delivered(platform: str, became: Delivery, _late: float) -> None:
            if became is Delivery.FAILED:
                with failures.open("a", encoding="utf-8") as file:
                    file.write(f"{platform}\n")

        schedule.delivered = delivered
        async with run._working(dialogue, platforms, schedule):
            await asyncio.Event().wait()


def main(telegram: str, discord: str, database: str, failures: str) -> None:
    library = load_library()
    gateway.Client.before_identify_hook = at_once  # type: ignore[method-assign, assignment]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed are nobody's zombies
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            asyncio.run(work(telegram, discord, Path(database), Path(failures), library))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
