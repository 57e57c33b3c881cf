"""Opening the database file: refuse what is newer, copy what is older before it is migrated."""

import os
import sqlite3
import time
from pathlib import Path

from sqlite_utils import Database

from storage.errors import NewerDatabase, StorageError, StorageUnavailable
from storage.migrations import migrations

COPY_LIFETIME = 7 * 24 * 3600  # seconds that a copy made before a migration is kept

RECORD = "_sqlite_migrations"  # sqlite-utils' own table; alone in a file, it is what a crash left of a first start


def open_database(path: Path) -> Database:
    """The database at `path`, made or brought up to date; only its owner can read the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        return _prepare(path)
    except (OSError, sqlite3.Error) as error:
        raise _unreadable(path, error) from error


def inspect(path: Path) -> None:
    """Raises StorageError when the database at `path` is damaged, newer or not ours. A missing one is no fault."""
    if not path.exists():
        return
    try:
        db = Database(sqlite3.connect(f"file:{path}?mode=ro", uri=True), execute_plugins=False)
        try:
            _refuse_foreign(db, path)
            (found,) = db.execute("pragma quick_check").fetchone()
        finally:
            db.close()
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    if found != "ok":
        raise StorageError(f"{path}: the database is damaged ({found}). Restore a backup.")


def _unreadable(path: Path, error: Exception) -> StorageUnavailable:
    if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
        return StorageUnavailable(
            f"{path}: this is no database. Move the file away, or set REKINDLE_DATABASE to another."
        )
    return StorageUnavailable(
        f"{path}: the database cannot be opened ({error}). "
        "Check that the folder exists, can be written to and is not full, or set REKINDLE_DATABASE."
    )


def _prepare(path: Path) -> Database:
    db = Database(path, execute_plugins=False)
    try:
        _refuse_foreign(db, path)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.execute("pragma secure_delete = on")
        _migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _refuse_foreign(db: Database, path: Path) -> None:
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


def _migrate(db: Database, path: Path) -> None:
    copies = path.parent.glob(f"{path.name}.before-*")
    for copy in copies:
        if time.time() - copy.stat().st_mtime > COPY_LIFETIME:
            copy.unlink()
    pending = migrations.pending(db)
    if pending and migrations.applied(db):
        copy = path.with_name(f"{path.name}.before-{pending[0].name}")
        copy.unlink(missing_ok=True)
        db.execute("vacuum into ?", [str(copy)])
        copy.chmod(0o600)
    migrations.apply(db)
