"""From state and message to state and replies. Pure: no clock, no I/O, no chance."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.dialogue import commands, danger, due, kept, practice, running, typed
from bot.dialogue.moves import Move, Stale
from bot.dialogue.screens import mended, press, render
from bot.dialogue.state import CONVERSATION, DANGER, State
from bot.dialogue.timers import confirms
from bot.dialogue.view import Fresh
from bot.messages import Incoming, Place, Reply, platform_of
from content import Library
from intents.reading import Reading
from intents.safety import Hearing, Hint


@dataclass(frozen=True, slots=True)
class EraseAll:
    """Forget the person, at once and for good."""


@dataclass(frozen=True, slots=True)
class HideRecent:
    """Take back what the bot said lately, as far as the platform lets it."""

    what: Literal["last", "all"]


@dataclass(frozen=True, slots=True)
class Keep:
    """Store one sentence of theirs."""

    words: str


@dataclass(frozen=True, slots=True)
class Unkeep:
    """Delete what they kept under that number."""

    number: int


Effect = EraseAll | HideRecent | Keep | Unkeep


@dataclass(frozen=True, slots=True)
class Turn:
    state: State
    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...] = ()
    repeated: bool = False  # it was dealt with before, and is said again


def respond(library: Library, state: State, incoming: Incoming, reading: Reading) -> Turn:
    """One turn of the conversation."""
    platform = platform_of(incoming.person)
    if incoming.timer:
        return _fall_due(library, state, incoming)
    if incoming.place is Place.GROUP:  # others read along: nothing of the person is shown there, and nothing changes
        return Turn(state, render(library, State().go("in-a-group"), platform))
    arrived = mended(library, _arrive(state, incoming.at))
    move = Move(library, arrived, incoming.at)
    try:
        decided = _decide(move, incoming, reading)
    except Stale:
        decided = arrived.go("stale")
    if Hint.MINOR in reading.hearing.hints:
        decided = danger.for_a_minor(decided)
    decided = danger.admit(library, arrived, decided)
    decided = practice.tidied(library, decided, between=_between(library, decided))
    if decided is not arrived:  # else it is said again, as it was
        decided = _introduce(running.ask(move, _count_down(arrived, decided)), incoming)
    spoken = render(library, decided, platform, Fresh(reading.quote, _hearing(arrived, reading)))
    if confirms(arrived, decided):
        spoken = (replace(spoken[0], confirms=True), *spoken[1:])
    keepable = decided.keepable if decided.screen.name == "prompt-answered" else ""
    after = decided.but(heard_at=incoming.at, partner=reading.partner or decided.partner, keepable=keepable)
    return Turn(after, spoken, _effects(library, incoming, arrived, decided))


def _between(library: Library, state: State) -> bool:
    """Whether safety stands between two steps; numbers that were asked for on the way do not, with a step to come."""
    on_the_way = state.screen.name == "lines" and not practice.finished(library, state)
    return state.screen.name in danger.SCREENS and not on_the_way


def _fall_due(library: Library, state: State, incoming: Incoming) -> Turn:
    """What was scheduled; nothing where the person has turned it off meanwhile, or is in danger."""
    move = Move(library, mended(library, _arrive(state, incoming.at)), incoming.at)
    after, shown = due.fall_due(move, incoming.timer)
    return Turn(after, render(library, shown, platform_of(incoming.person)) if shown else ())


def said_again(library: Library, state: State, incoming: Incoming) -> tuple[Reply, ...]:
    """What was said last, from the state alone; for something that was scheduled, the cover if it had one."""
    if incoming.timer:
        cover = due.covered_again(state, incoming.timer)
        return render(library, cover, platform_of(incoming.person)) if cover else ()
    return render(library, state if state.screen.name else state.go("nothing-said"), platform_of(incoming.person))


def _arrive(state: State, at: datetime) -> State:
    """What the time since the last message has changed."""
    state = practice.after_a_week(state, at)
    if state.danger_at and at - state.danger_at >= DANGER:
        state = state.but(danger_at=None)
    if state.heard_at and at - state.heard_at >= CONVERSATION:
        state = state.but(rejected=(), misses=0, asked=False)
    return state


def _decide(move: Move, incoming: Incoming, reading: Reading) -> State:
    written = typed.for_exercise(move, incoming) and bool(incoming.text.strip())
    if alarms := reading.hearing.alarms:
        waiting, after = practice.noted(move, incoming.text) if written else (move, typed.after_question(move, reading))
        if led := danger.hear(waiting, alarms, after):
            return led
    if incoming.press and written:
        return practice.take(move, incoming.text)
    if incoming.press:
        return press(move, incoming.press)
    if incoming.command:
        return commands.run(move, incoming.command, reading)
    if not incoming.text.strip():
        return move.state.go("text-only")
    return typed.answer(move, incoming.text, reading)


def _hearing(arrived: State, reading: Reading) -> Hearing:
    """What was heard in the words, or what answering the question on the screen says."""
    return reading.hearing if reading.hearing.alarms else danger.answered(arrived.screen)


def _count_down(before: State, after: State) -> State:
    """After a "no" to the question whether they want to live, the lines come back once."""
    if not before.card_in or not after.card_in:
        return after
    left = after.card_in - 1
    return danger.card_now(after) if left == 0 else after.but(card_in=left)


def _introduce(state: State, incoming: Incoming) -> State:
    """The first answer says that this is a program; danger is answered without asides, and says so itself."""
    if state.introduced or incoming.place is not Place.PRIVATE or state.screen.name in danger.SCREENS:
        return state
    return state.but(introduced=True, screen=state.screen.model_copy(update={"notice": True}))


def _effects(library: Library, incoming: Incoming, arrived: State, decided: State) -> tuple[Effect, ...]:
    if decided is arrived:  # said again, not done again
        return ()
    if decided.screen.name == "kept-it":
        return (Keep(kept.keepable(library, arrived)),)
    if decided.screen.name == "unkept":
        return (Unkeep(int(incoming.press.rpartition(":")[2])),) if incoming.press.startswith("unkeep:") else ()
    if decided.screen.name == "forgotten":
        return (EraseAll(),)
    if decided.screen.name == "hidden":
        return (HideRecent("last" if incoming.press == "hide:last" else "all"),)
    return ()
