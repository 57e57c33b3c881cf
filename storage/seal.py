"""What people chose to keep, sealed with the operator's key where there is one."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlite_utils import Database

AT_ONCE = 200  # notes that are sealed anew while others wait, which takes some hundredths of a second

LOST = "(sealed with a key that is no longer set)"


class Seal:
    """The first key seals, all of them open: so that a key can be changed. Without keys words stay in clear."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """Raises ValueError for something that is no key."""
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._first = Fernet(keys[0]) if keys else None

    @property
    def seals(self) -> bool:
        return self._fernet is not None

    def close(self, words: str) -> bytes:
        return self._fernet.encrypt(words.encode()) if self._fernet else words.encode()

    def open(self, kept: bytes, lost: str = LOST) -> str:
        """What was kept before a key was set stands in clear; `lost` where no key opens it."""
        if self._fernet:
            with suppress(InvalidToken):
                return self._fernet.decrypt(kept).decode()
        return lost if kept.startswith(_TOKEN) else kept.decode()

    def open_rows(self, tables: dict[str, list[dict[str, Any]]], lost: str = LOST) -> dict[str, list[dict[str, Any]]]:
        """An export with the kept sentences in words."""
        for row in tables.get("kept", []):
            row["words"] = self.open(row["words"], lost)
        return tables

    def renew(self, kept: bytes) -> bytes | None:
        """The same, sealed with the first key; None where no key opens it."""
        if not self._fernet or not self._first:
            return None if kept.startswith(_TOKEN) else kept
        with suppress(InvalidToken):
            self._first.decrypt(kept)
            return kept
        with suppress(InvalidToken):
            return self._fernet.rotate(kept)
        return None if kept.startswith(_TOKEN) else self._fernet.encrypt(kept)


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of what is kept when the keys were looked at."""

    renewed: int = 0  # sealed with the first key now
    lost: int = 0  # no key opens them
    last: int = 0  # the number of the last that was looked at

    def __add__(self, other: Self) -> "Resealed":
        return Resealed(self.renewed + other.renewed, self.lost + other.lost, other.last)


def reseal(db: Database, seal: Seal, after: int) -> Resealed | None:
    """The next few of what is kept, sealed with the first key; None when there are no more."""
    sql = "select number, words from kept where number > ? order by number limit ?"
    rows = db.execute(sql, [after, AT_ONCE]).fetchall()
    if not rows:
        return None
    renewed = [(number, words, seal.renew(words)) for number, words in rows]
    changed = [(now, number) for number, words, now in renewed if now not in {None, words}]
    for values in changed:
        db.execute("update kept set words = ? where number = ?", values)
    return Resealed(len(changed), sum(now is None for *_, now in renewed), rows[-1][0])


def keep(db: Database, person: str, at: datetime, words: bytes) -> None:
    db.execute("insert into kept (person, at, words) values (?, ?, ?)", [person, int(at.timestamp()), words])


def unkeep(db: Database, person: str, number: int) -> None:
    """Only what is theirs."""
    db.execute("delete from kept where person = ? and number = ?", [person, number])


_TOKEN = b"gAAAA"  # what everything begins with that was sealed
