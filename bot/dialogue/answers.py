"""What is typed while an exercise waits: its answer, a word that works everywhere, or something new."""

import re
from collections.abc import Callable

from bot.dialogue import practice
from bot.dialogue.moves import Move
from bot.dialogue.state import State, storable
from content import Ask, Exercise
from intents.reading import Reading
from intents.text import tokens

YOU, WE = re.compile(r"\b(you|your|youre)\b"), re.compile(r"\b(we|us|our)\b")
THIRD = re.compile(r"\b(he|she|hes|shes|him|her|his)\b")
ASKS_BOT = re.compile(
    r"\b(do you think|what (do|would) you (think|do|say|suggest)|can you help|are you (a |an )?(bot|real|human))\b"
)
SURE = 0.6  # confidence from which words are said to the bot rather than answered
THEIRS_TOO, SURELY = {"greeting", "thanks", "goodbye", "about-bot"}, 0.85  # what one says to a partner as well
TOLD_WORDS = 3  # "hugs" is what they miss, not a goodbye; whole messages like "thanks" are known by heart
TO_BOT = {"misunderstood", "help", "menu", "about-bot", "privacy", "greeting", "thanks", "goodbye", "stop"}
NO_ORDER = re.compile(r"\b(no|not|isnt|without|never)( \w+)? (court|restraining|protective|injunction)( order)?\b")
NO_CONTACT = re.compile(
    r"\b(no contact|blocked|court|restraining|protective|injunction"
    r"|(not to|dont|do not|never|stop) ((ever )?(contact|text|message|write|call|ring|get in touch)"
    r"|(contacting|texting|messaging|writing|calling|ringing)))\b"
)
SPACE = re.compile(r"\b(space|distance|time apart|a break|in touch)\b")
LEANING_WORDS = 12
DECISION_WORDS = 5  # "leave it as it is"
LEANINGS = {"yes", "no", "sometimes", "all"}
"""Whole messages that can be an answer all the same."""

Otherwise = Callable[[Move, Reading], State]
"""What a message would lead to if no exercise ran."""


def typed(move: Move, text: str, reading: Reading, otherwise: Otherwise) -> State | None:
    """What the exercise makes of it; None where it means something of its own."""
    exercise = practice.running(move.library, move.state)
    if exercise is None or not practice.is_shown(exercise, move.state):
        return None
    if reading.gives_up:
        return move.state.go("do-cannot", exercise.id)
    if reading.command and reading.command not in LEANINGS:
        return COMMANDS[reading.command](move) if reading.command in COMMANDS else None
    if practice.asks_contact(exercise, move.state.practice):
        return _contact(move, text, reading, otherwise)
    return _answer(move, exercise, text, reading, otherwise)


def _answer(move: Move, exercise: Exercise, text: str, reading: Reading, otherwise: Otherwise) -> State | None:
    step = practice.standing(exercise, move.state.practice).ask
    if step is None or move.state.screen.name == "do-cannot":
        return None
    if move.state.screen.name == "do-which" and reading.command:
        return practice.decide(move, "mine" if reading.leaning == "yes" else "new")
    if move.state.screen.name == "do-notice" and (decided := _about_notice(move, text, reading)):
        return decided
    if not _something_new(move, exercise, text, reading):
        return practice.take(move, text)
    if step.choices:
        return practice.take(move, text) if practice.choice_in(step, text, loosely=False) else None
    return _which(move, step, text, otherwise(move, reading))


def _about_notice(move: Move, text: str, reading: Reading) -> State | None:
    """Whether to leave the words or change them; None for the line anew."""
    said = tokens(text)
    buttons = move.library.phrases["do-notice"].buttons
    if reading.command:
        return practice.decide(move, "leave") if reading.leaning == "no" else move.state
    return practice.decide(move, said[0]) if said and said[0] in buttons and len(said) <= DECISION_WORDS else None


def _which(move: Move, step: Ask, text: str, state: State) -> State:
    """Whether it is the answer, or what it would mean elsewhere."""
    held = move.state.practice.but(draft=storable(text), at=move.at)
    waiting = move.state.but(practice=held, pending=state.screen, ranked=state.ranked)
    return waiting.go("do-which", held.id, step.name)


def _contact(move: Move, text: str, reading: Reading, otherwise: Otherwise) -> State:
    if answer := _about_contact(" ".join(tokens(text)), reading):
        return practice.contact(move, answer)
    if _told(reading) and reading.act != "stop":  # "please stop shutting me out" is the message itself
        return otherwise(move, reading)
    return move.state.go("do", move.state.practice.id, "contact", lead="do-contact-first")


def _about_contact(said: str, reading: Reading) -> str:
    """What the words say of the contact; a "please" that begins the message itself says nothing."""
    if NO_CONTACT.search(NO_ORDER.sub("", said)):
        return "none"
    if SPACE.search(said):
        return "space"
    short = reading.words <= LEANING_WORDS and not said.startswith("please")
    return {"no": "no", "yes": "none"}.get(reading.leaning, "") if short else ""


def _something_new(move: Move, exercise: Exercise, text: str, reading: Reading) -> bool:
    """Something said to the bot, a question to it, or surely another heavy subject."""
    if reading.command:
        return False
    to_partner = exercise.message and _to_partner(" ".join(tokens(text)))
    if _told(reading) or (reading.question and not to_partner):
        return True
    topic = move.heavy(reading)
    if topic is None or to_partner or reading.best.confidence < SURE:
        return False
    told_before = {move.state.topic, *move.state.ranked}  # what led them here is no news
    return exercise.id not in topic.exercises and topic.id not in told_before


def _told(reading: Reading) -> bool:
    sure = SURELY if reading.act in THEIRS_TOO else SURE
    return reading.act in TO_BOT and reading.best.confidence >= sure and reading.words >= TOLD_WORDS


def _to_partner(said: str) -> bool:
    """Whether it reads like something for the partner: "we" with "he" or "she" in it tells of them."""
    if ASKS_BOT.search(said):
        return False
    return bool(YOU.search(said) or (WE.search(said) and not THIRD.search(said)))


def _back(move: Move) -> State:
    return practice.back(move) or move.state.go("nothing-back")


COMMANDS: dict[str, Callable[[Move], State]] = {
    "skip": practice.skip,
    "back": _back,
    "stop": practice.stop,
    "more": lambda move: practice.go_on(move, move.state.practice),
    "why": lambda move: move.state.go("do-careful", move.state.practice.id),
}
