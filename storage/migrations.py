"""The schema as a list of steps, each applied once, in order, in its own transaction."""

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("rekindle")


@migrations()
def people_and_their_turns(db: "Database") -> None:
    """A person's state, and which of the platform's ids have been dealt with."""
    db.execute(
        """create table people (
            person text primary key,
            state text not null,      -- JSON; what is merely remembered
            seen_at integer not null  -- seconds since 1970 of the last turn; `sweep` looks for it
        ) strict"""
    )
    db.execute(
        """create table turns (
            person text not null,
            incoming text not null,   -- the platform's id of an update, message or interaction
            at integer not null,
            primary key (person, incoming)
        ) strict, without rowid"""
    )
    db.execute("create index turns_at on turns (at)")
    db.execute(
        """create table receipts (
            person text not null,
            receipt text not null,    -- what the platform calls a message that was sent
            incoming text not null,   -- the turn it belongs to
            at integer not null,
            sent integer primary key  -- in the order in which they were sent
        ) strict"""
    )
    db.execute("create index receipts_person on receipts (person)")
    db.execute("create index receipts_at on receipts (at)")
