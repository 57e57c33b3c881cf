"""What is answered once for the whole conversation: wrong guesses, misses, fragments, stale buttons."""

from bot.dialogue import practice
from bot.dialogue.moves import Move, Press, Screen, to
from bot.dialogue.state import State, scheduled
from bot.dialogue.topics import TOLD, next_step, unseen
from bot.dialogue.view import View, plain
from bot.messages import Choice, Reply

SECOND_GUESSES = 2
THIRD_CHOICE = 3


def wrong(view: View) -> tuple[Reply, ...]:
    """One short apology and the next two readings."""
    guesses = _guesses(view, SECOND_GUESSES)
    text = view.say("wrong" if guesses else "wrong-empty")
    again = (view.button("wrong", "again", "again"),) if guesses else ()
    return (Reply(view.lead(text), choices=(*guesses, *again)),)


def choices(view: View) -> tuple[Reply, ...]:
    """More than one reading is likely: the person decides."""
    again = view.button("choices", "again", "again")
    return (Reply(view.lead(view.say("choices")), choices=(*_guesses(view, THIRD_CHOICE), again)),)


def _guesses(view: View, most: int) -> tuple[Choice, ...]:
    topics = [view.library.topics[name] for name in view.state.ranked if name in view.library.topics]
    return tuple(Choice(topic.title, f"topic:{topic.id}") for topic in topics[:most])


def unknown_command(view: View, nearest: str) -> tuple[Reply, ...]:
    return (Reply(view.say("unknown-command", name=nearest)),)


SCREENS: dict[str, Screen] = {
    "wrong": wrong,
    "choices": choices,
    "again": plain("say-again"),
    "go-on": plain("go-on"),
    "human": plain("human", yes="human:yes", no="human:no", unsafe="unsafe"),
    "human-yes": plain("human-yes"),
    "human-no": plain("human-no", unsafe="unsafe"),
    "task": plain("task"),
    "low-mood": plain("low-mood", lines="lines", yes="human:yes", unsafe="unsafe"),
    "psychosis": plain("psychosis", lines="lines", unsafe="unsafe"),
    "eating": plain("eating", lines="lines", yes="human:yes", unsafe="unsafe"),
    "five": plain(
        "five",
        fights="topic:facing-conflict",
        distance="topic:fading-spark",
        broke="topic:trust-and-honesty",
        over="topic:after-breakup",
        unsafe="unsafe",
    ),
    "nothing-more": plain("nothing-more", menu="menu"),
    "nothing-back": plain("nothing-back"),
    "nothing-said": plain("nothing-said"),
    "stopped": plain("stopped"),
    "nothing-runs": plain("nothing-runs"),
    "tried-what": plain("tried-what"),
    "text-only": plain("text-only"),
    "stale": plain("stale", menu="menu", open="open"),
    "unknown-command": unknown_command,
}


def reject(move: Move) -> State:
    """That was not it: the guess is not offered again in this conversation."""
    state = move.state
    guess = (state.topic,) if state.topic and _guessed(state) else ()
    turned_down = tuple(dict.fromkeys((*state.rejected, *guess)))
    ranked = tuple(name for name in state.ranked if name not in turned_down)
    return state.but(rejected=turned_down, ranked=ranked, topic="", angle="", step="").go("wrong")


def _guessed(state: State) -> bool:
    return state.screen.name in TOLD - {"plan"}


def miss(state: State, *, human: bool) -> State:
    """Beyond what it knows. The second time that someone is not understood, it asks plainly."""
    if not human:
        return state.go("task")
    if state.misses >= 1:
        return state.but(misses=0).go("five")
    return state.but(misses=state.misses + 1).go("human")


def back(move: Move) -> State:
    previous = move.state.previous
    return move.state.go(previous.name, *previous.args) if previous.name else move.state.go("nothing-back")


def stop(move: Move) -> State:
    if move.state.practice.id:
        return practice.stop(move)
    running = move.state.screen.name in {*TOLD, "listen", "listen-start"}
    if running or not scheduled(move.state):
        return move.state.go("stopped" if running else "nothing-runs")
    return move.state.go("daily-stop")


def tried(move: Move) -> State:
    state = move.state
    if not state.topic or not state.step or unseen(move.library, state):
        return state.go("tried-what")
    return next_step(move.library, state, state.topic, state.step, lead="tried")


PRESSES: dict[str, Press] = {
    "wrong": reject,
    "again": to("again"),
    "human": lambda move, answer: move.state.go("human-yes" if answer == "yes" else "human-no"),
}


def repeat(move: Move) -> State:
    """The same words once more: the state stays as it is."""
    return move.state if move.state.screen.name else move.state.go("nothing-said")
