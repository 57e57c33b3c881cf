"""What systemd is told of this process: that it is up, that it still works, that it ends. Elsewhere nothing happens."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

log = logging.getLogger("rekindle.notify")

PATIENCE = 1.0  # seconds for the service manager to take a message


@asynccontextmanager
async def told_to_systemd(works: Callable[[], bool]) -> AsyncIterator[None]:
    """READY on entering, STOPPING on leaving.

    Between them, where the unit has WatchdogSec, a sign of life at half of that time while `works()` is true. It comes
    from the event loop, so that a loop that is stuck gives none, and systemd starts the process anew.
    """
    notify("READY=1")
    interval = watchdog_interval()
    beating = asyncio.create_task(_beat(works, interval)) if interval else None
    try:
        yield
    finally:
        if beating:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
        notify("STOPPING=1")


def notify(state: str) -> None:
    """Send lines such as READY=1 to the socket that NOTIFY_SOCKET names; a fault is logged and changes nothing."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # a name that is in no file system
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(PATIENCE)
            manager.sendto(state.encode(), address)
    except OSError as error:
        log.warning("NOTIFY_SOCKET: systemd could not be told %s (%s).", state, error.strerror or type(error).__name__)


def watchdog_interval() -> float:
    """Seconds between two signs of life: half of what systemd waits for one. 0: it waits for none from this process."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    try:
        return int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6
    except ValueError:
        return 0


async def _beat(works: Callable[[], bool], interval: float) -> None:
    while True:
        if works():
            notify("WATCHDOG=1")
        await asyncio.sleep(interval)
