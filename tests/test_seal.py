"""What people keep under the operator's key, what a lost key costs, and what stands in the file."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from conversation import Client
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.dialogue.dialogue import Dialogue
from bot.messages import Command
from bot.settings import Settings, SettingsError
from bot.start import open_seal
from content import Library
from intents.reader import Reader
from storage import Store
from storage.seal import Seal

WORDS = "She hummed zugzwang while she mended the lamp"
MESSAGES = count()  # their ids, which no two processes share
FIRST, SECOND = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rekindle.sqlite"


@asynccontextmanager
async def opened(path: Path, library: Library, reader: Reader, keys: Sequence[str]) -> AsyncIterator[Client]:
    """One person in front of a process that was started with these keys."""

    def fail(error: Exception) -> None:
        raise error

    async with Store(path) as store:
        yield Client(Dialogue(library, reader, store, fail, Seal(keys)).handle, _ids=MESSAGES)


async def keep(client: Client, words: str = WORDS) -> str:
    """What the bot says to it."""
    await client.command(Command("daily", "now"))
    await client.say(words)
    await client.press("Keep this")
    return client.screen.text


async def kept(client: Client) -> str:
    await client.command(Command("kept"))
    return client.screen.text


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


async def test_sealed(path: Path, library: Library, reader: Reader) -> None:
    """With a key the person is told so, reads their words, and the file holds none of them, nor its log."""
    async with opened(path, library, reader, [FIRST]) as client:
        told = await keep(client)
        assert any(sealed in told for sealed in library.phrases["kept-sealed"].says)
        assert WORDS in await kept(client)
        assert b"zugzwang" not in on_disk(path)
    assert b"zugzwang" not in on_disk(path)


async def test_in_clear(path: Path, library: Library, reader: Reader) -> None:
    """Without a key the person is told that the operator could read it, which is so."""
    async with opened(path, library, reader, []) as client:
        said = await keep(client)
        assert any(clear in said for clear in library.phrases["kept-it"].says)
        assert not any(sealed in said for sealed in library.phrases["kept-sealed"].says)
    assert b"zugzwang" in on_disk(path)


async def test_a_key_that_comes_later(path: Path, library: Library, reader: Reader) -> None:
    """What was kept in clear before a key was set can still be read."""
    async with opened(path, library, reader, []) as client:
        await keep(client)
    async with opened(path, library, reader, [FIRST]) as client:
        assert WORDS in await kept(client)


async def test_the_key_is_changed(path: Path, library: Library, reader: Reader) -> None:
    """While both are set all is read; what is kept then needs the new key alone."""
    async with opened(path, library, reader, [FIRST]) as client:
        await keep(client)
    async with opened(path, library, reader, [SECOND, FIRST]) as client:
        assert WORDS in await kept(client)
        await keep(client, "He waved from the tram")
    async with opened(path, library, reader, [SECOND]) as client:
        said = await kept(client)
    assert "He waved from the tram" in said
    assert WORDS not in said


@pytest.mark.parametrize("keys", [[SECOND], []], ids=["another key", "no key"])
async def test_a_lost_key_costs_the_notes_only(path: Path, library: Library, reader: Reader, keys: list[str]) -> None:
    """The prompts go on, nothing fails, and each lost note says what became of it and can be deleted."""
    async with opened(path, library, reader, [FIRST]) as client:
        await client.command(Command("daily", "08:00 every day Europe/Dublin"))
        await client.press("Fine")
        await keep(client)
    async with opened(path, library, reader, keys) as client:
        said = await kept(client)
        assert WORDS not in said
        assert library.phrases["kept-lost"].says[0] in said
        await client.command(Command("progress"))
        assert "1 done" in client.screen.text
        assert client.screen.replies[-1].file
        await client.command(Command("daily"))
        assert "08:00, Europe/Dublin" in client.screen.text
        await client.command(Command("export"))
        assert client.screen.replies[0].file
        assert library.phrases["kept-lost"].says[0].encode() in client.screen.replies[0].file.data
        await client.command(Command("kept"))
        await client.press("Delete 1")
        await client.command(Command("kept"))
        assert any(none in client.screen.text for none in library.phrases["kept-none"].says)


@pytest.mark.parametrize(
    "keys", ["", " , ", FIRST, f"{SECOND}, {FIRST}"], ids=["none", "none but a comma", "one", "two"]
)
def test_keys_as_an_operator_writes_them(keys: str) -> None:
    """One key, or several with commas and spaces; nothing at all seals nothing."""
    seal = open_seal(Settings(notes_key=SecretStr(keys)))
    assert seal.seals == bool(keys.strip(" ,"))
    assert seal.open(seal.close(WORDS)) == WORDS
    if FIRST in keys:
        assert seal.open(Seal([FIRST]).close(WORDS)) == WORDS


def test_no_key_at_all() -> None:
    """Something that is no key is refused with the setting's name and the mend, and is not repeated."""
    with pytest.raises(SettingsError, match=r"REKINDLE_NOTES_KEY.*base64.*make one") as refused:
        open_seal(Settings(notes_key=SecretStr(f"{FIRST},correct horse")))
    assert "horse" not in str(refused.value)
    assert FIRST not in str(refused.value)
