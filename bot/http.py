"""The one HTTP port: whether the process lives and is ready, figures, and what platforms want to be called at."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.messages import Platform
from bot.metrics import CONTENT_TYPE, Metrics
from bot.schedule import Schedule
from bot.settings import Settings, SettingsError
from storage import StorageUnavailable, Store

RECENT = 5.0  # seconds; what was written so lately is not tried again, however often somebody asks
PATIENCE = 2.0  # seconds for the database to answer
IDLE = 60.0  # seconds that something may be due while nothing is begun


@dataclass
class Health:
    """Whether each part does what it is there for: it is tried, not assumed."""

    store: Store
    platforms: Sequence[Platform]
    schedule: Schedule
    _trying: "asyncio.Task[None] | None" = None
    _wrote: float | None = None  # the loop's time of the last write that succeeded
    _idle_since: datetime | None = None  # of the schedule, as of then

    async def parts(self) -> dict[str, dict[str, Any]]:
        """Of each part `ready`; of the database also `written`, the seconds since it could be written, or None.

        Of the schedule also `idle`, the seconds that something has been due while nothing was begun.
        """
        age = await self._since_written()
        writable = age is not None and age <= RECENT + PATIENCE
        since = self._idle_since
        idle = max((self.schedule.now() - since).total_seconds(), 0) if since else 0.0
        at_work = self.schedule.ready and idle <= IDLE
        return {
            "database": {"ready": writable, "written": None if age is None else round(age, 1)},
            "schedule": {"ready": at_work and writable, "idle": round(idle, 1)},
            **{platform.name: {"ready": platform.ready} for platform in self.platforms},
        }

    async def _since_written(self) -> float | None:
        """A request that the database does not answer is waited for no longer than that, and not asked twice."""
        clock = asyncio.get_running_loop().time
        if self._wrote is None or clock() - self._wrote > RECENT:
            if self._trying is None or self._trying.done():
                self._trying = asyncio.create_task(self._try())
            await asyncio.wait({self._trying}, timeout=PATIENCE)
        return None if self._wrote is None else clock() - self._wrote

    async def _try(self) -> None:
        with suppress(StorageUnavailable):
            await self.store.check()
            self._idle_since = await self.schedule.idle_since()
            self._wrote = asyncio.get_running_loop().time()


def app(health: Health, metrics: Metrics) -> web.Application:
    async def live(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def ready(_: web.Request) -> web.Response:
        parts = await health.parts()
        return web.json_response(parts, status=200 if all(part["ready"] for part in parts.values()) else 503)

    async def figures(_: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    made = web.Application()
    made.add_routes([web.get("/livez", live), web.get("/readyz", ready), web.get("/metrics", figures)])
    for platform in health.platforms:
        made.add_routes(platform.routes)
    return made


@asynccontextmanager
async def listening(settings: Settings, served: web.Application) -> AsyncIterator[None]:
    """Raises SettingsError when the port is taken."""
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        except OSError as error:
            where = f"{settings.http_host}:{settings.http_port}"
            raise SettingsError(
                f"{where} cannot be listened on ({error.strerror}). Set REKINDLE_HTTP_HOST or REKINDLE_HTTP_PORT."
            ) from error
        yield
    finally:
        await runner.cleanup()
