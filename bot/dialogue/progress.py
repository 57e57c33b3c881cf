"""A look back, only when it is asked for: what was kept first, then the days of twelve weeks. It punishes nothing."""

from datetime import date, timedelta

from bot.dialogue.moves import Move, Screen
from bot.dialogue.state import State
from bot.dialogue.view import View
from bot.messages import Reply
from bot.recurrence import local_date

WEEKS = 12
KEPT = 3


def progress(view: View, today: str) -> tuple[Reply, ...]:
    days = view.state.daily.days
    since = (date.fromisoformat(today) - timedelta(weeks=WEEKS)).isoformat()
    done = sum(1 for day, outcome in days.items() if outcome == "done" and day > since)
    kept = "\n".join(f"- {words}" for _, words in view.fresh.kept[-KEPT:])
    opening = f"{view.say('progress-kept')}\n\n{kept}\n\n" if kept else ""
    counts = view.say("progress", done=str(done), run=str(run_of(days, today))) if done else view.say("progress-none")
    return (Reply(opening + counts),)


def run_of(days: dict[str, str], today: str) -> int:
    """Days done one after another; those on which nothing was sent, or that were skipped or paused, break nothing."""
    count = 0
    for day, outcome in sorted(days.items(), reverse=True):
        if outcome == "done":
            count += 1
        elif outcome != "skipped" and day < today:
            break
    return count


SCREENS: dict[str, Screen] = {"progress": progress}


def look_back(move: Move) -> State:
    return move.state.go("progress", local_date(move.at, move.state.daily.zone))
