"""`rekindle run`: every platform whose token is set, the HTTP port and the upkeep, in one process."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.limits import Limiter
from bot.http import Health, app, listening
from bot.logs import set_up_logs
from bot.messages import Handle, Outlet, Platform, platform_of
from bot.metrics import Metrics
from bot.notify import told_to_systemd
from bot.schedule import PlatformOutlet, Schedule
from bot.settings import Settings, SettingsError
from bot.start import open_dialogue, renew_seals, report
from content import Command
from storage import StorageUnavailable, Timer
from storage.copies import drop_old_copies

log = logging.getLogger("rekindle.run")

UPKEEP = 3600  # seconds between two rounds
REPEATABLE = timedelta(hours=48)  # for so long a platform may repeat a message, or take one back
AGAIN = 30  # seconds before a platform that broke is started anew


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; then what was received is finished, in order."""
    pseudonyms = set_up_logs(settings)
    log.info("Rekindle %s starts.", version("rekindle"))
    stop = _stop_on_signals()
    dialogue = open_dialogue(settings)
    dialogue.limiter, metrics = Limiter(), Metrics()
    _report_to(metrics, dialogue)
    async with dialogue.store, AsyncExitStack() as stack:
        platforms = list(_platforms(settings, dialogue))
        if not platforms:
            raise SettingsError("There is nothing to run: set REKINDLE_TELEGRAM_TOKEN or REKINDLE_DISCORD_TOKEN.")
        pseudonyms.key = await dialogue.store.log_key()
        schedule = _schedule(dialogue, platforms)
        schedule.delivered = metrics.delivery
        stack.enter_context(metrics.watching(dialogue.store, platforms, schedule))
        if settings.http_port:
            served = app(Health(dialogue.store, platforms, schedule), metrics)
            await stack.enter_async_context(listening(settings, served))
            log.info("HTTP: listening on %s:%d.", settings.http_host, settings.http_port)
        else:
            log.info("HTTP: off, because REKINDLE_HTTP_PORT is not set.")
        await stack.enter_async_context(_working(dialogue, platforms, schedule))
        await stack.enter_async_context(told_to_systemd(lambda: schedule.ready))
        await stop.wait()
        log.info("Stopping: what was received is finished.")
    log.info("Stopped.")


def _report_to(metrics: Metrics, dialogue: Dialogue) -> None:
    def failed(error: Exception) -> None:
        report(error)
        metrics.failed(error)

    dialogue.failed, dialogue.took = failed, metrics.turn


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _platforms(settings: Settings, dialogue: Dialogue) -> Iterator[Platform]:
    """Those whose token is set; a line in the log for each other. A platform's library is imported only then."""
    if not settings.telegram_token:
        log.info("Telegram: off, because REKINDLE_TELEGRAM_TOKEN is not set.")
    elif settings.telegram_webhook_url and not settings.http_port:
        log.error("Telegram: off, because REKINDLE_TELEGRAM_WEBHOOK_URL needs REKINDLE_HTTP_PORT, too.")
    else:
        yield _telegram(settings, dialogue.library.commands)
    if settings.discord_token:
        yield _discord(settings, dialogue)
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


def _discord(settings: Settings, dialogue: Dialogue) -> Platform:
    from bot.platforms.discord import Discord  # noqa: PLC0415 - as above

    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    return Discord(token, dialogue.library, dialogue.reader, settings.discord_api_url)


@asynccontextmanager
async def _working(dialogue: Dialogue, platforms: Sequence[Platform], schedule: Schedule) -> AsyncIterator[None]:
    """The platforms, the schedule and the upkeep; the schedule ends first, while it can still send."""
    tasks = [asyncio.create_task(_keep_running(platform, dialogue.handle)) for platform in platforms]
    tasks.append(asyncio.create_task(_keep_up(dialogue)))
    sending = asyncio.create_task(schedule.run())
    try:
        yield
    finally:
        for ending in ([sending], tasks):
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)


def _schedule(dialogue: Dialogue, platforms: Sequence[Platform]) -> Schedule:
    """Writes to a person over the platform that their key names."""
    by_name = {platform.name: platform for platform in platforms}

    def outlet(timer: Timer) -> Outlet:
        return PlatformOutlet(by_name[platform_of(timer.person)].send, timer)

    schedule = Schedule(dialogue, outlet, lambda: datetime.now(UTC), platforms)
    dialogue.wake = schedule.wake
    return schedule


async def _keep_running(platform: Platform, handle: Handle) -> None:
    """A fault of one platform stops neither the others nor, for long, itself."""
    while True:
        try:
            await platform.run(handle)
        except Exception:
            log_of = logging.getLogger(f"rekindle.{platform.name}")  # where the platform itself tells of its faults
            log_of.exception("%s: broke, and is started anew in %d seconds.", platform.name.capitalize(), AGAIN)
        await asyncio.sleep(AGAIN)


async def _keep_up(dialogue: Dialogue) -> None:
    store, sealed, silence = dialogue.store, False, timedelta(days=dialogue.library.house.retention_days)
    while True:
        try:
            if not sealed:
                await renew_seals(store, dialogue.seal)
                sealed = True
            await store.forget_turns(datetime.now(UTC) - REPEATABLE)
            if forgotten := await dialogue.forget_silent(datetime.now(UTC) - silence):
                log.info("Upkeep: %d people were silent for %d days and are forgotten.", forgotten, silence.days)
            drop_old_copies(store.path, time.time())
        except StorageUnavailable as error:
            dialogue.failed(error)
        except Exception:
            log.exception("Upkeep: broke, and is tried again in %d seconds.", UPKEEP)
        await asyncio.sleep(UPKEEP)
