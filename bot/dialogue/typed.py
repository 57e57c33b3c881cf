"""What typed text leads to, in this order: a question that is open, a word, a button's label, what it resembles."""

from dataclasses import replace
from datetime import timedelta

from rapidfuzz import fuzz, process

from bot.dialogue import answers, daily, danger, meeting, plans, practice, prompts, repairs, topics
from bot.dialogue.acts import ACTS
from bot.dialogue.moves import Move
from bot.dialogue.screens import press, render
from bot.dialogue.state import Screen as Shown
from bot.dialogue.state import State
from bot.messages import Choice, Incoming
from bot.recurrence import local_date
from intents.reading import Kind, Reading
from intents.safety import Hint
from intents.text import sentences, tokens

ANSWERS_FOR = timedelta(minutes=60)  # after it, a question no longer takes what is typed for its answer
SAME_TALK = timedelta(minutes=30)  # within it, the same topic again goes on rather than begins anew
LABEL_LIKENESS = 88  # of 100, from which words count as a button's label
FRAGMENT_WORDS = 4
A_WORD_OR_TWO = 2
CLEAR = 0.7  # confidence from which a word or two are enough
SHORT_LINE = 8  # words
ALIEN = 0.85  # confidence from which something outside is no part of what was being told
TRIED_AFTER = timedelta(hours=6)
LONG = 4000  # characters
OFFERED, THIRD_TIME, LIKELIEST = 3, 3, 2
DECLINED = {Hint.SURVEILLANCE: "spying", Hint.TESTING: "testing"}
DOORS = {Hint.LOW_MOOD: "low-mood", Hint.PSYCHOSIS: "psychosis", Hint.EATING: "eating"}


def answer(move: Move, text: str, reading: Reading) -> State:
    for hint, screen in DECLINED.items():
        if hint in reading.hearing.hints and not move.state.danger_at:
            return move.state.go(screen)
    if payload := _open_question(move, reading) or _label(move, text):
        return press(move, payload)
    if reading.country and (move.state.danger_at or move.state.screen.name in danger.ASKS_COUNTRY):
        return move.state.but(country=reading.country).go("country-set")
    if move.state.danger_at:
        return _in_danger(move, reading)
    decided = (
        (answers.typed(move, text, reading, _ordinary) if _recent(move, ANSWERS_FOR) else None)
        or _captured(move, reading)
        or plans.typed(move, text, reading)
        or daily.typed(plans.unstarted(move), text, reading)
        or prompts.answer(move, text, reading)
        or _ordinary(move, reading)
    )
    if len(text) > LONG and not decided.screen.lead:
        return decided.but(screen=decided.screen.model_copy(update={"lead": "long"}))
    return decided


def after_question(move: Move, reading: Reading) -> Shown:
    """What follows once a safety question is answered with no: what the message would have led to."""
    screen = move.state.screen
    if screen.name in {"plan", "listen", "listen-start"}:
        return screen
    label = reading.best
    if reading.kind is Kind.TOPIC and label.id in move.library.topics:
        angle = (label.angle,) if label.angle in move.library.topics[label.id].angles else ()
        return Shown(name="topic", args=(label.id, *angle))
    return Shown(name="open")


def for_exercise(move: Move, incoming: Incoming) -> bool:
    """Whether what was typed answers the question of an exercise: in the chat, or in a field of its own."""
    if incoming.press:
        return practice.awaits(move, incoming.press)
    return practice.awaits(move) and not incoming.command and _recent(move, ANSWERS_FOR)


def _recent(move: Move, within: timedelta) -> bool:
    return move.state.heard_at is not None and move.at - move.state.heard_at < within


# A question that is open, or a label that was typed instead of pressed.

YES_OR_NO = {
    "fear": {"yes": "safe:fear-yes", "sometimes": "safe:fear-sometimes", "no": "safe:fear-no"},
    "check:alive": {"yes": "safe:alive-yes", "sometimes": "safe:alive-yes", "no": "safe:alive-no"},
    "check:aside": {"yes": "unsafe", "sometimes": "unsafe", "no": "safe:on"},
    "forget-ask": {"yes": "forget:yes", "no": "forget:no"},
    "human": {"yes": "human:yes", "no": "human:no"},
    "listen-ask": {"yes": "listen:on", "no": "listen:try"},
    "return": {"yes": "where", "no": "open"},
    "enough": {"yes": "done", "no": "more"},
}
ANSWER_WORDS = 7  # "no idea what to do, he came home and ..." is no answer


def _open_question(move: Move, reading: Reading) -> str:
    if move.state.screen.name == "fear" and "safety-violence" in reading.hearing.denied and not reading.hearing.alarms:
        return "safe:fear-no"
    if reading.words > ANSWER_WORDS or not _recent(move, ANSWERS_FOR):
        return ""
    return YES_OR_NO.get(move.state.screen.key, {}).get(reading.leaning, "")


def _label(move: Move, text: str) -> str:
    """The payload of the button whose label, or number, was typed; more may follow in a second sentence."""
    choices = _choices(move)
    first = next(iter(sentences(text)), "")
    said = " ".join(tokens(first))
    if said.isdecimal():
        return choices[int(said) - 1].payload if 0 < int(said) <= len(choices) else ""
    labels = {choice.payload: " ".join(tokens(choice.label)) for choice in choices}
    found = process.extractOne(said, labels, scorer=fuzz.ratio, score_cutoff=LABEL_LIKENESS) if said else None
    return found[2] if found else ""


def _choices(move: Move) -> tuple[Choice, ...]:
    if not move.state.screen.name:
        return ()
    return tuple(choice for reply in render(move.library, move.state, "console") for choice in reply.choices)


# States in which text means something of its own.


def _in_danger(move: Move, reading: Reading) -> State:
    """Being heard, and nothing about the relationship."""
    act = reading.act
    if act in danger.ACTS:
        return danger.ACTS[act](move)
    if act in {"privacy", "about-bot", "goodbye", "repeat"}:
        return ACTS[act](move, reading)
    return move.state.go("heard")


def _captured(move: Move, reading: Reading) -> State | None:
    """Free answers: to when a step will be tried, and while the bot only listens."""
    name = move.state.screen.name
    if not _recent(move, ANSWERS_FOR) or reading.command or reading.act in BREAK_OUT:
        return None
    if name in {"listen-start", "listen"}:
        return meeting.listen(move)
    if name == "plan" and not reading.question and not _something_new(move, reading):
        return move.state.go("enough")
    return None


BREAK_OUT = {"misunderstood", "tried-it", "just-listen", "stop", "help", "menu", "privacy", "about-bot"}
"""Acts that are meant even where an answer is awaited; a goodbye only counts there when it is all that was said."""


def _something_new(move: Move, reading: Reading) -> bool:
    topic = move.heavy(reading)
    return topic is not None and topic.id != move.state.topic


# What the words resemble.


def _ordinary(move: Move, reading: Reading) -> State:
    if reading.words <= A_WORD_OR_TWO and not reading.command and reading.best.confidence < CLEAR:
        return move.state.go("go-on")
    if reading.act in ACTS and not (reading.act == "update" and _too_early(move, reading)):
        return ACTS[reading.act](move, reading)
    for hint, screen in DOORS.items():
        if hint in reading.hearing.hints and reading.kind is not Kind.TOPIC:
            return move.state.go(screen)
    if angle := _angle_answer(move, reading):
        return topics.open_topic(move.library, move.state, move.state.topic, angle)
    reading = _in_context(move, reading)
    if reading.kind is Kind.TOPIC and reading.best.id in move.library.topics:
        return _topic(move, reading)
    if reading.words <= FRAGMENT_WORDS or _tells_on(move, reading):
        return move.state.go("go-on")
    if reading.kind in {Kind.CHOICES, Kind.TOPIC}:
        return _offer(move, reading)
    return repairs.miss(move.state, human=reading.human)


def _in_context(move: Move, reading: Reading) -> Reading:
    """Where a message fits several subjects, and the one they are talking about is among the likeliest: that one."""
    state = move.state
    talking = state.screen.name in {*topics.TOLD, "go-on"} and _recent(move, SAME_TALK) and bool(state.topic)
    if reading.kind is not Kind.CHOICES or not talking or state.topic not in _likely(move, reading)[:LIKELIEST]:
        return reading
    label = next(label for label in reading.labels if label.id == state.topic)
    others = (other for other in reading.labels if other.id != state.topic)
    return replace(reading, kind=Kind.TOPIC, labels=(label, *others))


def _tells_on(move: Move, reading: Reading) -> bool:
    """A short line that means nothing by itself belongs to what they were just telling."""
    short = reading.words <= SHORT_LINE and reading.kind in {Kind.OUTSIDE, Kind.ACT} and not reading.question
    return (
        short and move.state.screen.name in topics.TOLD and _recent(move, SAME_TALK) and reading.best.confidence < ALIEN
    )


def _too_early(move: Move, reading: Reading) -> bool:
    """Nobody can say how a step went that was shown a minute ago, unless they say so clearly."""
    return not move.state.chosen and _recent(move, TRIED_AFTER) and reading.best.confidence < ALIEN


def _angle_answer(move: Move, reading: Reading) -> str:
    """The side, where it was just asked for and the words show it."""
    screen = move.state.screen
    if screen.name != "topic" or screen.args != (move.state.topic,):
        return ""
    if reading.kind is Kind.TOPIC and reading.best.id != move.state.topic:
        return ""
    angles = move.library.topics[move.state.topic].angles
    return next((one.angle for one in reading.labels if one.id == move.state.topic and one.angle in angles), "")


def _topic(move: Move, reading: Reading) -> State:
    best = reading.best
    if best.id in move.state.rejected:
        return _offer(move, reading)
    others = tuple(name for name in _likely(move, reading) if name != best.id)
    state = move.state.but(ranked=others)
    angle = best.angle or (state.angle if state.topic == best.id else "")
    if state.topic == best.id and state.screen.name in {*topics.TOLD, "go-on"} and _recent(move, SAME_TALK):
        return _goes_on(move, state, angle)
    visited = state.but(visits=state.visits.plus(best.id, local_date(move.at, state.daily.zone)))
    times = visited.visits.counts[best.id]
    if times >= THIRD_TIME:
        return visited.but(topic=best.id, angle=angle).go("third-time")
    lead = "second-time" if times > 1 else ""
    return topics.open_topic(move.library, visited, best.id, angle, lead)


def _goes_on(move: Move, state: State, angle: str) -> State:
    """They tell more of the same: the next step, or where it is heavy another reflection."""
    another_side = bool(angle) and angle != state.angle
    if move.library.topics[state.topic].heavy or state.screen.args == (state.topic,) or another_side:
        return topics.open_topic(move.library, state, state.topic, angle)
    return topics.next_step(move.library, state.but(angle=angle), state.topic, state.step, lead="same")


def _offer(move: Move, reading: Reading) -> State:
    likely = _likely(move, reading)
    if not likely:
        return repairs.miss(move.state, human=reading.human)
    return move.state.but(ranked=likely, misses=0).go("choices")


def _likely(move: Move, reading: Reading) -> tuple[str, ...]:
    known = (label.id for label in reading.labels if label.id in move.library.topics)
    return tuple(name for name in known if name not in move.state.rejected)[: OFFERED + 2]
