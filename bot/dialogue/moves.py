"""What a decision is made from, and the table type of the presses."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.state import State
from bot.messages import Reply
from content import Library, Topic
from intents.reading import Kind, Reading


class Stale(Exception):
    """The button names something that is no longer there."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where someone stands when they press a button or say a word that works like one."""

    library: Library
    state: State
    at: datetime

    def heavy(self, reading: Reading) -> Topic | None:
        """The heavy topic that a message surely is about, where it is about one."""
        topic = self.library.topics.get(reading.best.id) if reading.kind is Kind.TOPIC else None
        return topic if topic and topic.heavy else None

    def with_state(self, state: State) -> "Move":
        return replace(self, state=state)


Press = Callable[..., State]
"""From a Move and the parts of the payload behind its verb to the next state; may raise Stale."""

Screen = Callable[..., tuple[Reply, ...]]
"""From a View and the screen's arguments to what is shown."""


def to(screen: str) -> Press:
    return lambda move, *_: move.state.go(screen)


def dispatch(presses: Mapping[str, Press], verb: str, move: Move, *parts: str) -> State:
    """What the verb does with the parts behind it. Raises Stale for a verb or a number of parts that means nothing."""
    if verb not in presses:
        raise Stale
    try:
        inspect.signature(presses[verb]).bind(move, *parts)
    except TypeError as error:
        raise Stale from error
    return presses[verb](move, *parts)
