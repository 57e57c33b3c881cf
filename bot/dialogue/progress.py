"""A look back, only when it is asked for: what was kept first, then the days of twelve weeks. It punishes nothing."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from bot.dialogue.moves import Move, Screen
from bot.dialogue.pages import paged
from bot.dialogue.state import State
from bot.dialogue.view import View
from bot.messages import File, Reply
from bot.pictures import DONE, NONE, OPEN, SKIPPED, Calendar, draw_calendar
from bot.recurrence import local_date
from content import Library

WEEKS = 12
A_WEEK = timedelta(weeks=1)
KEPT = 3
MARKS = {"done": DONE, "skipped": SKIPPED, "sent": OPEN, "shown": OPEN}


def progress(view: View, today: str) -> tuple[Reply, ...]:
    lost = view.library.phrases["kept-lost"].says[0]
    kept = [f"- {words}" for _, words in view.fresh.kept if words != lost][-KEPT:]
    opening = tuple(map(Reply, paged([view.say("progress-kept"), *kept]))) if kept else ()
    marks = outcomes(view.state, date.fromisoformat(today))
    if not marks:
        return (*opening, Reply(view.say("progress-none")))
    monday = _monday(date.fromisoformat(today))
    done = [day for day, mark in marks.items() if mark == DONE]
    counts = {name: str(count) for name, count in _counts(marks).items()}
    week = str(sum(day >= monday for day in done))
    before = str(sum(monday - A_WEEK <= day < monday for day in done))
    run = str(run_of(view.state.daily.days, today))
    weeks = view.say("progress-weeks", week=week, before=before, run=run)
    return (*opening, Reply(f"{view.say('progress', **counts)} {weeks}"))


def pictured(library: Library, state: State, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """The replies, the last of them with the calendar of which it tells; the same bytes for the same state."""
    view, today = View(library, state), date.fromisoformat(state.screen.args[0])
    if not (marks := outcomes(state, today)):
        return replies
    words = library.phrases["calendar"]
    calendar = Calendar(
        title=words.says[0],
        first=_first(today),
        today=today,
        outcomes=marks,
        weekdays=library.phrases["calendar-weekdays"].says,
        months=library.phrases["calendar-months"].says,
        legend={mark: words.buttons[mark] for mark in (DONE, SKIPPED, OPEN, NONE)},
    )
    counts = {name: str(count) for name, count in _counts(marks).items()}
    said = view.say("calendar-said", first=str(calendar.first), today=str(today), **counts)
    *before, last = replies
    return (*before, replace(last, file=File("rekindle.png", "image/png", draw_calendar(calendar), said)))


def outcomes(state: State, today: date) -> dict[date, str]:
    """What became of the days that are looked back on; those on which nothing came are not among them.

    Empty where nothing was done: a picture of that would help nobody.
    """
    days = ((date.fromisoformat(day), MARKS[outcome]) for day, outcome in state.daily.days.items() if outcome in MARKS)
    marks = {day: mark for day, mark in days if _first(today) <= day <= today}
    return marks if DONE in marks.values() else {}


def run_of(days: dict[str, str], today: str) -> int:
    """Days done one after another; those on which nothing was sent, or that were skipped or paused, break nothing."""
    count = 0
    for day, outcome in sorted(days.items(), reverse=True):
        if outcome == "done":
            count += 1
        elif outcome != "skipped" and day < today:
            break
    return count


def _counts(marks: dict[date, str]) -> dict[str, int]:
    counted = Counter(marks.values())
    return {mark: counted[mark] for mark in (DONE, SKIPPED, OPEN)}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first(today: date) -> date:
    """The Monday with which the first of the weeks begins; the last of them is this one."""
    return _monday(today) - (WEEKS - 1) * A_WEEK


SCREENS: dict[str, Screen] = {"progress": progress}


def look_back(move: Move) -> State:
    return move.state.go("progress", local_date(move.at, move.state.daily.zone))
