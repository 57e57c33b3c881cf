"""Every word that people read, as data, and the loader that checks it."""

from content.errors import ContentError
from content.library import Library, load_library
from content.model import Angle, Command, Door, Helpline, Helplines, Phrase, Step, Topic

__all__ = [
    "Angle",
    "Command",
    "ContentError",
    "Door",
    "Helpline",
    "Helplines",
    "Library",
    "Phrase",
    "Step",
    "Topic",
    "load_library",
]
