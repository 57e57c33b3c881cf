"""What is due when: instants only, for storage knows no time zones."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from sqlite_utils import Database

LEASE = 120  # seconds for which a claimed timer is nobody else's
PARKED = 1 << 53  # in `claimed_until`: of somebody who cannot be reached

PLATFORM = "substr(person, 1, instr(person, ':'))"  # letter by letter as in the index
_COLUMNS = "name, payload, local_time, weekdays, zone, next_at, served_on"


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that a person is to be sent. A one-shot has neither time of day nor zone."""

    person: str
    name: str  # daily, later, plan, checkin
    next_at: datetime
    payload: str = ""  # what to say then
    local_time: str = ""  # "08:30"
    weekdays: str = ""  # "0123456", Monday first
    zone: str = ""  # IANA name
    served_on: str = ""  # the local date on which it was last due, so that no day is served twice

    def moved(self, to: datetime) -> Self:
        return replace(self, next_at=to)


def set_timer(db: Database, timer: Timer) -> None:
    """Puts the timer in place of one of its name; what was claimed of that one is void."""
    values = [timer.payload, timer.local_time, timer.weekdays, timer.zone, _seconds(timer.next_at), timer.served_on]
    db.execute(
        """insert into timers (person, name, payload, local_time, weekdays, zone, next_at, served_on)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (person, name) do update set payload = excluded.payload, local_time = excluded.local_time,
        weekdays = excluded.weekdays, zone = excluded.zone, next_at = excluded.next_at, served_on = excluded.served_on,
        claimed_until = 0""",
        [timer.person, timer.name, *values],
    )


def drop_timers(db: Database, person: str, name: str) -> None:
    """The timer of that name, or all of the person's where the name is empty."""
    db.execute("delete from timers where person = ? and (name = ? or ? = '')", [person, name, name])


def claim(db: Database, now: datetime, most: int, platform: str = "") -> list[Timer]:
    """Up to `most` timers that are due and nobody's, the longest due first; they are the caller's for a while.

    `platform`: the part of a person's key before the colon; of everybody where it is empty.
    """
    at = _seconds(now)
    theirs, names = _of(platform)  # what is in work elsewhere for longer than its lease is not given up from here
    expired = f"update timers set claimed_until = 0 where {theirs} claimed_until between 1 and ?"  # noqa: S608 - ours
    db.execute(expired, [*names, at])
    rows = db.execute(
        f"""update timers set claimed_until = ? where (person, name) in (
            select person, name from timers where {theirs} claimed_until = 0 and next_at <= ? order by next_at limit ?
        ) returning person, {_COLUMNS}""",  # noqa: S608 - our own columns
        [at + LEASE, *names, at, most],
    ).fetchall()
    return sorted(map(_timer, rows), key=lambda timer: timer.next_at)


def settle(db: Database, timer: Timer, next_at: datetime | None, served_on: str) -> None:
    """After a delivery: when it is due again, or never. One that was set anew meanwhile is left as it is."""
    same = f"person = ? and name = ? and claimed_until between 1 and {PARKED - 1}"
    if next_at is None:
        db.execute(f"delete from timers where {same}", [timer.person, timer.name])  # noqa: S608 - a constant
        return
    db.execute(
        f"update timers set next_at = ?, served_on = ?, claimed_until = 0 where {same}",  # noqa: S608 - a constant
        [_seconds(next_at), served_on, timer.person, timer.name],
    )


def release(db: Database) -> None:
    """At the start nobody else holds anything."""
    db.execute("update timers set claimed_until = 0 where claimed_until between 1 and ?", [PARKED - 1])


def park(db: Database, person: str, but: str) -> None:
    """Nothing of theirs is claimed, nor looked at, until they write again; but for the timer of that name."""
    db.execute("update timers set claimed_until = ? where person = ? and name != ?", [PARKED, person, but])


def unpark(db: Database, person: str) -> None:
    db.execute("update timers set claimed_until = 0 where person = ? and claimed_until = ?", [person, PARKED])


def next_due(db: Database, platform: str = "") -> int | None:
    """Seconds since 1970 of the earliest timer that is nobody's; `platform` as above."""
    theirs, names = _of(platform)
    sql = f"select min(next_at) from timers where {theirs} claimed_until = 0"  # noqa: S608 - a constant
    found = db.execute(sql, names).fetchone()
    return found[0] if found else None


def _of(platform: str) -> tuple[str, list[str]]:
    """A condition, which an index answers, and its argument."""
    return (f"{PLATFORM} = ? and", [f"{platform}:"]) if platform else ("", [])


def _timer(row: tuple[Any, ...]) -> Timer:
    person, name, payload, local_time, weekdays, zone_name, next_at, served_on = row
    return Timer(
        person, name, datetime.fromtimestamp(next_at, UTC), payload, local_time, weekdays, zone_name, served_on
    )


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
