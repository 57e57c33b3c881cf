from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dialogue.dialogue import Dialogue
from content import Library, load_library
from intents.reader import Reader
from storage import Store


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library()


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "rekindle.sqlite") as opened:
        yield opened


@pytest.fixture
def dialogue(library: Library, reader: Reader, store: Store) -> Dialogue:
    """The real thing; a fault that a person would be answered with a sentence for fails the test."""

    def fail(error: Exception) -> None:
        raise error

    return Dialogue(library, reader, store, fail)
