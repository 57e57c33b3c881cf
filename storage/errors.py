import sqlite3


class StorageError(Exception):
    """Something is wrong with the database; the message is one sentence for the operator.

    StorageError
    ├── StorageUnavailable   it cannot be read or written at the moment
    ├── DatabaseInUse        another process has it
    ├── NewerDatabase        a later version of the program wrote it
    └── UpgradeFailed        an earlier version wrote it, and it could not be brought up to date
    """


class StorageUnavailable(StorageError):
    """The request was not carried out, and nothing of it was kept."""


class DatabaseInUse(StorageError):
    """What is to be done takes that nobody else has the file."""


class NewerDatabase(StorageError):
    """This version does not know the schema, and leaves the file as it is."""


class UpgradeFailed(StorageError):
    """The file is as it was before."""


MENDS = {
    sqlite3.SQLITE_FULL: "Make room on its disk",
    sqlite3.SQLITE_BUSY: "End the other process that holds it",
    sqlite3.SQLITE_READONLY: "Let it be written to again",
    sqlite3.SQLITE_IOERR: "Look whether its disk fails, or has become read-only",
    sqlite3.SQLITE_CORRUPT: "Stop the bot and restore a backup",
}


def unavailable(error: sqlite3.Error) -> StorageUnavailable:
    """What the operator reads. SQLite's own words name tables and no values, so that nobody is quoted."""
    mend = MENDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "Look after the disk that it is on")
    return StorageUnavailable(f"The database cannot be used at the moment ({error}). {mend}; what waits goes on then.")
