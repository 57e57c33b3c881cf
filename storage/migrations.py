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
            seen_at integer not null, -- seconds since 1970 of the last turn; `sweep` looks for it
            unreachable integer not null default 0  -- 1: blocked the bot, left, or closed private messages
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


@migrations()
def timers_and_what_is_kept(db: "Database") -> None:
    """What is due when, and what people chose to keep."""
    db.execute(
        """create table timers (
            person text not null,
            name text not null,             -- daily, later, plan, checkin
            payload text not null,
            local_time text not null,       -- empty for a one-shot
            weekdays text not null,
            zone text not null,
            next_at integer not null,       -- seconds since 1970
            claimed_until integer not null default 0,
            served_on text not null,        -- the last local date served
            primary key (person, name)
        ) strict, without rowid"""
    )
    db.execute("create index timers_due on timers (claimed_until, next_at)")
    db.execute(
        """create table kept (
            number integer primary key,
            person text not null,
            at integer not null,
            words blob not null             -- sealed where the operator set a key
        ) strict"""
    )
    db.execute("create index kept_person on kept (person)")


@migrations()
def this_installation_and_who_is_silent(db: "Database") -> None:
    """What belongs to the installation itself; and how to find whom nothing came from for long."""
    db.execute("create table meta (name text primary key, value blob not null) strict, without rowid")
    db.execute("insert into meta values ('log-key', randomblob(32))")
    db.execute("create index people_seen_at on people (seen_at)")


@migrations()
def what_is_due_on_each_platform(db: "Database") -> None:
    """So that neither platform's looking for what is due passes by all that waits on the other."""
    db.execute(
        "create index timers_due_on_platform on timers (substr(person, 1, instr(person, ':')), claimed_until, next_at)"
    )


@migrations()
def numbers_of_what_is_kept_never_come_again(db: "Database") -> None:
    """So that an old button deletes nothing that was kept later."""
    db.execute("alter table kept rename to kept_before")
    db.execute("drop index kept_person")
    db.execute(
        """create table kept (
            number integer primary key autoincrement,
            person text not null,
            at integer not null,
            words blob not null             -- sealed where the operator set a key
        ) strict"""
    )
    db.execute("insert into kept (number, person, at, words) select number, person, at, words from kept_before")
    db.execute("drop table kept_before")
    db.execute("create index kept_person on kept (person)")
