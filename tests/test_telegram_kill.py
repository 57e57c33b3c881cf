"""What a crash does to people on Telegram: real processes, killed at random instants."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path

from telegram_server import TelegramServer

KILLS = int(os.environ.get("KILLS", "20"))  # `make kills` takes a hundred
PEOPLE = (5, 6, 7)


async def test_killed_again_and_again(tmp_path: Path) -> None:
    """However often the process dies, each message is answered, and no turn is taken twice."""
    database = tmp_path / "rekindle.sqlite"
    chance = random.Random(3)
    updates: list[int] = []
    async with TelegramServer() as server:
        script = Path(__file__).with_name("telegram_process.py")
        bots = await asyncio.create_subprocess_exec(
            sys.executable, str(script), server.url, str(database), stdin=-1, stdout=-1
        )
        assert bots.stdin
        assert bots.stdout
        for kill in range(KILLS + 1):
            updates += [await server.say(chat, f"message {kill}") for chat in PEOPLE]
            bots.stdin.write(b"start\n")
            bot = int(await bots.stdout.readline())
            if kill < KILLS:
                polls = server.polls
                await server.until(lambda polls=polls: server.polls > polls)  # type: ignore[misc]
                await asyncio.sleep(chance.uniform(0, 0.08))  # the instant is what is being drawn
            else:
                await server.until(lambda: set(updates) <= server.confirmed)  # noqa: B023 - awaited at once
            os.kill(bot, signal.SIGKILL)
        bots.kill()
        await bots.wait()
        assert server.complaints == []
        for chat in PEOPLE:
            assert len(server.sent(chat)) >= KILLS + 1  # a reply between commit and send may be repeated
    with sqlite3.connect(database) as connection:
        states = dict(connection.execute("select person, state from people"))
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    for chat in PEOPLE:  # the state counts each thing that was said to them
        assert sum(json.loads(states[f"telegram:{chat}"])["seen"].values()) == KILLS + 1
