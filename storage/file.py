"""Opening the database file: refuse what is newer, bring up to date what is older."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from sqlite_utils import Database

from storage.copies import copy, discard, drop_old_copies, give, is_busy, read_only
from storage.errors import DatabaseInUse, NewerDatabase, StorageError, StorageUnavailable, UpgradeFailed
from storage.migrations import migrations

_ours: set[Path] = set()  # databases that this process is alone with
RECORD = "_sqlite_migrations"  # sqlite-utils' own table; alone in a file, it is what a crash left of a first start


def open_database(path: Path) -> Database:
    """The database at `path`, made or brought up to date; only its owner can read the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        drop_old_copies(path, time.time())
        if _outdated(path):
            with nullcontext() if path.resolve() in _ours else alone(path):
                _upgrade(path)
        return _prepare(path)
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, error) from error


@contextmanager
def alone(path: Path, *, shared: bool = False, wait: float = 0) -> Iterator[None]:
    """While it lasts, no other process serves people from the database at `path`.

    `shared`: those may that share it, too. Waits `wait` seconds for another to end, and then raises DatabaseInUse.
    An empty file `<name>.lock` stays beside the database; the system lets go of it with the process, however that ends.
    """
    with closing(_lock(path, "begin" if shared else "begin exclusive", wait)):
        _ours.add(path.resolve())
        try:
            yield
        finally:
            _ours.discard(path.resolve())


def _lock(path: Path, begin: str, wait: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.lock")
        if not beside.exists():
            beside.touch(0o600)
            give(beside, path.parent)
        lock = sqlite3.connect(beside, timeout=wait, isolation_level=None)
        try:
            lock.execute(begin)
            lock.execute("select * from sqlite_master").fetchall()  # only reading takes the lock that is shared
        except BaseException:
            lock.close()
            raise
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and is_busy(error):
            raise DatabaseInUse(f"{path}: another Rekindle is running on this database. Stop it first.") from error
        raise unusable(path, error) from error
    return lock


def inspect(path: Path) -> None:
    """Raises StorageError when the database at `path` is damaged, newer or not ours. A missing one is no fault."""
    if not path.exists():
        return
    try:
        connection = sqlite3.connect(read_only(path), uri=True)
        with closing(Database(connection, execute_plugins=False)) as db:
            refuse_foreign(db, path)
            (found,) = db.execute("pragma integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    if found != "ok":
        raise StorageError(f"{path}: the database is damaged. Restore a backup.")


def unusable(path: Path, error: Exception) -> StorageError:
    """The sentence for what SQLite or the system said about the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return StorageUnavailable(
            f"{path}: this is no database. Move the file away, or set REKINDLE_DATABASE to another."
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return StorageUnavailable(f"{path}: the database is damaged. Restore a backup.")
    return StorageUnavailable(
        f"{path}: the database cannot be opened ({error}). "
        "Check that the folder exists, can be written to and is not full, or set REKINDLE_DATABASE."
    )


def refuse_foreign(db: Database, path: Path) -> None:
    """Raises NewerDatabase, or StorageError for another program's database."""
    known = {*(m.name for m in migrations.pending(db)), *(m.name for m in migrations.applied(db))}
    ours = {m.name for m in migrations.pending(Database(memory=True))}
    if unknown := known - ours:
        raise NewerDatabase(
            f"{path}: a newer version of Rekindle wrote this database (it has {', '.join(sorted(unknown))}). "
            "Start that version, or restore a backup made before the upgrade."
        )
    if not migrations.applied(db) and set(db.table_names()) - {RECORD}:
        raise StorageError(
            f"{path}: this is a database of another program. Set REKINDLE_DATABASE to a file of its own."
        )


def _outdated(path: Path) -> bool:
    """Whether it has people's rows in an earlier schema. Only reads."""
    with closing(Database(path, execute_plugins=False)) as db:
        refuse_foreign(db, path)
        return bool(migrations.pending(db) and migrations.applied(db))


def _upgrade(path: Path) -> None:
    """Migrates a copy first, and the file only where that went well; as it was, it stays beside it for a week.

    The file is changed in its place and in one transaction, so that what replicates it goes on.
    """
    trial = path.with_name(f"{path.name}.upgrading")
    try:
        copy(path, trial)
        with closing(Database(trial, execute_plugins=False)) as db:
            (first, *_) = migrations.pending(db)
            _migrate(db, path)
    finally:
        discard(trial)
    copy(path, path.with_name(f"{path.name}.before-{first.name}"))
    with closing(Database(path, execute_plugins=False)) as db:
        db.execute("pragma synchronous = full")
        _migrate(db, path)


def _migrate(db: Database, path: Path) -> None:
    try:
        with db.atomic():
            migrations.apply(db)
    except Exception as error:
        said = f": {error}" if isinstance(error, sqlite3.Error) else ""  # any other may quote what is stored
        raise UpgradeFailed(
            f"{path}: the upgrade of the database failed ({type(error).__name__}{said}). The database is as it was "
            "before. If the disk is not full, start the version that you had, and report this."
        ) from error


def _prepare(path: Path) -> Database:
    db = Database(path, execute_plugins=False)
    try:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.execute("pragma secure_delete = on")
        migrations.apply(db)  # of a new file; an older one has been brought up to date
    except BaseException:
        db.close()
        raise
    return db
