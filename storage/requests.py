"""What the store's thread is asked to do."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from sqlite_utils import Database

from storage.errors import unavailable

Result = TypeVar("Result")


class Kind(Enum):
    READS = auto()  # nothing that is still to be written: answered before the commit of those that came with it
    READS_ALL = auto()  # also what a patient request before it writes
    WRITES = auto()  # answered once it is on the disk
    PATIENT = auto()  # writes, and may wait for the next that does, because nobody waits for it
    ERASES = auto()  # writes, and must not stay in the write-ahead log either


READING = (Kind.READS, Kind.READS_ALL)
UNHURRIED = (Kind.READS, Kind.PATIENT)  # these alone lead to no commit


@dataclass(slots=True)
class Request(Generic[Result]):
    work: Callable[[Database], Result]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Result]
    kind: Kind = Kind.WRITES
    result: Result | None = None
    error: Exception | None = None
    answered: bool = False

    def carry_out(self, db: Database) -> None:
        """In a savepoint of its own, so that one failure fails one person.

        Raises sqlite3.Error where the database has undone what the others wrote, too, as it does when the disk is full.
        """
        try:
            with db.atomic():
                self.result = self.work(db)
        except sqlite3.Error as error:
            if not db.conn.in_transaction:
                raise
            self.error = unavailable(error)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked; the thread goes on for everybody else
            self.error = error

    def answer(self) -> None:
        if not self.answered:
            self.answered = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        if self.done.cancelled():
            return
        if self.error:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)  # type: ignore[arg-type]
