"""When a time of day comes next in a zone. Pure: no clock, no I/O."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))
LOOK_AHEAD = 15  # days; in two weeks every weekday comes twice, even where one is skipped


def next_instant(
    local_time: time, weekdays: Collection[int], zone: ZoneInfo, after: datetime, served_on: date | None = None
) -> datetime:
    """The next instant after `after` at that local time on one of the weekdays (0: Monday), on a day after `served_on`.

    A time that the clock skips comes at the next valid minute of the day, one that comes twice at the first of both; a
    day that a country leaves out does not come. Raises ValueError without a weekday.
    """
    first = after.astimezone(zone).date()
    for days in range(LOOK_AHEAD):
        day = first + timedelta(days=days)
        if day.weekday() not in weekdays or (served_on and day <= served_on):
            continue
        instant = instant_of(day, local_time, zone)
        if instant and instant > after:
            return instant
    raise ValueError("no weekday is chosen")


def instant_of(day: date, local_time: time, zone: ZoneInfo) -> datetime | None:
    """The instant of that local time on that day; None where the day was left out."""
    wall = datetime.combine(day, local_time)
    while wall.date() == day:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            return instant
        wall += timedelta(minutes=1)
    return None


def local_date(at: datetime, zone: str) -> str:
    """The ISO date of an instant in a zone; without one in UTC."""
    return at.astimezone(ZoneInfo(zone) if zone else UTC).date().isoformat()


def next_at_hour(at: datetime, zone: str, hour: int) -> datetime:
    """The next time that it is that hour in the zone; without one in UTC."""
    return next_instant(time(hour), EVERY_DAY, ZoneInfo(zone or "UTC"), at)
