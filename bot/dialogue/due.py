"""What has fallen due: whether it is still wanted, and the cover that it is sent under."""

from datetime import timedelta

from bot.dialogue import plans, practice, prompts
from bot.dialogue.moves import Move
from bot.dialogue.state import Course, State
from bot.dialogue.timers import DAILY, IDLE
from bot.recurrence import local_date

NOTICE = timedelta(days=14)  # before somebody is forgotten who gets prompts and answers none
ASKED_FOR = {"checkin", "look"}
"""What comes once, because they wanted to be asked."""
TALKING = timedelta(minutes=60)  # after their last message, for which a cover does not take the place of what was asked


def fall_due(move: Move, timer: str) -> tuple[State, State | None]:
    """The state that is kept, and what is shown: None where the person has turned it off, or is in danger."""
    state = move.state
    name, _, about = timer.partition(":")
    if name == IDLE:
        return practice.after_a_week(state, move.at), None
    if name != DAILY:
        state = state.without(timer)
    if _stopped(state, name):
        return state, None
    if name == DAILY:
        if not state.delivers or state.daily.served >= about:
            return state, None
        chosen = _of_the_day(move.with_state(state.without("later")), about)
        if chosen.daily.served != about:
            return chosen, None
        state = chosen
        if ends := _ends(move):
            shown = state.but(warned_for=state.heard_at).go("cover", "prompt", about, ends)
            return shown, shown
    shown = covered(state, timer)
    return (state if _talking(move) else shown), shown


def _of_the_day(move: Move, day: str) -> State:
    """The plan's next step, or a prompt; the same state where there is neither. A plan ends after its last day."""
    if move.state.planned:
        if planned := plans.next_day(move, day):
            return planned
        move = move.with_state(move.state.but(course=Course()))
    return (prompts.next_for(move, day) or move.state) if move.state.daily.on else move.state


def undelivered(state: State, timer: str) -> State:
    """As if nothing had come that day; the same state where nothing was noted."""
    name, _, day = timer.partition(":")
    if name != DAILY or state.daily.days.get(day) != "sent":
        return state
    told = state.screen.name == "cover" and state.screen.args[1:2] == (day,) and len(state.screen.args) > len(("", day))
    daily = state.daily.but(days={d: what for d, what in state.daily.days.items() if d != day})
    return state.but(daily=daily, warned_for=None if told else state.warned_for)


def covered_again(state: State, timer: str) -> State | None:
    """The cover once more; None where there was none to send."""
    name, _, about = timer.partition(":")
    unsent = name == IDLE or (name == DAILY and state.daily.served != about)
    return None if _stopped(state, name) or unsent else covered(state, timer)


def _stopped(state: State, name: str) -> bool:
    """Whether danger holds it back."""
    return state.danger_at is not None or (state.suspended and name not in ASKED_FOR)


def covered(state: State, timer: str) -> State:
    """Says nothing to a stranger's eye."""
    name, _, about = timer.partition(":")
    day = ("plan" if state.planned and name != "later" else "prompt", state.daily.day)
    args = (name, about) if name in ASKED_FOR else day
    shown = state.screen.name == "cover" and state.screen.args[:2] == args
    return state if shown and timer != "later" else state.go("cover", *args)


def _ends(move: Move) -> str:
    """The local date on which they are forgotten, where that is near and they were not told: once a silence."""
    heard = move.state.heard_at
    if heard is None or move.state.warned_for == heard:
        return ""
    forgotten = heard + timedelta(days=move.library.house.retention_days)
    return local_date(forgotten, move.state.daily.zone) if move.at >= forgotten - NOTICE else ""


def _talking(move: Move) -> bool:
    heard = move.state.heard_at
    return heard is not None and move.at - heard < TALKING and move.state.screen.name not in prompts.SCREENS
