"""The store: one thread owns the only connection, takes requests from a queue and commits them in groups.

One fsync then serves everybody who is waiting, and the event loop never waits for the disk.
"""

import asyncio
import json
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from storage import erasing, meta, timers
from storage.file import open_database
from storage.requests import READING, UNHURRIED, Kind, Request, Result, answer, apart
from storage.seal import Resealed, Seal, reseal
from storage.timers import Timer

Change = Callable[[Database], None]
"""Something that is written together with a state."""

LARGEST_GROUP = 256  # requests; beyond it people would wait longer for the group than for the disk
PATIENCE = 0.2  # seconds that a request that nobody waits for waits for another


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of a person when a message of theirs arrives."""

    state: str | None  # JSON, as committed last; None for a stranger
    first_at: datetime | None  # when this very message was dealt with before


@dataclass
class Store:
    """People's states in one SQLite file. Every method raises `StorageUnavailable` when the disk says no.

    Opening raises `NewerDatabase` when a later version wrote the file.
    """

    path: Path
    _requests: "queue.SimpleQueue[Request[Any] | None]" = field(default_factory=queue.SimpleQueue)
    _truncate_due: bool = False

    def __post_init__(self) -> None:
        opened: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="store", daemon=True)
        self._thread.start()
        if error := opened.get():
            raise error

    async def load(self, person: str, incoming: str) -> Memory:
        def work(db: Database) -> Memory:
            sql = """select (select state from people where person = :person),
                (select at from turns where person = :person and incoming = :incoming)"""
            state, at = db.execute(sql, {"person": person, "incoming": incoming}).fetchone()
            return Memory(state, first_at=None if at is None else datetime.fromtimestamp(at, UTC))

        return await self._put(work, Kind.READS)

    async def commit(  # noqa: PLR0913 - one transaction takes all of them
        self,
        person: str,
        state: str,
        incoming: str,
        at: datetime,
        changes: Sequence[Change] = (),
        *,
        heard: bool = True,
        erases: bool = False,
    ) -> None:
        """Keep the state together with the id of the message that led to it and with what it changes: all or nothing.

        Whoever writes can be reached again; `heard` is false where the bot itself began. `erases` is true where words
        of theirs are in it no more, and must not stay in the write-ahead log either.
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
            elif not db.execute("update people set state = ? where person = ?", [state, person]).rowcount:
                return  # they were forgotten since it was claimed: no trace of them comes back
            db.execute("insert or ignore into turns values (?, ?, ?)", [person, incoming, seconds])
            for change in changes:
                change(db)

        await self._ask(work, erases=erases)

    def record(self, person: str, incoming: str, receipts: Sequence[str], at: datetime) -> asyncio.Future[None]:
        """Remember what the platform calls the messages of a turn, so that they can be taken back.

        Nobody has to wait for it: what is asked for later, such as taking them back or forgetting, finds it done.
        """
        rows = [[person, receipt, incoming, int(at.timestamp())] for receipt in receipts if receipt]

        def work(db: Database) -> None:
            for row in rows:
                db.execute("insert into receipts (person, receipt, incoming, at) values (?, ?, ?, ?)", row)

        return self._put(work, Kind.PATIENT)

    async def receipts(self, person: str, turns: int | None) -> list[str]:
        """What was sent in the last so many turns, or all that is remembered; the latest first."""

        def work(db: Database) -> list[str]:
            rows = db.execute(
                "select receipt, incoming from receipts where person = ? order by sent desc",
                [person],
            ).fetchall()
            latest = list(dict.fromkeys(incoming for _, incoming in rows))[:turns]
            return [receipt for receipt, incoming in rows if incoming in latest]

        return await self._put(work, Kind.READS_ALL)

    async def claim(self, now: datetime, most: int, platform: str = "") -> list[Timer]:
        """Up to `most` timers that are due, the longest due first, of people who can be reached: there, or anywhere."""
        return await self._ask(lambda db: timers.claim(db, now, most, platform))

    async def settle(self, timer: Timer, next_at: datetime | None, served_on: str = "") -> None:
        """After a delivery: when it is due again, or never."""
        await self._ask(lambda db: timers.settle(db, timer, next_at, served_on))

    async def next_due(self, platform: str = "") -> datetime | None:
        """When the next timer is due that nobody holds, on that platform or on any."""
        seconds = await self._put(lambda db: timers.next_due(db, platform), Kind.READS)
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None

    async def release(self) -> None:
        """At the start of the only process nothing is held."""
        await self._ask(timers.release)

    async def mark_unreachable(self, person: str, but: str) -> None:
        """Until they write again, nothing of theirs is claimed but the timer of that name, which sends nothing."""

        def work(db: Database) -> None:
            db.execute("update people set unreachable = 1 where person = ?", [person])
            timers.park(db, person, but)

        await self._ask(work)

    async def kept(self, person: str) -> list[tuple[int, bytes]]:
        """What they chose to keep, by number, the oldest first."""
        sql = "select number, words from kept where person = ? order by number"
        return await self._put(lambda db: db.execute(sql, [person]).fetchall(), Kind.READS_ALL)

    async def reseal(self, seal: Seal) -> Resealed:
        """Seal with the first key what is not, some at a time; then the other keys are needed no more."""
        done = Resealed()
        while batch := await self._ask(partial(reseal, seal=seal, after=done.last), erases=True):
            done += batch
        return done

    async def export(self, person: str) -> dict[str, list[dict[str, Any]]]:
        """All rows about a person, by table."""
        tables = await self._put(lambda db: erasing.tables(db, person), Kind.READS_ALL)
        for row in tables["people"]:
            row["state"] = json.loads(row["state"])
        return tables

    async def erase(self, person: str, silent_since: datetime | None = None) -> bool:
        """Forget a person: nothing of them is left in the file or in its write-ahead log.

        False when nothing was known, or they were heard from after `silent_since`.
        """
        return await self._ask(lambda db: erasing.erase(db, person, silent_since), erases=True)

    async def silent(self, before: datetime, most: int) -> list[str]:
        """Up to so many people from whom nothing came since then, the longest silent first."""
        return await self._put(lambda db: erasing.silent(db, before, most), Kind.READS)

    async def forget_turns(self, before: datetime) -> None:
        """Drop the ids of messages that no platform will repeat or take back any more."""
        await self._ask(lambda db: erasing.forget_turns(db, before))

    async def log_key(self) -> bytes:
        """What turns people into pseudonyms in the log, made for this installation."""
        return await self._put(meta.log_key, Kind.READS)

    async def check(self) -> None:
        """Write something, as any turn would."""
        await self._ask(meta.write_something)

    @property
    def waiting(self) -> int:
        """How many requests nobody has begun with."""
        return self._requests.qsize()

    @property
    def log_is_clean(self) -> bool:
        """Once closed: whether nothing that this store erased is in the write-ahead log any more.

        Not where another process read the file meanwhile.
        """
        return not self._truncate_due

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish what was asked for, then let go of the file."""
        self._requests.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _ask(self, work: Callable[[Database], Result], *, erases: bool = False) -> Result:
        return await self._put(work, Kind.ERASES if erases else Kind.WRITES)

    def _put(self, work: Callable[[Database], Result], kind: Kind) -> asyncio.Future[Result]:
        """In the queue at once, before whatever is asked for later."""
        loop = asyncio.get_running_loop()
        request = Request(work, loop, loop.create_future(), kind)
        self._requests.put(request)
        return request.done

    def _run(self, opened: "queue.SimpleQueue[Exception | None]") -> None:
        try:
            db = open_database(self.path)
        except Exception as error:  # noqa: BLE001 - handed to the caller, whose thread this is not
            opened.put(error)
            return
        opened.put(None)
        held: list[Request[Any]] = []  # what nobody waits for
        last = False
        while not last:
            group, last = self._drain(PATIENCE if held else None)
            if group and not last and len(held) < LARGEST_GROUP and all(r.kind in UNHURRIED for r in group):
                self._serve(db, [request for request in group if request.kind is Kind.READS])
                held += [request for request in group if request.kind is Kind.PATIENT]
            else:
                self._serve(db, held + group)
                held = []
        if self._truncate_due:
            self._truncate_due = not erasing.truncate_log(db, erasing.AT_LAST)
        db.close()

    def _drain(self, patience: float | None) -> tuple[list[Request[Any]], bool]:
        """What is asked for by now, or else the next within so many seconds; and whether that is the last."""
        group: list[Request[Any]] = []
        with suppress(queue.Empty):
            request = self._requests.get(timeout=patience)
            while request is not None:
                group.append(request)
                if len(group) >= LARGEST_GROUP:
                    return group, False
                request = self._requests.get_nowait()
            return group, True
        return group, False

    def _serve(self, db: Database, group: Sequence[Request[Any]]) -> None:
        """All in one transaction; where that fails, in several, so that one failure fails one person."""
        parts = deque([group])
        while parts:
            parts.extendleft(reversed(self._carry_out(db, parts.popleft())))

    def _carry_out(self, db: Database, group: Sequence[Request[Any]]) -> Sequence[Sequence[Request[Any]]]:
        """In one transaction. What is left to be carried out, and in which parts, where that failed."""
        at_work: Request[Any] | None = None
        try:
            with db.atomic():
                for at_work in group:
                    at_work.result = at_work.work(db)
                at_work = None
                answer([request for request in group if request.kind in READING])
        except Exception as error:  # noqa: BLE001 - handed to whoever asked; the thread goes on for everybody else
            return apart([request for request in group if not request.answered], at_work, error)
        erased = any(request.kind is Kind.ERASES for request in group)
        if erased or self._truncate_due:
            self._truncate_due = not erasing.truncate_log(db, erasing.A_MOMENT if erased else 0)
        answer(group)
        return []
