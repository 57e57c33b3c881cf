"""What has fallen due: whether it is still wanted, and the cover that it is sent under."""

from datetime import timedelta

from bot.dialogue import prompts
from bot.dialogue.moves import Move
from bot.dialogue.state import State

TALKING = timedelta(minutes=60)  # after their last message, for which a cover does not take the place of what was asked


def fall_due(move: Move, timer: str) -> tuple[State, State | None]:
    """The state that is kept, and what is shown: None where the person has turned it off, or is in danger."""
    state = move.state
    name, _, about = timer.partition(":")
    if name != "daily":
        state = state.without(timer)
    if state.danger_at or (state.suspended and name != "checkin"):
        return state, None
    if name == "daily":
        if not state.daily.ready or state.daily.served >= about:
            return state, None
        chosen = prompts.next_for(Move(move.library, state.without("later"), move.at), about)
        if chosen is None:
            return state, None
        state = chosen
    shown = covered(state, timer)
    return (state if _talking(move) else shown), shown


def covered(state: State, timer: str) -> State:
    """Says nothing to a stranger's eye."""
    name, _, about = timer.partition(":")
    args = ("checkin", about) if name == "checkin" else ("prompt", state.daily.day)
    shown = state.screen.name == "cover" and state.screen.args == args
    return state if shown and timer != "later" else state.go("cover", *args)


def _talking(move: Move) -> bool:
    heard = move.state.heard_at
    return heard is not None and move.at - heard < TALKING and move.state.screen.name not in prompts.SCREENS
