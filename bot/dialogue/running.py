"""What is sent by itself, and the question whether it still fits once an ending, an affair or distance comes up."""

from datetime import date, timedelta

from bot.dialogue import daily, plans
from bot.dialogue.moves import Move, Press, Screen, dispatch, to
from bot.dialogue.state import Screen as Shown
from bot.dialogue.state import State
from bot.dialogue.view import View, plain
from bot.messages import Reply
from bot.recurrence import local_date
from content import Library
from content.model import Fit

ASKED_AGAIN = timedelta(days=7)  # after which the same topic leads to the question once more
TOPICS: dict[str, tuple[str, ...]] = {
    "after-breakup": (),
    "divorce": (),
    "infidelity": (),
    "time-apart": (),
    "respecting-wishes": ("asked-for-space",),
}
"""After which it is asked, and on which side of them; none: on every side."""

FITTING = {Fit.SPACE, Fit.OVER}
"""With these, what is sent asks for nothing from the other one as it is."""


def runs(state: State, today: str) -> bool:
    """Whether something comes by itself that supposes that the two are together."""
    paused = state.daily.until > today
    return state.delivers and not paused and (state.planned or state.daily.fit not in FITTING)


def ask(move: Move, state: State) -> State:
    """With the question below the answer where it is due: once a day at most, and once in a while for a topic."""
    today = local_date(move.at, state.daily.zone)
    topic = _about(move.library, state.screen)
    asked = {name: day for name, day in state.asked_about.items() if _lately(day, today)}
    helped = state.danger_at or state.card_in or state.screen.card or state.screen.youth  # that stands alone
    asks = bool(topic) and runs(state, today) and not helped and topic not in asked and today not in asked.values()
    asked_about = {**asked, topic: today} if asks else asked
    if asks and state.planned:  # it waits until they have said
        state = state.but(course=state.course.but(paused=True))
    return state.but(asked_about=asked_about, screen=state.screen.model_copy(update={"asks": asks}))


def _about(library: Library, screen: Shown) -> str:
    """The topic of a first answer after which it is asked; while its side is open, that question comes first."""
    if screen.name != "topic" or screen.args[0] not in TOPICS:
        return ""
    topic, *side = screen.args
    if library.topics[topic].angles and not side:
        return ""
    return topic if not TOPICS[topic] or side[0] in TOPICS[topic] else ""


def _lately(day: str, today: str) -> bool:
    return date.fromisoformat(today) - date.fromisoformat(day) < ASKED_AGAIN


def question(view: View) -> Reply:
    """A message of its own, so that no buttons pile up under the answer."""
    choices = tuple(view.button("running-ask", key, f"running:{key}") for key in ("pause", "change", "keep"))
    return Reply(view.say("running-ask"), choices=choices)


SCREENS: dict[str, Screen] = {"running-kept": plain("running-kept")}


def _keep(move: Move) -> State:
    """Back to what they were talking about."""
    move = move.with_state(move.state.but(course=move.state.course.but(paused=False)))
    screen = move.state.screen
    if not screen.asks:
        return move.state.go("running-kept")
    return move.state.at_screen(screen.model_copy(update={"lead": "running-kept", "notice": False}))


def _pause(move: Move) -> State:
    """All that comes by itself: with the plan on hold the prompts do not take its place."""
    if not move.state.course.id:
        return daily.pause(move)
    waiting = plans.pause(move)
    if not waiting.daily.on:
        return waiting
    resting = daily.pause(move.with_state(waiting))
    return resting.but(screen=resting.screen.model_copy(update={"lead": "plan-paused"}))


def _press(move: Move, verb: str) -> State:
    change = plans.changed_since if move.state.course.id else to("daily-fit")
    verbs: dict[str, Press] = {"pause": _pause, "change": change, "keep": _keep}
    return dispatch(verbs, verb, move)


PRESSES: dict[str, Press] = {"running": _press}
