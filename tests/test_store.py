import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from conversation import START
from sqlite_utils import Database

from storage import NewerDatabase, StorageUnavailable, Store
from storage.errors import StorageError
from storage.file import inspect

RARE_WORD = "zugzwang"


async def test_state_and_id_are_kept_together(store: Store) -> None:
    """What was committed is loaded again, and its message is known as dealt with."""
    await store.commit("test:1", '{"topic": "listening"}', "m1", START)
    memory = await store.load("test:1", "m1")
    assert memory.state == '{"topic": "listening"}'
    assert memory.first_at
    assert not (await store.load("test:1", "m2")).first_at
    assert not (await store.load("test:2", "m1")).first_at


async def test_erased_words_are_nowhere_on_disk(store: Store) -> None:
    """After an erasure neither the file nor its log holds a byte of what was there."""
    for number in range(50):
        await store.commit("test:1", f'{{"topic": "{RARE_WORD} {number}"}}', f"m{number}", START)
    await store.record("test:1", "m1", ["receipt of zugzwang"], START)
    await store.commit("test:2", "{}", "m1", START)
    assert await store.erase("test:1")
    for path in store.path.parent.iterdir():
        assert b"zugzwang" not in path.read_bytes()
    assert not any((await store.export("test:1")).values())
    assert (await store.load("test:2", "none")).state == "{}"
    assert not await store.erase("test:1")


async def test_one_failure_fails_one_person(store: Store) -> None:
    """In a group of commits the one that fails is told so; the others are kept."""

    def fail(db: Database) -> None:
        db.execute("insert into nowhere values (1)")

    results = await asyncio.gather(
        store.commit("test:1", "{}", "m1", START),
        store._ask(fail),
        store.commit("test:2", "{}", "m1", START),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), StorageUnavailable, type(None)]
    assert (await store.load("test:2", "m1")).first_at


async def test_latest_turns_can_be_taken_back(store: Store) -> None:
    """The receipts of the last turns come first, the others are left alone."""
    for number in range(3):
        at = START + timedelta(minutes=number)
        await store.record("test:1", f"m{number}", [f"r{number}a", f"r{number}b"], at)
    assert await store.receipts("test:1", 1) == ["r2b", "r2a"]
    assert len(await store.receipts("test:1", None)) == 6
    await store.forget_turns(START + timedelta(minutes=2))
    assert await store.receipts("test:1", None) == ["r2b", "r2a"]


async def test_newer_database_is_left_alone(tmp_path: Path) -> None:
    """A file that a later version wrote is refused with a sentence and not changed."""
    path = tmp_path / "rekindle.sqlite"
    async with Store(path) as store:
        await store.commit("test:1", "{}", "m1", START)
    with sqlite3.connect(path) as connection:
        values = ("rekindle", "from_the_future", "2030-01-01")
        connection.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values (?, ?, ?)", values)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match=r"newer version of Rekindle.*from_the_future.*restore a backup"):
        Store(path)
    with pytest.raises(NewerDatabase):
        inspect(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a database, whatever its name says" * 100, "this is no database"),
        (None, "database of another program"),
    ],
)
def test_files_that_are_not_ours_are_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """Another program's file is named, said what it is, and not touched."""
    path = tmp_path / "rekindle.sqlite"
    if content is None:
        with sqlite3.connect(path) as connection:
            connection.execute("create table theirs (x)")
        connection.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    for attempt in (Store, inspect):
        with pytest.raises(StorageError, match=sentence):
            attempt(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where no file can be, the sentence names the path and the setting."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable, match=r"file/rekindle.sqlite: .*REKINDLE_DATABASE"):
        Store(tmp_path / "file" / "rekindle.sqlite")


async def test_only_the_owner_can_read_the_file(store: Store) -> None:
    """The database is readable by the account that runs the bot and by nobody else."""
    assert store.path.stat().st_mode & 0o077 == 0
