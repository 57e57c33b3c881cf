"""Draws the look back of somebody who does one thing most days, as the bot would: `make picture`."""

import sys
from datetime import date, timedelta
from pathlib import Path

from bot.dialogue.progress import pictured, progress
from bot.dialogue.state import Daily, Screen, State
from bot.dialogue.view import View
from content import load_library

TODAY = date(2026, 5, 29)
A_FORTNIGHT = ["done", "done", "skipped", "done", "sent", "done", "-", "done", "sent", "done", "done", "-"]


def main(path: Path) -> None:
    first = TODAY - timedelta(weeks=12)
    days = {
        (first + timedelta(days=number)).isoformat(): A_FORTNIGHT[(number * 5 + number // 9) % len(A_FORTNIGHT)]
        for number in range(9, (TODAY - first).days + 1)
    }
    daily = Daily(days={day: outcome for day, outcome in days.items() if outcome != "-"}, zone="Europe/Paris")
    state = State(daily=daily, screen=Screen(name="progress", args=(TODAY.isoformat(),)))
    library = load_library()
    replies = pictured(library, state, progress(View(library, state), TODAY.isoformat()))
    file = replies[-1].file
    path.write_bytes(file.data if file else b"")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
