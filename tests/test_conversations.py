from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest
from conversation import Client, Screen, play

from bot.dialogue.dialogue import Dialogue
from bot.schedule import Schedule

FOLDER = Path(__file__).parent / "conversations"
FILES = sorted(FOLDER.glob("**/*.txt"))


def passing(dialogue: Dialogue) -> Callable[[Client, datetime], Awaitable[None]]:
    """Plays every instant on the real schedule; the client sees what is delivered last."""

    async def play_until(client: Client, to: datetime) -> None:
        schedule = Schedule(dialogue, lambda _: client.screen, lambda: client.at)
        while (due := await dialogue.store.next_due()) and due <= to:
            client.at, client.screen = due, Screen()
            await schedule.deliver()

    return play_until


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
async def test_conversation(path: Path, dialogue: Dialogue) -> None:
    """Each conversation file goes as it is written; its first paragraph is the fact that it proves."""
    await play(path, Client(dialogue.handle, pass_time=passing(dialogue)), dialogue.library)
