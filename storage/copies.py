"""A database as a file: a copy of it, another one in its place, and copies that have grown old."""

import glob
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from storage.errors import DatabaseInUse

COPY_LIFETIME = 7 * 24 * 3600  # seconds that a copy made before an upgrade or a restore is kept

LOGS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file that is open


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection is what stands in the way."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def close_log(path: Path) -> None:
    """Brings the write-ahead log into the file, so that the file is all there is. Raises DatabaseInUse."""
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
        try:
            db.execute("pragma journal_mode = delete")
        except sqlite3.OperationalError as error:
            if is_busy(error):
                raise DatabaseInUse(f"{path}: another process has this database open. End it first.") from error
            raise


def copy(source: Path, target: Path) -> None:
    """What is committed at `source` at one instant, as one file that only its owner can read.

    `source` may be in use. What stood at `target` is overwritten; on a fault nothing is left there.
    """
    discard(target)  # a log that a crash left beside it would be taken for one of the copy
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(read_only(source), uri=True)) as there, closing(sqlite3.connect(target)) as here:
            there.backup(here)
            here.execute("pragma journal_mode = delete")
    except BaseException:
        discard(target)
        raise


def read_only(path: Path) -> str:
    """The address by which SQLite opens a file that it is not to change."""
    return f"{path.absolute().as_uri()}?mode=ro"


def exchange(path: Path, fresh: Path, aside: Path) -> None:
    """Put `fresh` in the place of the database at `path`, which nobody has open and which stays beside it as `aside`.

    At no instant is there no file at `path`.
    """
    for end in LOGS:  # only a damaged file still has a log, which must not be taken for one of the fresh file
        with suppress(FileNotFoundError):
            Path(f"{path}{end}").rename(f"{aside}{end}")
    aside.unlink(missing_ok=True)
    try:
        os.link(path, aside)
    except OSError:  # a file system without links
        shutil.copy2(path, aside)
    os.utime(aside)  # its days are counted from now
    give(fresh, path)
    put(fresh, path)


def give(path: Path, like: Path) -> None:
    """To the account that `like` belongs to: root may be at work for a bot that is not."""
    if os.name == "posix" and os.geteuid() == 0:
        whose = like.stat()
        os.chown(path, whose.st_uid, whose.st_gid)


def put(fresh: Path, path: Path) -> None:
    """Under its final name, durably."""
    fresh.replace(path)
    with suppress(OSError):  # not every file system can be told to
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def discard(path: Path) -> None:
    """A file that was not finished, and what SQLite put beside it."""
    for end in ("", *LOGS):
        Path(f"{path}{end}").unlink(missing_ok=True)


def drop_old_copies(path: Path, now: float) -> None:
    """Delete what was put aside over seven days ago; `now` in seconds since 1970."""
    for aside in path.resolve().parent.glob(f"{glob.escape(path.resolve().name)}.before-*"):
        if now - aside.stat().st_mtime > COPY_LIFETIME:
            aside.unlink(missing_ok=True)
