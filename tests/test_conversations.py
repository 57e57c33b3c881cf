from pathlib import Path

import pytest
from conversation import Client, play

from bot.dialogue.dialogue import Dialogue

FILES = sorted((Path(__file__).parent / "conversations").glob("**/*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_conversation(path: Path, dialogue: Dialogue) -> None:
    """Each conversation file goes as it is written; its first paragraph is the fact that it proves."""
    await play(path, Client(dialogue.handle), dialogue.library)
