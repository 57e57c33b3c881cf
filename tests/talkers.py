"""People who talk without a pause, in a process that can be killed. Each line names who has just been answered.

Usage: talkers.py DATABASE PEOPLE
"""

import asyncio
import os
import sys
from functools import partial
from itertools import count
from pathlib import Path

from conversation import START
from sqlite_utils import Database

from storage import Store


def note(db: Database, person: str, number: int) -> None:
    values = [person, f"r{number}", f"m{number}"]
    db.execute("insert into receipts (person, receipt, incoming, at) values (?, ?, ?, 0)", values)


async def talk(store: Store, person: str) -> None:
    """The state counts the turns, and each turn has a receipt."""
    for number in count(1):
        await store.commit(person, str(number), f"m{number}", START, [partial(note, person=person, number=number)])
        os.write(1, f"{person}\n".encode())


async def main(database: Path, people: int) -> None:
    async with Store(database) as store:
        await asyncio.gather(*(talk(store, f"test:{number}") for number in range(people)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
