"""To be asked, days later, how it went: once, and only where somebody wants it."""

from datetime import timedelta

from bot.dialogue.moves import Move, Press, Screen, Stale
from bot.dialogue.state import State
from bot.dialogue.view import plain

ASKED_AFTER = timedelta(days=2)
LATER = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
NAME, LOOK = "checkin", "look"

SCREENS: dict[str, Screen] = {
    "checkin-set": plain("checkin-set", off="checkin:off"),
    "checkin-waits": plain("checkin-waits"),
    "checkin-off": plain("checkin-off"),
}


def _press(move: Move, verb: str, topic: str = "") -> State:
    state = move.state
    if verb == "off":
        return state.but(once=tuple(due for due in state.once if not due.name.startswith(NAME))).go("checkin-off")
    if topic not in move.library.topics:
        raise Stale
    match verb:
        case "ask":
            return state.later(f"{NAME}:{topic}", move.at + ASKED_AFTER).go("checkin-set")
        case "later":
            return state.later(f"{NAME}:{topic}", move.at + LATER).go("checkin-waits")
        case "show":
            step = move.library.topics[topic].steps[0].name
            known = state if state.topic == topic else state.but(topic=topic, angle="", step=step)
            return known.but(chosen=topic).go("went-which")
    raise Stale


def _press_look(move: Move, verb: str, exercise: str = "") -> State:
    """About a message that was held, once the time that they chose is over."""
    state = move.state
    match verb:
        case "off":
            return state.but(once=tuple(due for due in state.once if not due.name.startswith(LOOK))).go("checkin-off")
        case "send" | "rest":
            return state.go(f"do-again-{verb}")
        case "later" if exercise in move.library.exercises:
            return state.later(f"{LOOK}:{exercise}", move.at + AN_HOUR).go("checkin-waits")
        case "show" if exercise in move.library.exercises:
            return state.go("do-again")
    raise Stale


PRESSES: dict[str, Press] = {NAME: _press, LOOK: _press_look}
