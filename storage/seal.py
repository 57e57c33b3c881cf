"""What people chose to keep, sealed with the operator's key where there is one."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlite_utils import Database

LOST = "(sealed with a key that is no longer set)"


class Seal:
    """The first key seals, all of them open: so that a key can be changed. Without keys words stay in clear."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """Raises ValueError for something that is no key."""
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    @property
    def seals(self) -> bool:
        return self._fernet is not None

    def close(self, words: str) -> bytes:
        return self._fernet.encrypt(words.encode()) if self._fernet else words.encode()

    def open(self, kept: bytes) -> str:
        """What was kept before a key was set stands in clear."""
        if self._fernet:
            with suppress(InvalidToken):
                return self._fernet.decrypt(kept).decode()
        return LOST if kept.startswith(_TOKEN) else kept.decode()

    def open_rows(self, tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
        """An export with the kept sentences in words."""
        for row in tables.get("kept", []):
            row["words"] = self.open(row["words"])
        return tables


def keep(db: Database, person: str, at: datetime, words: bytes) -> None:
    db.execute("insert into kept (person, at, words) values (?, ?, ?)", [person, int(at.timestamp()), words])


def unkeep(db: Database, person: str, number: int) -> None:
    """Only what is theirs."""
    db.execute("delete from kept where person = ? and number = ?", [person, number])


_TOKEN = b"gAAAA"  # what everything begins with that was sealed
