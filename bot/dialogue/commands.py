"""Slash commands: what each leads to, with or without words after it."""

from collections.abc import Callable

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from bot.dialogue import daily, meeting, plans, progress, repairs, typed
from bot.dialogue.moves import Move, to
from bot.dialogue.screens import press
from bot.dialogue.state import State, scheduled
from bot.dialogue.topics import open_topic
from bot.messages import Command
from intents.reading import Reading

TITLE_LIKENESS = 80  # of 100, from which words after /tip are a topic's title

Run = Callable[[Move, str, Reading], State]


def run(move: Move, command: Command, reading: Reading) -> State:
    """Where a command leads; one that is unknown is answered with the nearest."""
    if command.name in RUNS:
        return RUNS[command.name](move, command.words, reading)
    names = [known.name for known in move.library.commands]
    nearest = process.extractOne(command.name, names, scorer=fuzz.ratio)
    return move.state.go("unknown-command", nearest[0] if nearest else "help")


def _start(move: Move, words: str, _: Reading) -> State:
    """A link may name where to begin: `/start topic_listening`."""
    if words.startswith("topic_"):
        return press(move, words.replace("_", ":", 1))
    return meeting.start(move)


def _talk(move: Move, words: str, reading: Reading) -> State:
    return typed.answer(move, words, reading) if words else move.state.go("open")


def _tip(move: Move, words: str, reading: Reading) -> State:
    """One thing to try: for what the words name, for what they resemble, or where the person was."""
    if not words:
        return press(move, "more") if move.state.topic else move.state.go("menu")
    titles = {topic.id: topic.title for topic in move.library.topics.values()}
    found = _titled(words, titles)
    if words in titles:
        return open_topic(move.library, move.state, words)
    if found and len(words.split()) <= len(found[0].split()):
        return open_topic(move.library, move.state, found[2])
    return typed.answer(move, words, reading)


def _titled(words: str, titles: dict[str, str]) -> tuple[str, float, str] | None:
    """The title that the words resemble, however they are written."""
    return process.extractOne(words, titles, scorer=fuzz.WRatio, processor=default_process, score_cutoff=TITLE_LIKENESS)


def _practice(move: Move, words: str, _: Reading) -> State:
    titles = {exercise.id: exercise.title for exercise in move.library.exercises.values()}
    found = _titled(words, titles) if words else None
    return press(move, f"do:{found[2]}") if found else move.state.go("practice")


def _country(move: Move, words: str, reading: Reading) -> State:
    if not words:
        return move.state.go("country-ask")
    known = reading.country in move.library.helplines.countries
    return move.state.but(country=reading.country).go("country-set") if known else move.state.go("country-unknown")


RUNS: dict[str, Run] = {
    "start": _start,
    "talk": _talk,
    "topics": to("menu"),
    "menu": to("menu"),
    "tip": _tip,
    "crisis": to("lines"),
    "country": _country,
    "hide": to("hide-ask"),
    "privacy": to("privacy"),
    "export": to("exported"),
    "forget": to("forget-ask"),
    "stop": lambda move, *_: daily.off(move) if scheduled(move.state) else repairs.stop(move),
    "kept": to("kept-list"),
    "progress": lambda move, *_: progress.look_back(move),
    "practice": _practice,
    "plan": lambda move, *_: plans.open_plans(move),
    "daily": lambda move, words, _: daily.begin(plans.unstarted(move), words),
    "help": to("how"),
}
