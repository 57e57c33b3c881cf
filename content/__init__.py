"""Every word that people read, as data, and the loader that checks it."""

from content.errors import ContentError
from content.guided import Ask, Day, Exercise, Plan
from content.library import House, Library, load_library
from content.model import Angle, Command, Deck, Door, Helpline, Helplines, Phrase, Prompt, Step, Topic
from content.paths import Place, place

__all__ = [
    "Angle",
    "Ask",
    "Command",
    "ContentError",
    "Day",
    "Deck",
    "Door",
    "Exercise",
    "Helpline",
    "Helplines",
    "House",
    "Library",
    "Phrase",
    "Place",
    "Plan",
    "Prompt",
    "Step",
    "Topic",
    "load_library",
    "place",
]
