from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.recurrence import EVERY_DAY, instant_of, next_instant

ZONES = (
    "Asia/Kathmandu", "Australia/Adelaide", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata",
    "Africa/Casablanca", "America/Santiago", "Europe/Paris", "America/New_York", "Pacific/Chatham", "UTC",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@given(
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    days=st.sets(st.integers(0, 6), min_size=1),
    start=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - a zone is added below
)
def test_once_a_day_that_is_due(zone: str, at: time, days: set[int], start: datetime) -> None:
    """From instant to instant each due day that exists comes exactly once, at the local minute that was asked for."""
    tz = ZoneInfo(zone)
    now, served = start.replace(tzinfo=UTC), None
    seen: list[date] = []
    for _ in range(20):
        now = next_instant(at, days, tz, now, served)
        local = now.astimezone(tz)
        served = local.date()
        seen.append(served)
        if local.time() != at:  # the clock skipped it, then it is the first minute after the gap
            before = (now - timedelta(minutes=1)).astimezone(tz)
            assert before.time() < at < local.time() or before.date() < served
        assert local.weekday() in days
    due = [seen[0] + timedelta(days=n) for n in range((seen[-1] - seen[0]).days + 1)]
    assert seen == [day for day in due if day.weekday() in days and instant_of(day, at, tz)]


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (
            "Europe/Paris",
            date(2026, 3, 29),
            time(2, 30),
            "2026-03-29T01:00:00+00:00",
        ),  # skipped: 03:00 is the next valid
        ("Europe/Paris", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),  # twice: the first
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30:00+00:00"),  # half an hour is skipped
        ("America/Santiago", date(2026, 9, 6), time(0, 0), "2026-09-06T04:00:00+00:00"),  # midnight is skipped
    ],
)
def test_clock_changes(zone: str, day: date, at: time, expected: str) -> None:
    """A skipped time is served at the next valid minute, a doubled one once."""
    instant = instant_of(day, at, ZoneInfo(zone))
    assert instant
    assert instant.isoformat() == expected


def test_a_day_that_a_country_left_out() -> None:
    """Samoa had no 30 December 2011: nothing is due on it."""
    assert instant_of(date(2011, 12, 30), time(8, 0), ZoneInfo("Pacific/Apia")) is None


def test_a_day_is_served_once() -> None:
    """Having been served today, an earlier or later time the same day waits for tomorrow."""
    now = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    zone = ZoneInfo("UTC")
    assert next_instant(time(8, 0), EVERY_DAY, zone, now).date() == date(2026, 3, 2)
    assert next_instant(time(8, 0), EVERY_DAY, zone, now, date(2026, 3, 2)).date() == date(2026, 3, 3)


def test_no_weekday_is_refused() -> None:
    """Without a weekday there is no next time, and that is said."""
    with pytest.raises(ValueError, match="no weekday"):
        next_instant(time(8, 0), [], ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=UTC))
