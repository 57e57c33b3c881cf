"""`rekindle run`: every platform whose token is set, the HTTP port and the upkeep, in one process."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web

from bot.dialogue.dialogue import Dialogue
from bot.logs import set_up_logs
from bot.messages import Handle, Outlet, Platform
from bot.schedule import PlatformOutlet, Schedule
from bot.settings import Settings, SettingsError
from bot.start import open_dialogue, report
from content import Command, Library
from storage import StorageUnavailable, Store, Timer

log = logging.getLogger("rekindle.run")

UPKEEP = 3600  # seconds between two rounds
REPEATABLE = timedelta(hours=48)  # for so long a platform may repeat a message, or take one back
AGAIN = 30  # seconds before a platform that broke is started anew


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; then what was received is finished, in order."""
    set_up_logs(settings)
    stop = _stop_on_signals()
    dialogue = open_dialogue(settings)
    async with dialogue.store, AsyncExitStack() as stack:
        platforms = list(_platforms(settings, dialogue.library))
        if not platforms:
            raise SettingsError("There is nothing to run: set REKINDLE_TELEGRAM_TOKEN or REKINDLE_DISCORD_TOKEN.")
        schedule = _schedule(dialogue, platforms)
        if settings.http_port:
            await stack.enter_async_context(_http(settings, platforms, schedule))
        else:
            log.info("HTTP: off, because REKINDLE_HTTP_PORT is not set.")
        await stack.enter_async_context(_working(dialogue, platforms, schedule))
        await stop.wait()
        log.info("Stopping: what was received is finished.")
    log.info("Stopped.")


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _platforms(settings: Settings, library: Library) -> Iterator[Platform]:
    """Those whose token is set; a line in the log for each other. A platform's library is imported only then."""
    if not settings.telegram_token:
        log.info("Telegram: off, because REKINDLE_TELEGRAM_TOKEN is not set.")
    elif settings.telegram_webhook_url and not settings.http_port:
        log.error("Telegram: off, because REKINDLE_TELEGRAM_WEBHOOK_URL needs REKINDLE_HTTP_PORT, too.")
    else:
        yield _telegram(settings, library.commands)
    if settings.discord_token:
        yield _discord(settings, library)
    else:
        log.info("Discord: off, because REKINDLE_DISCORD_TOKEN is not set.")


def _telegram(settings: Settings, commands: Sequence[Command]) -> Platform:
    from bot.platforms.telegram import Telegram  # noqa: PLC0415 - half a second, for those who run it

    secret = settings.telegram_webhook_secret
    return Telegram(
        settings.telegram_token.get_secret_value() if settings.telegram_token else "",
        commands,
        api_url=settings.telegram_api_url,
        webhook_url=settings.telegram_webhook_url,
        webhook_secret=secret.get_secret_value() if secret else "",
    )


def _discord(settings: Settings, library: Library) -> Platform:
    from bot.platforms.discord import Discord  # noqa: PLC0415 - as above

    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    return Discord(token, library, settings.discord_api_url)


@asynccontextmanager
async def _working(dialogue: Dialogue, platforms: Sequence[Platform], schedule: Schedule) -> AsyncIterator[None]:
    """The platforms, the schedule and the upkeep; leaving it, each ends in order."""
    tasks = [asyncio.create_task(_keep_running(platform, dialogue.handle)) for platform in platforms]
    tasks += [asyncio.create_task(schedule.run()), asyncio.create_task(_keep_up(dialogue.store))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _schedule(dialogue: Dialogue, platforms: Sequence[Platform]) -> Schedule:
    """Writes to a person over the platform that their key names."""
    by_name = {platform.name: platform for platform in platforms}

    def outlet(timer: Timer) -> Outlet:
        name = timer.person.partition(":")[0]
        return PlatformOutlet(by_name[name].send, timer)  # a KeyError where that platform is off: it is not sent

    schedule = Schedule(dialogue, outlet, lambda: datetime.now(UTC))
    dialogue.wake = schedule.wake
    return schedule


async def _keep_running(platform: Platform, handle: Handle) -> None:
    """A fault of one platform stops neither the others nor, for long, itself."""
    while True:
        try:
            await platform.run(handle)
        except Exception:
            log.exception("%s: broke, and is started anew in %d seconds.", platform.name.capitalize(), AGAIN)
        await asyncio.sleep(AGAIN)


async def _keep_up(store: Store) -> None:
    while True:
        try:
            await store.forget_turns(datetime.now(UTC) - REPEATABLE)
        except StorageUnavailable as error:
            report(error)
        await asyncio.sleep(UPKEEP)


@asynccontextmanager
async def _http(settings: Settings, platforms: Sequence[Platform], schedule: Schedule) -> AsyncIterator[None]:
    """Raises SettingsError when the port is taken."""
    runner = web.AppRunner(_app(platforms, schedule), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        except OSError as error:
            where = f"{settings.http_host}:{settings.http_port}"
            raise SettingsError(
                f"{where} cannot be listened on ({error.strerror}). Set REKINDLE_HTTP_HOST or REKINDLE_HTTP_PORT."
            ) from error
        log.info("HTTP: listening on %s:%d.", settings.http_host, settings.http_port)
        yield
    finally:
        await runner.cleanup()


def _app(platforms: Sequence[Platform], schedule: Schedule) -> web.Application:
    async def live(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def ready(_: web.Request) -> web.Response:
        states = {platform.name: platform.ready for platform in platforms} | {"schedule": schedule.ready}
        return web.json_response(states, status=200 if all(states.values()) else 503)

    app = web.Application()
    app.add_routes([web.get("/livez", live), web.get("/readyz", ready)])
    for platform in platforms:
        app.add_routes(platform.routes)
    return app
