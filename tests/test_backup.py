"""An operator's copies: made while people talk, and put back."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conversation import START
from small_disk import Disk, disk

from bot.__main__ import main
from storage import NewerDatabase, Store
from storage.backup import back_up, check, restore
from storage.copies import COPY_LIFETIME, close_log, drop_old_copies
from storage.errors import DatabaseInUse, StorageError
from storage.file import alone

__all__ = ["disk"]

NOW = datetime(2026, 3, 2, 21, 15, tzinfo=UTC)
PEOPLE = 8
TALKERS = Path(__file__).with_name("talkers.py")

Rows = dict[str, list[tuple[object, ...]]]


def rows(path: Path) -> Rows:
    """Every row of every table."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table' order by name")]
        return {table: db.execute(f"select * from {table}").fetchall() for table in tables}  # noqa: S608 - its own names


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """With three people, and closed."""
    return asyncio.run(_made(tmp_path / "home" / "rekindle.sqlite"))


async def _made(path: Path) -> Path:
    async with Store(path) as store:
        for number in range(3):
            await store.commit(f"test:{number}", f'{{"topic": "t{number}"}}', "m1", START)
    return path


def rekindle(database: Path, *words: object) -> Result:
    """The command line, in this process."""
    return CliRunner().invoke(main, [str(word) for word in words], env={"REKINDLE_DATABASE": str(database)})


async def test_a_backup_under_load_holds_what_was_durable(tmp_path: Path) -> None:
    """Copied while people talk, killed and restored: each row as it was, of each person a whole number of turns.

    No turn is missing that was answered before the copy began, and none is there that began after it.
    """
    database, copy = tmp_path / "rekindle.sqlite", tmp_path / "copy.sqlite"
    talkers = await asyncio.create_subprocess_exec(sys.executable, TALKERS, database, str(PEOPLE), stdout=-1)
    assert talkers.stdout
    before = Counter[str]()
    while sum(before.values()) < 400:
        before[(await talkers.stdout.readline()).decode().strip()] += 1
    people = await asyncio.to_thread(back_up, database, copy)
    talkers.send_signal(signal.SIGKILL)
    after = before + Counter((await talkers.stdout.read()).decode().split())
    await talkers.wait()
    assert people == PEOPLE
    copied = rows(copy)
    assert restore(database, copy, NOW).aside
    assert rows(database) == copied
    turns = {str(person): int(str(state)) for person, state, *_ in copied["people"]}
    for person, count in turns.items():
        assert before[person] <= count <= after[person] + 1  # one may have been durable and not yet told of
        assert {(person, f"m{n}") for n in range(1, count + 1)} == {
            row[:2] for row in copied["turns"] if row[0] == person
        }
        assert [row[1] for row in copied["receipts"] if row[0] == person] == [f"r{n}" for n in range(1, count + 1)]
    async with Store(database) as store:  # and it goes on from there
        await store.commit("test:0", "1", "next", START)


def test_a_backup_is_one_file_of_its_owner(database: Path, tmp_path: Path) -> None:
    """The copy is complete in itself, nobody else can read it, and it says how many people are in it."""
    copy = tmp_path / "copies" / "copy.sqlite"
    copy.parent.mkdir()
    done = rekindle(database, "backup", copy)
    assert done.exit_code == 0
    assert f"{copy}: a copy of the database with 3 people" in done.output
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert rows(copy) == rows(database)
    assert check(copy) == 3


def test_where_no_backup_can_be(database: Path, tmp_path: Path) -> None:
    """An existing file, a folder, a missing folder and a missing database: each is left alone, with its own mend."""
    taken = tmp_path / "taken"
    taken.write_text("something of theirs")
    for path, sentence in (
        (taken, "this file exists, and was left as it is. Delete it first, or name another"),
        (tmp_path, "this is a folder. Name a file in it"),
        (tmp_path / "none" / "copy.sqlite", f"{tmp_path / 'none'}: this folder does not exist. Make it first"),
    ):
        done = rekindle(database, "backup", path)
        assert done.exit_code == 1
        assert sentence in done.stderr
    assert taken.read_text() == "something of theirs"
    done = rekindle(tmp_path / "nowhere.sqlite", "backup", tmp_path / "copy.sqlite")
    assert done.exit_code == 1
    assert "there is no database" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "taken"]


def test_a_full_disk_leaves_no_half_copy(database: Path, disk: Disk) -> None:
    """Without room the sentence says so, and nothing is left on the disk."""
    disk.fill()
    os.truncate(disk.ballast, disk.ballast.stat().st_size - 20_480)  # the folder has room, the file has not
    done = rekindle(database, "backup", disk.folder / "copy.sqlite")
    assert done.exit_code == 1
    assert "database or disk is full. No copy was made" in done.stderr
    assert [path.name for path in disk.folder.iterdir()] == ["ballast"]
    disk.clear()
    assert rekindle(database, "backup", disk.folder / "copy.sqlite").exit_code == 0


def test_a_damaged_database_is_not_copied(database: Path, tmp_path: Path) -> None:
    """What is damaged is named, and no copy looks like a good one."""
    _damage(database)
    done = rekindle(database, "backup", tmp_path / "copy.sqlite")
    assert done.exit_code == 1
    assert f"{database}: the database is damaged" in done.stderr
    assert not (tmp_path / "copy.sqlite").exists()


def _damage(path: Path) -> None:
    """Every page but the first."""
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    path.write_bytes(whole)


def test_what_is_no_copy_is_not_restored(database: Path, tmp_path: Path) -> None:
    """A missing, empty, foreign, damaged or newer file changes nothing, and the sentence says what it is."""
    good = tmp_path / "good.sqlite"
    back_up(database, good)
    before = rows(database)
    for name, sentence in (
        ("missing", "there is no such file"),
        ("empty", "this is no copy of a database of Rekindle"),
        ("text", "this is no database"),
        ("damaged", "the database is damaged"),
        ("newer", "a newer version of Rekindle wrote this database"),
    ):
        path = tmp_path / name
        _spoil(good, path)
        done = rekindle(database, "restore", path)
        assert done.exit_code == 1
        assert f"{path}: {sentence}" in done.stderr
    assert rows(database) == before
    assert not [path for path in database.parent.iterdir() if "restor" in path.name]


def _spoil(good: Path, path: Path) -> None:
    if path.name == "missing":
        return
    path.write_bytes({"empty": b"", "text": b"some words" * 1000}.get(path.name, good.read_bytes()))
    if path.name == "damaged":
        _damage(path)
    if path.name == "newer":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('rekindle', 'x', '')")


async def test_nothing_is_restored_under_a_running_bot(database: Path, tmp_path: Path) -> None:
    """While a bot runs, or anybody has the database open, it stays; the sentence says what to do."""
    copy = tmp_path / "copy.sqlite"
    back_up(database, copy)
    with alone(database), pytest.raises(DatabaseInUse, match=r"another Rekindle is running .* Stop it first"):
        restore(database, copy, NOW)
    async with Store(database) as store:
        with pytest.raises(DatabaseInUse, match=r"another process has this database open\. End it first"):
            restore(database, copy, NOW)
        await store.commit("test:9", "{}", "m1", START)
        assert len((await store.export("test:9"))["people"]) == 1


def test_the_database_before_is_kept_for_a_week(database: Path, tmp_path: Path) -> None:
    """A restore names where the old database is, and whom it brings back who may have asked to be forgotten."""
    copy = tmp_path / "copy.sqlite"
    back_up(database, copy)
    assert rekindle(database, "forget", "test:1").exit_code == 0
    close_log(database)
    os.utime(database, (0, 0))  # nobody wrote for years, and yet its week begins now
    before = rows(database)
    done = rekindle(database, "restore", copy)
    assert done.exit_code == 0
    (aside,) = database.parent.glob("*.before-restore-*")
    assert f"kept as {aside} for seven days" in done.output
    assert done.output.endswith("rekindle forget test:1\n")
    assert rows(aside) == before
    assert aside.stat().st_mtime > copy.stat().st_mtime
    assert aside.stat().st_mode & 0o777 == database.stat().st_mode & 0o777 == 0o600
    drop_old_copies(database, aside.stat().st_mtime + COPY_LIFETIME - 1)
    assert aside.exists()
    drop_old_copies(database, aside.stat().st_mtime + COPY_LIFETIME + 1)
    assert not aside.exists()


def test_a_damaged_or_missing_database_makes_way(database: Path, tmp_path: Path) -> None:
    """What a restore is for: the database cannot be opened any more, or is gone."""
    copy = tmp_path / "copy.sqlite"
    back_up(database, copy)
    whole = rows(database)
    for spoil in (_damage, lambda path: path.write_bytes(b"no database" * 1000), Path.unlink):
        spoil(database)
        assert restore(database, copy, NOW).people == 3
        assert rows(database) == whole


def test_a_restore_without_room_changes_nothing(database: Path, tmp_path: Path, disk: Disk) -> None:
    """A full disk leaves the database as it was, and nothing half beside it."""
    copy, home = tmp_path / "copy.sqlite", disk.folder / "rekindle.sqlite"
    back_up(database, copy)
    assert restore(home, copy, NOW).aside is None
    disk.fill()
    with pytest.raises(StorageError, match="disk is full"):
        restore(home, copy, NOW)
    assert rows(home) == rows(copy)
    assert not list(disk.folder.glob("*.restoring*"))


def test_a_newer_copy_says_what_to_start(database: Path, tmp_path: Path) -> None:
    """A copy of a later version is refused as a database of one is."""
    copy, newer = tmp_path / "copy.sqlite", tmp_path / "newer"
    back_up(database, copy)
    _spoil(copy, newer)
    with pytest.raises(NewerDatabase, match="Start that version"):
        check(newer)


def test_forgetting_while_another_process_reads(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator is not told that the log is clean where a reader kept it from being emptied; asked again, it is."""
    monkeypatch.setattr("storage.erasing.AT_LAST", 0.05)
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from people").fetchone()
        done = rekindle(database, "forget", "test:1")
    assert done.exit_code == 1
    assert "its log may still hold what was erased" in done.output
    assert "is left in the database or its log" not in done.output
    again = rekindle(database, "forget", "test:1")
    assert "Nothing is kept about test:1" in again.output
    assert "its log may still hold" not in again.output
