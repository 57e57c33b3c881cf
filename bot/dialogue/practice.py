"""Where somebody stands in an exercise, and what an answer of theirs leads to. No screen is drawn here."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from rapidfuzz import fuzz, process

from bot.dialogue.moves import Move
from bot.dialogue.state import Practice, State, storable
from bot.dialogue.state import Screen as Shown
from bot.dialogue.timers import A_WEEK
from bot.dialogue.topics import open_topic
from bot.messages import utf16_units
from bot.recurrence import next_at_hour
from content import Ask, Exercise, Library, Place, place
from content.guided import Again
from content.paths import SKIPPED
from intents.text import tokens

ANSWER_UNITS = 300  # UTF-16 units that a slot takes
LONG_UNITS = 6000  # of an answer that no text shows
SHORT = 15  # words
# fmt: off
WORN = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "do", "dont", "for", "have", "i", "id", "if",
    "ill", "im", "in", "is", "it", "its", "ive", "me", "my", "not", "of", "on", "or", "out", "so", "that", "thats",
    "the", "them", "they", "this", "to", "too", "up", "us", "was", "we", "with", "you",
})
# fmt: on
"""Words that tell no choice from another."""
DENIALS = frozenset({"not", "never", "dont", "cant", "wont", "isnt", "wasnt", "didnt", "without", "hardly"})
THEY = {"he": "they", "she": "they", "him": "them", "her": "them", "does": "do"}
"""What people say of the one whom a label calls "they"."""
CHOICE_LIKENESS = 80  # of 100, from which words count as one of the choices
TWENTY, HALF_A_DAY = timedelta(minutes=20), timedelta(hours=12)
NIGHT, DAYLIGHT = timedelta(hours=5), 9  # at least so long a night; an hour of the morning
ANSWERING = {"do", "do-begin", "do-notice", "do-which", "do-cannot"}
"""Screens on which what is typed belongs to the exercise."""
DECIDING, ENDING = {"do-notice", "do-which"}, {"do-done", "do-fix", "do-careful", "do-room"}
INSIDE = ANSWERING | ENDING


def running(library: Library, state: State) -> Exercise | None:
    return library.exercises.get(state.practice.id)


def standing(exercise: Exercise, practice: Practice) -> Place:
    return place(exercise, practice.answers, no_contact=practice.contact == "none")


def asks_contact(exercise: Exercise, practice: Practice) -> bool:
    """Before something is written to somebody: whether they want to hear at all."""
    return exercise.message and not practice.contact


def fill(text: str, slots: Mapping[str, str]) -> str:
    """The text with its slots; a line of which every slot was skipped is left out."""
    lines = [line for line in text.split("\n") if _stands(line, slots)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip().format_map(_Slots(slots))


def _stands(line: str, slots: Mapping[str, str]) -> bool:
    names = set(re.findall(r"\{([a-z0-9-]+)\}", line)) - {"partner"}
    return not names or any(slots.get(name) for name in names)


class _Slots(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def result(exercise: Exercise, practice: Practice, **partner: str) -> str:
    """What came of it, in their words; empty where they answered nothing."""
    where = standing(exercise, practice)
    if not any(where.slots.values()):
        return ""
    return fill(exercise.result, {**where.slots, **partner})


# What an answer leads to.


def go_on(move: Move, practice: Practice, lead: str = "") -> State:
    """To the question that is open now, or to what came of it."""
    exercise = move.library.exercises[practice.id]
    state = move.state.but(practice=practice.but(at=move.at, draft="", offered=False))
    where = standing(exercise, practice)
    if where.ask is None:
        return state.go("do-done", exercise.id, lead=lead)
    return state.go("do", exercise.id, where.ask.name, lead=lead)


def record(move: Move, step: Ask, answer: str) -> State:
    """The answer is taken as it is: words, or the name of a choice."""
    practice = move.state.practice
    chosen = step.choices.get(answer)
    if any(option.again for option in step.choices.values()):  # chosen anew, the earlier wish is gone
        move = move.with_state(move.state.without(f"look:{practice.id}"))
    if chosen and chosen.again:
        move = move.with_state(move.state.later(f"look:{practice.id}", _again_at(move, chosen.again)))
    return go_on(move, practice.but(answers={**practice.answers, step.name: answer}))


def _again_at(move: Move, again: Again) -> datetime:
    """By daylight, where it is known when that is; else half a day on."""
    if again is Again.TWENTY:
        return move.at + TWENTY
    zone = move.state.daily.zone
    return next_at_hour(move.at + NIGHT, zone, DAYLIGHT) if zone else move.at + HALF_A_DAY


def back(move: Move) -> State | None:
    """To the question before; None at the first."""
    practice = move.state.practice
    answered = standing(move.library.exercises[practice.id], practice).answered
    if not answered:
        return None
    last = answered[-1].name
    return go_on(move, practice.but(answers={name: a for name, a in practice.answers.items() if name != last}))


def take(move: Move, text: str) -> State:
    """What was typed as the answer to the open question; worth a second look, too long, or taken."""
    exercise = move.library.exercises[move.state.practice.id]
    step = standing(exercise, move.state.practice).ask
    if step is None:
        return go_on(move, move.state.practice)
    if step.choices:
        choice = choice_in(step, text)
        return record(move, step, choice) if choice else _asked_again(move, "do-choose")
    words = storable(text)
    if utf16_units(words) > (LONG_UNITS if step.long else ANSWER_UNITS):
        return _asked_again(move, "do-shorter")
    notice = _noticed(exercise, step, words)
    if notice and step.name not in move.state.practice.looked:
        practice = move.state.practice.but(draft=words, looked=(*move.state.practice.looked, step.name), at=move.at)
        return move.state.but(practice=practice).go("do-notice", exercise.id, step.name, notice)
    return record(move, step, words)


def _asked_again(move: Move, lead: str) -> State:
    return go_on(move, move.state.practice, lead)


def choice_in(step: Ask, text: str, *, loosely: bool = True) -> str:
    """The choice that words resemble, loosely in a single word; a bare yes or no is one where a label begins so."""
    said = " ".join(THEY.get(word, word) for word in tokens(text))
    if not said:
        return ""
    labels = {name: " ".join(tokens(option.label)) for name, option in step.choices.items()}
    labels = {name: label for name, label in labels.items() if not _denied(said.split(), label.split())}
    begins = [name for name, label in labels.items() if label == said or label.startswith(f"{said} ")]
    if len(begins) == 1:
        return begins[0]
    found = process.extractOne(said, labels, scorer=fuzz.token_set_ratio, score_cutoff=CHOICE_LIKENESS)
    if found:
        return found[2]
    return _sharing(said.split(), labels) if loosely else ""


def _sharing(said: Sequence[str], labels: Mapping[str, str]) -> str:
    """The one choice that shares a telling word with a short answer: "i want her to know i heard her"."""
    if len(said) > SHORT:
        return ""
    shared = {name: len({*label.split()} & {*said} - WORN) for name, label in labels.items()}
    most = max(shared.values(), default=0)
    best = [name for name, count in shared.items() if count == most]
    plain = said[0] == "yes" and labels[best[0]].startswith("yes")  # of several, the first says no more than that
    return best[0] if most and (len(best) == 1 or plain) else ""


def _denied(said: Sequence[str], label: Sequence[str]) -> bool:
    """Whether the words turn down what the label says: "not company", where it is "Company"."""
    telling = {*label} - WORN
    if DENIALS & {*label}:  # "i can't sleep" is "I hardly sleep"
        return False
    return any(word in DENIALS and telling & {*said[place + 1 : place + 4]} for place, word in enumerate(said))


def _noticed(exercise: Exercise, step: Ask, text: str) -> str:
    """The first notice of which the words stand in the text."""
    said = f" {' '.join(tokens(text))} "
    for name in step.notice:
        if any(f" {' '.join(tokens(words))} " in said for words in exercise.notices[name].words):
            return name
    return ""


def is_shown(exercise: Exercise, state: State) -> bool:
    """Whether what is typed now belongs to the exercise: a question of it is on the screen."""
    return state.screen.name in ANSWERING and state.screen.args[:1] == (exercise.id,)


def awaits(move: Move, button: str = "") -> bool:
    """Whether the exercise waits for words: for those typed now, or for those of this button's field."""
    exercise = running(move.library, move.state)
    if exercise is None or asks_contact(exercise, move.state.practice):
        return False
    step = standing(exercise, move.state.practice).ask
    if step is None:
        return False
    if button:
        return button == f"do:{exercise.id}:{step.name}"
    return is_shown(exercise, move.state)


def noted(move: Move, text: str) -> tuple[Move, Shown]:
    """With the answer taken down, and what follows it once a question that comes between is answered."""
    taken = take(move, text)
    return move.with_state(move.state.but(practice=taken.practice, once=taken.once)), taken.screen


# Decisions on the way.


def contact(move: Move, answer: str) -> State:
    """Whether the partner may be written to. With no contact nothing is drafted for them."""
    practice = move.state.practice
    if answer == "space" and move.library.exercises[practice.id].near:
        return move.state.but(practice=practice.but(contact="open", at=move.at)).go("do-room", practice.id)
    if answer != "none":
        return go_on(move, practice.but(contact="open"), "do-space" if answer == "space" else "")
    if move.library.exercises[practice.id].no_contact:
        return go_on(move, practice.but(contact="none"), "do-kept-away")
    return move.state.but(practice=Practice()).go("do-none")


def decide(move: Move, what: str) -> State:
    """About what was typed: leave it or change it, or whether it was an answer at all."""
    practice = move.state.practice
    step = standing(move.library.exercises[practice.id], practice).ask
    if step is None or not practice.draft:
        return go_on(move, practice, "gone-step")
    match what:
        case "leave":
            return record(move, step, practice.draft)
        case "mine":
            return take(move.with_state(move.state.but(practice=practice.but(draft=""))), practice.draft)
        case "change":
            return go_on(move, practice, "do-changing")
    waiting = move.state.pending
    state = move.state.but(pending=Shown(), practice=practice.but(draft=""))
    if waiting.name == "topic" and waiting.args and waiting.args[0] in move.library.topics:
        return open_topic(move.library, state, waiting.args[0], next(iter(waiting.args[1:]), ""))
    return state.at_screen(waiting) if waiting.name else state.go("open")


def skip(move: Move) -> State:
    exercise = move.library.exercises[move.state.practice.id]
    step = standing(exercise, move.state.practice).ask
    if step is None or asks_contact(exercise, move.state.practice):
        return move.state
    return record(move, step, SKIPPED)


def stop(move: Move) -> State:
    return move.state.but(practice=Practice()).go("do-stopped")


def finished(library: Library, state: State) -> Exercise | None:
    """The exercise of which all is answered, while what came of it is on the screen."""
    exercise = running(library, state)
    return exercise if exercise and standing(exercise, state.practice).ask is None else None


def after_a_week(state: State, at: datetime) -> State:
    """Without an exercise that nobody went on with, and without a sentence that nobody said to keep."""
    if state.practice.at and at - state.practice.at >= A_WEEK:
        state = state.but(practice=Practice())
    idle = state.idle_since is not None and at - state.idle_since >= A_WEEK
    return state.but(keepable="") if idle else state


def tidied(library: Library, state: State, *, between: bool) -> State:
    """Without what is over, and with the offer to go on where something else was answered.

    `between` is true while a question of safety stands between two steps.
    """
    practice, name = state.practice, state.screen.name
    if not practice.id or between:
        return state
    if practice.id not in library.exercises or (finished(library, state) and name not in ENDING):
        return state.but(practice=Practice())
    if practice.draft and name not in DECIDING:
        practice = practice.but(draft="")
    if name in INSIDE:
        return state.but(practice=practice.but(offered=False))
    if practice.offered or state.danger_at:
        return state.but(practice=practice)
    return state.but(practice=practice.but(offered=True), screen=state.screen.model_copy(update={"offer": True}))
