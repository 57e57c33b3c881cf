"""What systemd hears of the process, over real sockets."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from telegram_server import TOKEN, TelegramServer

from bot.notify import notify, told_to_systemd, watchdog_interval


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager's end, both as a file and as a name that is in no file system."""
    address = str(tmp_path / "notify") if request.param == "file" else f"@rekindle-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as end:
        end.bind(address.replace("@", "\0"))
        end.settimeout(0)
        yield end


async def _heard(manager: socket.socket) -> str:
    async with asyncio.timeout(40):
        return (await asyncio.get_running_loop().sock_recv(manager, 4096)).decode()


async def test_ready_and_stopping(manager: socket.socket) -> None:
    """READY is sent on entering and STOPPING on leaving, and no sign of life where none is waited for."""
    async with told_to_systemd(lambda: True):
        assert await _heard(manager) == "READY=1"
    assert await _heard(manager) == "STOPPING=1"


async def test_signs_of_life_stop_with_the_work(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign of life is sent only while the work goes on: here not the first three times, but the fourth."""
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    asked: list[bool] = []

    def works() -> bool:
        asked.append(len(asked) >= 3)
        return asked[-1]

    async with told_to_systemd(works):
        assert await _heard(manager) == "READY=1"
        assert await _heard(manager) == "WATCHDOG=1"
        assert asked[:4] == [False, False, False, True]


def test_interval_is_half_of_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of WATCHDOG_USEC in seconds; none when it is meant for another process, not set, or no number."""
    monkeypatch.setenv("WATCHDOG_USEC", "120000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert watchdog_interval() == 60
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_interval() == 0
    monkeypatch.delenv("WATCHDOG_PID")
    monkeypatch.setenv("WATCHDOG_USEC", "soon")
    assert watchdog_interval() == 0
    monkeypatch.delenv("WATCHDOG_USEC")
    assert watchdog_interval() == 0


def test_no_manager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a socket nothing is sent; a socket that is gone is a line in the log, not the end of the process."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    assert caplog.messages == []
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify("READY=1")
    assert len(caplog.messages) == 1
    assert "NOTIFY_SOCKET" in caplog.messages[0]


@pytest.mark.parametrize("manager", ["file"], indirect=True)
async def test_the_program_tells(manager: socket.socket, tmp_path: Path) -> None:
    """`rekindle run` says READY, gives signs of life once it looks at what is due, and says STOPPING on SIGTERM."""
    async with TelegramServer() as server:
        named = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url, "DATABASE": str(tmp_path / "r.sqlite")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REKINDLE_")}
        environment = kept | {f"REKINDLE_{name}": value for name, value in named.items()} | {"WATCHDOG_USEC": "20000"}
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        assert await _heard(manager) == "READY=1"
        assert await _heard(manager) == "WATCHDOG=1"
        bot.send_signal(signal.SIGTERM)
        while (said := await _heard(manager)) == "WATCHDOG=1":
            pass
        assert said == "STOPPING=1"
        assert await bot.wait() == 0
