"""What the store's thread is asked to do."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from sqlite_utils import Database

from storage.errors import unavailable

Result = TypeVar("Result")


class Kind(Enum):
    READS = auto()  # answered before the commit of those that came with it; what these write, it may see already
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

    def fail(self, error: Exception) -> None:
        if isinstance(error, StopIteration):  # which no future takes
            error = RuntimeError("a request ended with StopIteration")
        self.error = unavailable(error) if isinstance(error, sqlite3.Error) else error

    def deliver(self) -> None:
        if self.done.cancelled():
            return
        if self.error:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)  # type: ignore[arg-type]


def answer(requests: Sequence[Request[Any]]) -> None:
    """From the store's thread. All at once, because waking a loop costs more than what is said to it."""
    waiting = [request for request in requests if not request.answered]
    for request in waiting:
        request.answered = True
    for loop in {request.loop for request in waiting}:
        with suppress(RuntimeError):  # it is closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver, [request for request in waiting if request.loop is loop])


def apart(
    group: Sequence[Request[Any]], at_work: Request[Any] | None, error: Exception
) -> Sequence[Sequence[Request[Any]]]:
    """The parts in which those that failed together are tried once more; whoever is in none has failed for good.

    `at_work` is the one in which it failed; None where that was the commit of all.
    """
    writing = [request for request in group if request.kind not in READING]
    busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    failed = writing if busy and writing else group if len(group) == 1 else ()
    for request in failed:
        request.fail(error)
    answer(failed)
    if failed:  # of the busy, each would have waited as long once more
        rest = [request for request in group if not request.answered]
        return [rest] if rest else []
    if at_work:
        return [[at_work], [request for request in group if request is not at_work]]
    return [[request] for request in group]


def _deliver(requests: Sequence[Request[Any]]) -> None:
    for request in requests:
        request.deliver()
