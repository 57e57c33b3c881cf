"""The bot as a process that can be killed. Imports once, then forks a bot for each line that it is given.

Usage: telegram_process.py URL DATABASE. It answers each line with the number of the bot's process.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from telegram_people import LISTED, QUICK
from telegram_server import TOKEN

from bot.dialogue.dialogue import Dialogue
from bot.platforms.telegram import Telegram
from bot.platforms.telegram_limits import Limiter
from content import Library, load_library
from intents.reading import Kind, Reading
from storage import Store

if TYPE_CHECKING:
    from intents.reader import Reader


@dataclass(frozen=True)
class Listener:
    """Reads every text as something told on, at no cost."""

    def read(self, text: str) -> Reading:
        return Reading(Kind.ACT, command="just-listen", words=len(text.split()))


async def work(url: str, database: Path, library: Library) -> None:
    reader = cast("Reader", Listener())
    async with Store(database) as store:
        dialogue = Dialogue(library, reader, store, lambda _: None)
        platform = Telegram(TOKEN, LISTED, api_url=url, timing=QUICK, limiter=Limiter(10_000, 10_000))
        await platform.run(dialogue.handle)


def main(url: str, database: str) -> None:
    library = load_library()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed are nobody's zombies
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            asyncio.run(work(url, Path(database), library))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
