"""What is known of a person, table by table, and how it goes."""

import sqlite3
from datetime import datetime
from typing import Any

from sqlite_utils import Database

TABLES = ("people", "turns", "receipts", "timers", "kept")
"""Every table with somebody's rows in it."""

A_MOMENT, AT_LAST = 0.2, 5.0  # seconds that an emptying of the log waits for others who read


def tables(db: Database, person: str) -> dict[str, list[dict[str, Any]]]:
    """All rows about a person, by table."""
    sql = "select * from {} where person = ?"
    return {table: list(db.query(sql.format(table), [person])) for table in TABLES}


def erase(db: Database, person: str, silent_since: datetime | None = None) -> bool:
    """Whether anything was known. With `silent_since` only who has not been heard from since then is erased."""
    if silent_since and not _is_silent(db, person, silent_since):
        return False
    deleted = [
        db.execute(f"delete from {table} where person = ?", [person]).rowcount  # noqa: S608 - our own tables
        for table in TABLES
    ]
    return any(deleted)


def silent(db: Database, before: datetime, most: int) -> list[str]:
    """Up to so many people from whom nothing came since then."""
    found = db.execute(
        "select person from people where seen_at < ? order by seen_at limit ?", [_seconds(before), most]
    ).fetchall()
    return [person for (person,) in found]


def forget_turns(db: Database, before: datetime) -> None:
    db.execute("delete from turns where at < ?", [_seconds(before)])
    db.execute("delete from receipts where at < ?", [_seconds(before)])


def truncate_log(db: Database, patience: float) -> bool:
    """Whether the write-ahead log is empty now; another process that reads, such as a backup, can put it off.

    Waits `patience` seconds for it. Everybody waits with it, so that an emptying that was put off is given none.
    """
    try:
        db.execute(f"pragma busy_timeout = {int(1000 * patience)}")
        try:
            (busy, _, _) = db.execute("pragma wal_checkpoint(truncate)").fetchone()
        finally:
            db.execute(f"pragma busy_timeout = {int(1000 * AT_LAST)}")
    except sqlite3.Error:
        return False
    return not busy


def _is_silent(db: Database, person: str, since: datetime) -> bool:
    found = db.execute("select seen_at from people where person = ?", [person]).fetchone()
    return found is not None and found[0] < _seconds(since)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
