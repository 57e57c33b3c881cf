"""What a decision is made from, and the table type of the presses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.dialogue.state import State
from bot.messages import Reply
from content import Library


class Stale(Exception):
    """The button names something that is no longer there."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where someone stands when they press a button or say a word that works like one."""

    library: Library
    state: State
    at: datetime


Press = Callable[..., State]
"""From a Move and the parts of the payload behind its verb to the next state; may raise Stale."""

Screen = Callable[..., tuple[Reply, ...]]
"""From a View and the screen's arguments to what is shown."""
