"""What somebody chose to keep: shown, and deleted, one by one."""

from bot.dialogue import practice
from bot.dialogue.moves import Move, Press, Screen, Stale
from bot.dialogue.pages import paged
from bot.dialogue.state import State
from bot.dialogue.view import View, plain
from bot.messages import Choice, Reply
from content import Library

LONGEST_NUMBER = 18  # digits
SHOWN = 6  # in one message, so that it stays within what platforms take


def kept_it(view: View) -> tuple[Reply, ...]:
    """Says how it is stored."""
    choices = (view.button("kept-it", "list", "kept"),)
    return (Reply(view.say("kept-sealed" if view.fresh.sealed else "kept-it"), choices=choices),)


def kept_list(view: View, before: str = "") -> tuple[Reply, ...]:
    """The latest of what they kept, or of what they kept before that number, each with a way to delete it."""
    kept = [(place, number, words) for place, (number, words) in enumerate(view.fresh.kept, 1)]
    if not kept:
        return (Reply(view.say("kept-none")),)
    rows = [row for row in kept if before and row[1] < int(before)] or kept
    shown = rows[-SHOWN:]
    pages = paged([view.say("kept-list"), *(f"{place}. {words}" for place, _, words in shown)])
    delete = view.library.phrases["kept-list"].buttons["delete"]
    choices = [Choice(f"{delete} {place}", f"unkeep:{number}") for place, number, _ in shown]
    if len(rows) > len(shown):
        choices.append(view.button("kept-list", "earlier", f"kept:{shown[0][1]}"))
    return (*map(Reply, pages[:-1]), Reply(pages[-1], choices=tuple(choices)))


SCREENS: dict[str, Screen] = {"kept-it": kept_it, "kept-list": kept_list, "unkept": plain("unkept", list="kept")}
NEEDS_ROWS = {"kept-it", "kept-list", "progress"}
"""Screens that only the store can fill."""


def keepable(library: Library, state: State) -> str:
    """What would be kept now: what came of an exercise, or the sentence that they were asked about."""
    exercise = practice.finished(library, state)
    if exercise is None:
        return state.keepable
    return practice.result(exercise, state.practice, **View(library, state).partners)


def _keep(move: Move) -> State:
    return move.state.go("kept-it" if keepable(move.library, move.state) else "stale")


def _show(move: Move, before: str = "") -> State:
    if before and not _is_number(before):
        raise Stale
    return move.state.go("kept-list", *filter(None, [before]))


def _unkeep(move: Move, number: str) -> State:
    if not _is_number(number):
        raise Stale
    return move.state.go("unkept")


def _is_number(part: str) -> bool:
    """One that a database can hold: what is pressed may be forged."""
    return part.isdecimal() and len(part) <= LONGEST_NUMBER


PRESSES: dict[str, Press] = {"keep": _keep, "kept": _show, "unkeep": _unkeep}
