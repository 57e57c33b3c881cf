"""A copy of the database that an operator keeps elsewhere, and the way back from it."""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from storage.copies import close_log, copy, discard, exchange, give, put, read_only
from storage.errors import StorageError
from storage.file import alone, inspect
from storage.migrations import migrations


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    people: int  # in the database now
    aside: Path | None  # where the database is that was there before; None where there was none
    gone_before: tuple[str, ...]  # people who were no longer in that one: they may have asked to be forgotten


def back_up(database: Path, target: Path) -> int:
    """Write all that is committed in `database`, which may be in use, to the new file `target`; how many people it has.

    Raises StorageError. Then nothing is left at `target`.
    """
    if not database.exists():
        raise StorageError(f"{database}: there is no database, so nothing was copied. Set REKINDLE_DATABASE.")
    if target.is_dir():
        raise StorageError(f"{target}: this is a folder. Name a file in it, such as {target / 'rekindle.sqlite'}.")
    if target.exists():
        raise StorageError(f"{target}: this file exists, and was left as it is. Delete it first, or name another.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        fresh = Path(name)
        try:
            copy(database, fresh)
            people = check(fresh)
            put(fresh, target)
        except BaseException:
            discard(fresh)
            raise
    except FileNotFoundError as error:
        raise StorageError(f"{target.parent}: this folder does not exist. Make it first.") from error
    except (OSError, sqlite3.Error) as error:
        raise _failed(target, error, "No copy was made") from error
    except StorageError as error:  # found in what was copied, which is gone
        raise StorageError(f"{str(error).replace(str(fresh), str(database))} No copy was made.") from error
    return people


def check(path: Path) -> int:
    """How many people are in the copy at `path`.

    Raises StorageError when it is missing, damaged, newer than this version, or no copy of a database of Rekindle.
    """
    if not path.is_file():
        raise StorageError(f"{path}: there is no such file.")
    inspect(path)
    with closing(Database(sqlite3.connect(read_only(path), uri=True), execute_plugins=False)) as db:
        if not migrations.applied(db):
            raise StorageError(f"{path}: this is no copy of a database of Rekindle.")
        return len(_people(db))


def restore(database: Path, source: Path, now: datetime) -> Restored:
    """Put a copy of `source` in the place of `database`, which stays beside it for a week.

    Nobody may have the database open. Raises StorageError; the database is as it was then.
    """
    people = check(source)
    path = database.resolve()
    fresh = path.with_name(f"{path.name}.restoring")
    try:
        with alone(path):
            if path.exists():
                _let_go(path)
            copy(source, fresh)
            check(fresh)
            if not path.exists():
                give(fresh, path.parent)
                put(fresh, path)
                return Restored(people, None, ())
            gone = _gone_before(path, fresh)
            aside = path.with_name(f"{path.name}.before-restore-{now:%Y-%m-%d-%H%M%S}")
            exchange(path, fresh, aside)
            return Restored(people, aside, gone)
    except (OSError, sqlite3.Error) as error:
        raise _failed(path, error, "The database is as it was") from error
    finally:
        discard(fresh)


def _let_go(path: Path) -> None:
    """Damaged files have to make way, too."""
    try:
        close_log(path)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise


def _gone_before(path: Path, fresh: Path) -> tuple[str, ...]:
    """Who is in the copy and was not in the database any more. Nobody knows that of a damaged one."""
    with suppress(sqlite3.Error):
        left = [Database(sqlite3.connect(read_only(one), uri=True), execute_plugins=False) for one in (path, fresh)]
        with closing(left[0]) as before, closing(left[1]) as after:
            return tuple(sorted(_people(after) - _people(before)))
    return ()


def _people(db: Database) -> set[str]:
    return {person for (person,) in db.execute("select person from people").fetchall()}


def _failed(path: Path, error: Exception, outcome: str) -> StorageError:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StorageError(
        f"{path}: {said}. {outcome}. Check that the folder can be written to and that the disk is not full."
    )
