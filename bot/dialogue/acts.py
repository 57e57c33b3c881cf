"""What is said to the bot itself: yes and no, more, stop, thanks, goodbye, and where each leads."""

from collections.abc import Callable

from bot.dialogue import danger, meeting, plans, repairs, topics
from bot.dialogue.moves import Move, to
from bot.dialogue.screens import press
from bot.dialogue.state import State
from intents.reading import Reading


def _yes(move: Move, _: Reading) -> State:
    state = move.state
    if topics.unseen(move.library, state):
        return topics.open_door(move.library, state, state.topic, next(iter(move.library.topics[state.topic].doors)))
    if state.screen.name == "plan":
        return state.go("enough")
    if state.screen.name in {"topic", "step", "words", "why", "all"} and state.step:
        return press(move, f"try:{state.topic}:{state.step}")
    if state.screen.name in {"choices", "wrong"} and state.ranked:
        return topics.open_topic(move.library, state, state.ranked[0])
    return state.go("open")


def _no(move: Move, _: Reading) -> State:
    state = move.state
    if state.screen.name == "plan":
        return state.go("done")
    if state.screen.name in {"step", "words", "why", "all"} and state.step:
        return topics.next_step(move.library, state, state.topic, state.step)
    if state.screen.name in {"topic", "choices", "wrong"}:
        return repairs.reject(move)
    return state.go("again")


def _on(move: Move, _: Reading) -> State:
    """On with the exercise that was offered, else with the topic."""
    if move.state.screen.offer:
        return press(move, f"do:{move.state.practice.id}")
    return press(move, "more")


def _hold(move: Move, _: Reading) -> State:
    return press(move, "do:hold")


def _about_topic(verb: str) -> "Act":
    def act(move: Move, _: Reading) -> State:
        topic = move.state.topic
        return press(move, f"{verb}:{topic}") if topic else move.state.go("nothing-more")

    return act


def _goodbye(move: Move, _: Reading) -> State:
    """A denial is not the end of it: the lines come back once, at the goodbye."""
    return danger.card_now(move.state.go("bye")) if move.state.card_in else move.state.go("bye")


def _help(move: Move, reading: Reading) -> State:
    return move.state.go("help-which" if reading.command else "how")


Act = Callable[[Move, Reading], State]


def _moves(function: Callable[[Move], State]) -> Act:
    return lambda move, _: function(move)


ACTS: dict[str, Act] = {
    "greeting": _moves(meeting.greet),
    "thanks": to("thanks"),
    "goodbye": _goodbye,
    "help": _help,
    "menu": to("menu"),
    "privacy": to("privacy"),
    "yes": _yes,
    "no": _no,
    "stop": _moves(repairs.stop),
    "about-bot": to("about"),
    "repeat": _moves(repairs.repeat),
    "back": _moves(repairs.back),
    "skip": _on,
    "more": _on,
    "why": _about_topic("why"),
    "all": _about_topic("all"),
    "number": to("lines"),
    "hide": to("hide-ask"),
    "misunderstood": _moves(repairs.reject),
    "tried-it": _moves(repairs.tried),
    "just-listen": _moves(meeting.listen),
    "hold": _hold,
    "practice": to("practice"),
    "plans": _moves(plans.open_plans),
    "update": to("went-which"),
}
