"""Putting the parts together: what every command that talks to people needs."""

import logging
from pathlib import Path

from bot.dialogue.dialogue import Dialogue
from bot.settings import Settings
from content import load_library
from intents.reader import Reader
from storage import Store

log = logging.getLogger("rekindle")


def open_dialogue(settings: Settings) -> Dialogue:
    """Raises ContentError, PhrasesError or StorageError, each with a sentence for the operator."""
    library = load_library(settings.content)
    reader = Reader.load()
    return Dialogue(library, reader, Store(settings.database), report)


def report(error: Exception) -> None:
    """The kind of a fault and where it happened, never what somebody wrote."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "unknown place"
    log.error("a turn failed: %s at %s", type(error).__name__, where)
