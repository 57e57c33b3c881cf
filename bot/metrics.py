"""Figures for Prometheus, in a registry of their own. Labels are from closed sets: never a person, no words."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from bot.messages import Delivery, Outcome, Platform
from bot.schedule import Schedule
from storage import StorageUnavailable, Store

CONTENT_TYPE = CONTENT_TYPE_LATEST
PLATFORMS = ("telegram", "discord")
OTHER = "other"  # for what names no platform
TURN_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
LATE_BUCKETS = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 10800)

disable_created_metrics()  # type: ignore[no-untyped-call] # when a figure was first counted helps nobody


class Metrics:
    """What the rest of the program reports to, by plain calls; the rest is looked up when somebody asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        named = ("platform", "outcome")
        self._turns = counter("rekindle_turns", "What people did, and what became of it.", named)
        self._seconds = Histogram(
            "rekindle_turn_seconds",
            "From taking in what somebody did until the answer was sent.",
            ("platform",),
            buckets=TURN_BUCKETS,
            registry=self.registry,
        )
        self._deliveries = counter("rekindle_deliveries", "What fell due, and what became of it.", named)
        self._lateness = Histogram(
            "rekindle_delivery_lateness_seconds",
            "From falling due until it was sent.",
            buckets=LATE_BUCKETS,
            registry=self.registry,
        )
        self._errors = counter("rekindle_platform_errors", "Faults that the log tells of a platform.", ("platform",))
        self._store_failures = counter("rekindle_store_failures", "Times that the database could not be used.")
        for platform in PLATFORMS:  # so that a rate can be taken of what never happened so far
            self._errors.labels(platform)
            for outcome in Outcome:
                self._turns.labels(platform, outcome)
            for delivery in Delivery:
                self._deliveries.labels(platform, delivery)

    def turn(self, platform: str, outcome: Outcome, seconds: float) -> None:
        self._turns.labels(_known(platform), outcome).inc()
        self._seconds.labels(_known(platform)).observe(seconds)

    def delivery(self, platform: str, outcome: Delivery, late: float) -> None:
        self._deliveries.labels(_known(platform), outcome).inc()
        if outcome is Delivery.SENT:
            self._lateness.observe(max(late, 0))

    def failed(self, error: Exception) -> None:
        if isinstance(error, StorageUnavailable):
            self._store_failures.inc()

    def text(self) -> bytes:
        """The page, of the type CONTENT_TYPE."""
        return generate_latest(self.registry)

    @contextmanager
    def watching(self, store: Store, platforms: Sequence[Platform], schedule: Schedule) -> Iterator[None]:
        """While it lasts, the page tells how they are."""
        self._look_up("rekindle_schedule_ready", "1: it has looked lately at what is due.", lambda: schedule.ready)
        self._look_up("rekindle_database_bytes", "The file and its log.", lambda: database_bytes(store.path))
        depth = Gauge("rekindle_queue_depth", "What waits.", ("queue",), registry=self.registry)
        ready = Gauge("rekindle_platform_ready", "1: connected.", ("platform",), registry=self.registry)
        depth.labels("store").set_function(lambda: store.waiting)
        for platform in platforms:
            depth.labels(_known(platform.name)).set_function(partial(getattr, platform, "waiting"))
            ready.labels(_known(platform.name)).set_function(partial(getattr, platform, "ready"))
        loggers = [(logging.getLogger(f"rekindle.{one.name}"), _Faults(self._errors, one.name)) for one in platforms]
        for logger, faults in loggers:
            logger.addHandler(faults)
        try:
            yield
        finally:
            for logger, faults in loggers:
                logger.removeHandler(faults)

    def _look_up(self, name: str, text: str, value: Callable[[], float]) -> None:
        Gauge(name, text, registry=self.registry).set_function(value)


class _Faults(logging.Handler):
    """Counts what the log tells, so that no place which tells of a fault can be forgotten."""

    def __init__(self, errors: Counter, platform: str) -> None:
        super().__init__(logging.WARNING)
        self._counter = errors.labels(_known(platform))

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - that there is one is all that counts
        self._counter.inc()


def database_bytes(path: Path) -> int:
    """Of the file and its write-ahead log; 0 for what is not there."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _known(platform: str) -> str:
    return platform if platform in PLATFORMS else OTHER
