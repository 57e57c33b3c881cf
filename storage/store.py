"""The store: one thread owns the only connection, takes requests from a queue and commits them in groups.

One fsync then serves everybody who is waiting, and the event loop never waits for the disk.
"""

import asyncio
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from sqlite_utils import Database

from storage import timers
from storage.errors import StorageUnavailable
from storage.file import open_database
from storage.timers import Timer

Result = TypeVar("Result")

Change = Callable[[Database], None]
"""Something that is written together with a state."""

LARGEST_GROUP = 256  # requests; beyond it people would wait longer for the group than for the disk


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of a person when a message of theirs arrives."""

    state: str | None  # JSON, as committed last; None for a stranger
    repeated: bool  # this very message was dealt with before


@dataclass(slots=True)
class _Request(Generic[Result]):
    work: Callable[[Database], Result]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Result]
    erases: bool = False
    result: Result | None = None
    error: Exception | None = None

    def answer(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        if self.done.cancelled():
            return
        if self.error:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)  # type: ignore[arg-type]


@dataclass
class Store:
    """People's states in one SQLite file. Every method raises `StorageUnavailable` when the disk says no.

    Opening raises `NewerDatabase` when a later version wrote the file.
    """

    path: Path
    _requests: "queue.SimpleQueue[_Request[Any] | None]" = field(default_factory=queue.SimpleQueue)
    _truncate_due: bool = False

    def __post_init__(self) -> None:
        opened: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="store", daemon=True)
        self._thread.start()
        if error := opened.get():
            raise error

    async def load(self, person: str, incoming: str) -> Memory:
        def work(db: Database) -> Memory:
            row = db.execute("select state from people where person = ?", [person]).fetchone()
            turn = db.execute("select 1 from turns where person = ? and incoming = ?", [person, incoming]).fetchone()
            return Memory(state=row[0] if row else None, repeated=turn is not None)

        return await self._ask(work)

    async def commit(  # noqa: PLR0913 - one transaction takes all of them
        self,
        person: str,
        state: str,
        incoming: str,
        at: datetime,
        changes: Sequence[Change] = (),
        *,
        heard: bool = True,
    ) -> None:
        """Keep the state together with the id of the message that led to it and with what it changes: all or nothing.

        Whoever writes can be reached again; `heard` is false where the bot itself began.
        """
        seconds = int(at.timestamp())

        def work(db: Database) -> None:
            if heard:
                db.execute(
                    """insert into people (person, state, seen_at) values (?, ?, ?) on conflict (person) do update
                    set state = excluded.state, seen_at = excluded.seen_at, unreachable = 0""",
                    [person, state, seconds],
                )
                timers.unpark(db, person)
            else:
                db.execute("update people set state = ? where person = ?", [state, person])
            db.execute("insert or ignore into turns values (?, ?, ?)", [person, incoming, seconds])
            for change in changes:
                change(db)

        await self._ask(work)

    async def record(self, person: str, incoming: str, receipts: Sequence[str], at: datetime) -> None:
        """Remember what the platform calls the messages of a turn, so that they can be taken back."""
        rows = [[person, receipt, incoming, int(at.timestamp())] for receipt in receipts if receipt]

        def work(db: Database) -> None:
            for row in rows:
                db.execute("insert into receipts (person, receipt, incoming, at) values (?, ?, ?, ?)", row)

        if rows:
            await self._ask(work)

    async def receipts(self, person: str, turns: int | None) -> list[str]:
        """What was sent in the last so many turns, or all that is remembered; the latest first."""

        def work(db: Database) -> list[str]:
            rows = db.execute(
                "select receipt, incoming from receipts where person = ? order by at desc, sent desc",
                [person],
            ).fetchall()
            latest = list(dict.fromkeys(incoming for _, incoming in rows))[:turns]
            return [receipt for receipt, incoming in rows if incoming in latest]

        return await self._ask(work)

    async def claim(self, now: datetime, most: int) -> list[Timer]:
        """Up to `most` timers that are due, the longest due first, of people who can be reached."""
        return await self._ask(lambda db: timers.claim(db, now, most))

    async def settle(self, timer: Timer, next_at: datetime | None, served_on: str = "") -> None:
        """After a delivery: when it is due again, or never."""
        await self._ask(lambda db: timers.settle(db, timer, next_at, served_on))

    async def next_due(self) -> datetime | None:
        """When the next timer is due that nobody holds."""
        seconds = await self._ask(timers.next_due)
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None

    async def release(self) -> None:
        """At the start of the only process nothing is held."""
        await self._ask(timers.release)

    async def mark_unreachable(self, person: str) -> None:
        """Until they write again, nothing of theirs is claimed."""

        def work(db: Database) -> None:
            db.execute("update people set unreachable = 1 where person = ?", [person])
            timers.park(db, person)

        await self._ask(work)

    async def kept(self, person: str) -> list[tuple[int, bytes]]:
        """What they chose to keep, by number, the oldest first."""
        sql = "select number, words from kept where person = ? order by number"
        return await self._ask(lambda db: db.execute(sql, [person]).fetchall())

    async def export(self, person: str) -> dict[str, list[dict[str, Any]]]:
        """All rows about a person, by table."""
        tables = await self._ask(lambda db: {table: _rows(db, table, person) for table in _TABLES})
        for row in tables["people"]:
            row["state"] = json.loads(row["state"])
        return tables

    async def erase(self, person: str) -> bool:
        """Forget a person: nothing of them is left in the file or in its write-ahead log.

        False when nothing was known.
        """

        def work(db: Database) -> bool:
            deleted = [_delete(db, table, person) for table in _TABLES]
            return any(deleted)

        return await self._ask(work, erases=True)

    async def forget_turns(self, before: datetime) -> None:
        """Drop the ids of messages that no platform will repeat or take back any more."""
        seconds = int(before.timestamp())

        def work(db: Database) -> None:
            db.execute("delete from turns where at < ?", [seconds])
            db.execute("delete from receipts where at < ?", [seconds])

        await self._ask(work)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish what was asked for, then let go of the file."""
        self._requests.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _ask(self, work: Callable[[Database], Result], *, erases: bool = False) -> Result:
        loop = asyncio.get_running_loop()
        request = _Request(work, loop, loop.create_future(), erases)
        self._requests.put(request)
        result: Result = await request.done
        return result

    def _run(self, opened: "queue.SimpleQueue[Exception | None]") -> None:
        try:
            db = open_database(self.path)
        except Exception as error:  # noqa: BLE001 - handed to the caller, whose thread this is not
            opened.put(error)
            return
        opened.put(None)
        while (first := self._requests.get()) is not None:
            group, last = self._drain(first)
            self._serve(db, group)
            if last:
                break
        db.close()

    def _drain(self, first: _Request[Any]) -> tuple[list[_Request[Any]], bool]:
        group = [first]
        while len(group) < LARGEST_GROUP:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return group, False
            if request is None:
                return group, True
            group.append(request)
        return group, False

    def _serve(self, db: Database, group: Sequence[_Request[Any]]) -> None:
        try:
            with db.atomic():
                for request in group:
                    _carry_out(db, request)
        except sqlite3.Error as error:
            for request in group:
                request.error = _unavailable(error)
        self._truncate_due |= any(request.erases and not request.error for request in group)
        if self._truncate_due:
            self._truncate_due = not _truncate_log(db)
        for request in group:
            request.answer()


_TABLES = ("people", "turns", "receipts", "timers", "kept")


def _rows(db: Database, table: str, person: str) -> list[dict[str, Any]]:
    return list(db.query(f"select * from {table} where person = ?", [person]))  # noqa: S608 - our own names


def _delete(db: Database, table: str, person: str) -> bool:
    return db.execute(f"delete from {table} where person = ?", [person]).rowcount > 0  # noqa: S608 - as above


def _carry_out(db: Database, request: _Request[Any]) -> None:
    """In a savepoint of its own, so that one failure fails one person."""
    try:
        with db.atomic():
            request.result = request.work(db)
    except sqlite3.Error as error:
        request.error = _unavailable(error)


def _unavailable(error: sqlite3.Error) -> StorageUnavailable:
    return StorageUnavailable(f"The database cannot be used at the moment: {error}.")


def _truncate_log(db: Database) -> bool:
    """Whether the write-ahead log is empty now; another process that reads can put it off."""
    try:
        (busy, _, _) = db.execute("pragma wal_checkpoint(truncate)").fetchone()
    except sqlite3.Error:
        return False
    return not busy
