"""A database of an earlier version, and a key that is being changed."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conversation import START, Client
from cryptography.fernet import Fernet
from sqlite_utils import Database
from test_backup import Rows, rows

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.state import State
from bot.messages import Command
from bot.start import renew_seals
from content import Library
from intents.reader import Reader
from storage import Store
from storage.backup import restore
from storage.copies import COPY_LIFETIME
from storage.errors import DatabaseInUse, UpgradeFailed
from storage.file import alone, inspect
from storage.migrations import migrations
from storage.seal import Resealed, Seal, keep

FIRST = "timers_and_what_is_kept"  # the schema before the migration of that name
NAMES = [migration.name for migration in migrations.pending(Database(memory=True))]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """As the first version left it, with a person and a turn."""
    path = tmp_path / "home" / "rekindle.sqlite"
    path.parent.mkdir()
    os.close(os.open(path, os.O_CREAT, 0o600))
    with closing(Database(path, execute_plugins=False)) as db:
        db.execute("pragma journal_mode = wal")
        migrations.apply(db, stop_before=FIRST)
        db.execute("insert into people values ('test:1', '{}', 1000, 0)")
        db.execute("insert into turns values ('test:1', 'm1', 1000)")
    return path


@pytest.fixture
def failing() -> Iterator[None]:
    """Two migrations more: one that works, and one that does not."""
    before = list(migrations._migrations)

    @migrations(name="works")
    def works(db: Database) -> None:
        db.execute("delete from people")

    @migrations(name="breaks")
    def breaks(db: Database) -> None:
        raise ValueError("she never listens")  # a fault of our own may quote what is stored

    yield
    migrations._migrations[:] = before


def names(folder: Path) -> set[str]:
    """What is there for good: SQLite's own files come and go."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm", ".lock"))}


async def test_an_older_database_is_brought_up_to_date(old: Path) -> None:
    """Every row of an earlier schema is there in today's, and the file as it was lies beside it for a week."""
    before = rows(old)
    async with Store(old) as store:
        memory = await store.load("test:1", "m1")
        assert memory.state == "{}"
        assert memory.first_at
        await store.check()
    inspect(old)
    copy = old.with_name(f"{old.name}.before-{FIRST}")
    assert names(old.parent) == {old.name, copy.name}
    assert _without_record(rows(copy)) == _without_record(before)
    assert [name for *_, name, _ in rows(copy)["_sqlite_migrations"]] == NAMES[: NAMES.index(FIRST)]
    for path in (old, copy):
        assert path.stat().st_mode & 0o777 == 0o600
    os.utime(copy, (0, copy.stat().st_mtime - COPY_LIFETIME - 1))
    async with Store(old):
        assert names(old.parent) == {old.name}


def _without_record(tables: Rows) -> Rows:
    return {name: found for name, found in tables.items() if not name.startswith(("_", "sqlite_"))}


def test_a_failed_migration_leaves_the_database_as_it_was(old: Path, failing: None) -> None:
    """Not a byte of the file changes, not even by what went well before; the sentence quotes nobody."""
    with sqlite3.connect(old) as db:
        db.execute("pragma journal_mode = delete")
    db.close()
    before = old.read_bytes()
    with pytest.raises(UpgradeFailed, match=r"failed \(ValueError\)\. The database is as it was") as told:
        Store(old)
    assert "listens" not in str(told.value)
    assert old.read_bytes() == before
    assert names(old.parent) == {old.name}


async def test_an_older_copy_is_migrated_at_the_next_start(old: Path, tmp_path: Path) -> None:
    """A backup of an earlier version is restored as it is, and brought up to date like any other."""
    home = tmp_path / "new" / "rekindle.sqlite"
    home.parent.mkdir()
    assert restore(home, old, START).people == 1
    async with Store(home) as store:
        assert (await store.load("test:1", "m1")).first_at
        await store.check()


def test_nothing_is_upgraded_under_a_running_bot(old: Path) -> None:
    """Where an older version still runs, a command of the new one says so and changes nothing."""
    before = rows(old)
    with closing(sqlite3.connect(f"{old}.lock", isolation_level=None)) as running:
        running.execute("begin exclusive")
        with pytest.raises(DatabaseInUse, match="another Rekindle is running"):
            Store(old)
    assert rows(old) == before


async def test_an_upgrade_goes_on_under_what_reads(old: Path) -> None:
    """Something that replicates the file may have it open; the bot that is alone with it upgrades it all the same."""
    with closing(sqlite3.connect(old, isolation_level=None)) as reader, alone(old):
        reader.execute("begin")
        reader.execute("select * from people").fetchall()
        async with Store(old) as store:
            await store.check()
        reader.execute("commit")
        assert reader.execute("select count(*) from meta").fetchone() == (2,)


def test_killed_during_an_upgrade(old: Path) -> None:
    """What a crash left half migrated is made anew, and the database is whole."""
    old.with_name(f"{old.name}.upgrading").write_bytes(b"half a file" * 1000)
    asyncio.run(Store(old).close())
    assert len(rows(old)["people"]) == 1
    assert names(old.parent) == {old.name, f"{old.name}.before-{FIRST}"}


# Keys

WORDS = "she laughed at the burnt rice"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


async def _keep(store: Store, *sealed: bytes) -> None:
    changes = [lambda db, words=words: keep(db, "test:1", START, words) for words in sealed]
    await store.commit("test:1", State(introduced=True).model_dump_json(), "m0", START, changes)


async def test_a_key_is_changed(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """With the new key first and one start the old key can be dropped; what was kept in clear is sealed, too.

    Nothing that the old key opens is left in the file or in its log.
    """
    sealed = Seal([OLD]).close(WORDS)
    await _keep(store, sealed, WORDS.encode(), Seal([NEW]).close(WORDS))
    with caplog.at_level(logging.INFO, "rekindle"):
        await renew_seals(store, Seal([NEW, OLD]))
    assert "2 kept sentences were sealed anew with the first key" in caplog.text
    assert [Seal([NEW]).open(words) for _, words in await store.kept("test:1")] == [WORDS] * 3
    for path in store.path.parent.iterdir():
        assert sealed not in path.read_bytes()
        assert WORDS.encode() not in path.read_bytes()
    assert await store.reseal(Seal([NEW])) == Resealed(last=3)


async def test_many_sentences_are_sealed_anew(store: Store) -> None:
    """Also more than are taken at once; what no key opens is counted and left as it is."""
    foreign = Seal([Fernet.generate_key().decode()]).close(WORDS)
    await _keep(store, *[Seal([OLD]).close(f"{number}") for number in range(450)], foreign)
    assert await store.reseal(Seal([NEW, OLD])) == Resealed(renewed=450, lost=1, last=451)
    kept = [words for _, words in await store.kept("test:1")]
    assert [Seal([NEW]).open(words) for words in kept[:-1]] == [f"{number}" for number in range(450)]
    assert kept[-1] == foreign


async def test_without_a_key_nothing_changes(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """An operator who lost the key reads how many sentences that costs; they wait for the key."""
    sealed = Seal([OLD]).close(WORDS)
    await _keep(store, sealed, WORDS.encode())
    await renew_seals(store, Seal())
    assert "1 kept sentences are sealed with a key that REKINDLE_NOTES_KEY does not have" in caplog.text
    assert [words for _, words in await store.kept("test:1")] == [sealed, WORDS.encode()]


async def test_a_lost_key_costs_the_notes_and_not_the_bot(
    library: Library, reader: Reader, dialogue: Dialogue, store: Store
) -> None:
    """`/kept` and the export say of each sentence what became of it, `/progress` passes over it; it can be deleted."""
    await _keep(store, Seal([OLD]).close(WORDS), b"in clear")
    lost = library.phrases["kept-lost"].says[0]
    client = Client(replace(dialogue, seal=Seal([NEW])).handle)
    await client.command(Command("kept"))
    assert f"1. {lost}" in client.screen.text
    assert "2. in clear" in client.screen.text
    await client.command(Command("progress"))
    assert "- in clear" in client.screen.text
    assert lost not in client.screen.text
    await client.command(Command("export"))
    (reply,) = [reply for reply in client.screen.replies if reply.file]
    assert reply.file
    assert lost in reply.file.data.decode()
    await client.command(Command("kept"))
    await client.press("Delete 1")
    assert len(await store.kept("test:1")) == 1
