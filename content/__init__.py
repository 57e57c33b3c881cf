"""Every word that people read, as data, and the loader that checks it."""

from content.errors import ContentError
from content.library import Library, load_library
from content.model import Angle, Command, Deck, Door, Helpline, Helplines, Phrase, Prompt, Step, Topic

__all__ = [
    "Angle",
    "Command",
    "ContentError",
    "Deck",
    "Door",
    "Helpline",
    "Helplines",
    "Library",
    "Phrase",
    "Prompt",
    "Step",
    "Topic",
    "load_library",
]
