"""`rekindle run` as a process, and its logs."""

import asyncio
import io
import json
import logging
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from telegram_server import TOKEN, TelegramServer

from bot.logs import OURS, set_up_logs
from bot.settings import Settings


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as opened:
        yield opened
    assert opened.complaints == []


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the logs say, set up as for a process that is no terminal."""
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger(OURS).level
    for handler in before[0]:
        root.removeHandler(handler)
    set_up_logs(Settings(log_level="DEBUG", log_format="json"))
    yield said
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.getLogger(OURS).setLevel(before[2])


def test_a_log_quotes_nobody(log: io.StringIO) -> None:
    """Of an exception kind and place are logged, never its text; tokens are blotted out; libraries are silent."""
    try:
        raise ValueError("she said she hates me")  # noqa: TRY301 - raised to be logged
    except ValueError:
        logging.getLogger("rekindle").exception("a turn failed")
    logging.getLogger("asyncio").error("at https://api.telegram.org/bot%s/getMe", TOKEN)
    logging.getLogger("httpx").info("HTTP Request: POST .../bot%s/getMe", TOKEN)
    logging.getLogger("telegram.Bot").critical("Received data was: she hates me")
    said = log.getvalue()
    assert "ValueError at test_run.py:" in said
    assert "hates" not in said
    assert TOKEN not in said
    assert len(said.splitlines()) == 2


def _environment(server: TelegramServer, folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REKINDLE_")}
    named = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url, "DATABASE": str(folder / "r.sqlite"), **more}
    return kept | {f"REKINDLE_{name}": value for name, value in named.items()}


async def _start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environment, stderr=asyncio.subprocess.PIPE
    )


async def test_killed_and_started_again(server: TelegramServer, tmp_path: Path) -> None:
    """The whole program, killed while it answers, answers all that waited when it is started again; SIGTERM ends it."""
    said = [await server.say(chat, "my wife never listens to me") for chat in range(1, 6)]
    bot = await _start(_environment(server, tmp_path))
    await server.until(lambda: len(server.calls) > 4 and server.sent(1), within=40)
    bot.send_signal(signal.SIGKILL)
    await bot.communicate()
    bot = await _start(_environment(server, tmp_path))
    await server.until(lambda: set(said) <= server.confirmed, within=40)
    assert all(server.sent(chat) for chat in range(1, 6))
    bot.send_signal(signal.SIGTERM)
    _, log = await bot.communicate()
    assert bot.returncode == 0
    assert b"Rekindle 0.1.0 starts." in log
    assert b"Telegram: started as @RekindleTestBot" in log
    assert b"Discord: off, because" in log
    assert b"HTTP: off, because" in log
    assert TOKEN.encode() not in log
    assert b"listens" not in log


def _port() -> str:
    return str(21_000 + os.getpid() % 10_000)  # below those that the system gives to others


async def test_a_token_revoked_while_it_runs(server: TelegramServer, tmp_path: Path) -> None:
    """The whole program goes on living, is not ready, says why once, asks seldom, and ends in order."""
    port = _port()
    bot = await _start(_environment(server, tmp_path, HTTP_PORT=port))
    await server.settled(await server.say(5, "hello"))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        assert (await _get(session, "/readyz"))[0] == 200
        server.revoked = True
        await server.say(5, "are you there")
        async with asyncio.timeout(20):
            while (answer := await _get(session, "/readyz"))[0] == 200:
                continue  # it can only be asked
        parts = json.loads(answer[1])
        assert {name: part["ready"] for name, part in parts.items()} == {
            "database": True,
            "schedule": True,
            "telegram": False,
        }
        assert (await _get(session, "/livez"))[0] == 200
        page = (await _get(session, "/metrics"))[1]
        assert 'rekindle_platform_ready{platform="telegram"} 0.0' in page
        assert re.search(r'rekindle_platform_errors_total\{platform="telegram"\} [1-9]', page)
        assert 'rekindle_turns_total{outcome="answered",platform="telegram"}' in page
    bot.send_signal(signal.SIGTERM)
    _, log = await bot.communicate()
    assert bot.returncode == 0
    assert log.count(b"does not accept the token") == 1
    assert TOKEN.encode() not in log


async def _get(session: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with session.get(path) as answer:
        return answer.status, await answer.text()


async def test_webhook_and_health(server: TelegramServer, tmp_path: Path) -> None:
    """With a webhook the one HTTP port takes updates and says that the process lives and whether it is ready."""
    port = _port()
    origin = f"http://127.0.0.1:{port}"
    more = {"HTTP_PORT": port, "TELEGRAM_WEBHOOK_URL": f"{origin}/hook", "TELEGRAM_WEBHOOK_SECRET": "a-secret"}
    bot = await _start(_environment(server, tmp_path, **more))
    await server.until(lambda: server.webhook, within=40)
    await server.settled(await server.say(5, "hello"))
    async with aiohttp.ClientSession() as session:
        for path in ("/livez", "/readyz"):
            async with session.get(origin + path) as answer:
                assert answer.status == 200
    bot.send_signal(signal.SIGINT)
    await bot.communicate()
    assert bot.returncode == 0
    assert server.webhook["secret_token"] == more["TELEGRAM_WEBHOOK_SECRET"]
    assert server.sent(5)


async def test_nothing_to_run(server: TelegramServer, tmp_path: Path) -> None:
    """Without a token the program says which setting is missing, and ends with 1."""
    environment = _environment(server, tmp_path)
    del environment["REKINDLE_TELEGRAM_TOKEN"]
    bot = await _start(environment)
    _, log = await bot.communicate()
    assert bot.returncode == 1
    assert b"REKINDLE_TELEGRAM_TOKEN" in log
