"""What belongs to this installation and to nobody in it."""

import time

from sqlite_utils import Database


def log_key(db: Database) -> bytes:
    """What turns people into pseudonyms in the log. Made when the table was."""
    key: bytes = db.execute("select value from meta where name = 'log-key'").fetchone()[0]
    return key


def write_something(db: Database) -> None:
    """Fails as anything else would that is to be kept."""
    now = str(int(time.time())).encode()
    db.execute("insert or replace into meta (name, value) values ('written-at', ?)", [now])
