"""What is due when follows from the state: the difference between two states is what changes in the store."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.dialogue.state import Daily, State
from bot.recurrence import next_instant
from storage import Change, Timer
from storage.timers import drop_timers, set_timer

DAILY = "daily"
IDLE = "idle"  # sends nothing: what was typed in an exercise or under a prompt is dropped
A_WEEK = timedelta(days=7)
CONFIRMED = {"daily-set", "daily-fit", "daily-off", "daily-paused"}


def timer_changes(person: str, before: State, after: State, at: datetime) -> list[Change]:
    """Only what is different is set anew: the schedule moves the rest on by itself."""
    old, new = _wanted(before), _wanted(after)
    changes: list[Change] = [partial(drop_timers, person=person, name=name) for name in old if name not in new]
    different = (name for name, wanted in new.items() if old.get(name) != wanted)
    return changes + [partial(set_timer, timer=_timer(person, name, after, at)) for name in different]


def confirms(before: State, after: State) -> bool:
    """Whether the screen says how the prompts are set, and that has just changed."""
    return after.screen.name in CONFIRMED and _wanted(before).get(DAILY) != _wanted(after).get(DAILY)


def next_of(daily: Daily, after: datetime) -> datetime:
    """The next delivery after an instant, and after a pause where there is one."""
    zone = ZoneInfo(daily.zone)
    served = date.fromisoformat(daily.served) if daily.served else None
    if daily.until:
        after = max(after, datetime.combine(date.fromisoformat(daily.until), time(), zone) - _A_MOMENT)
    return next_instant(time.fromisoformat(daily.time), weekdays(daily.weekdays), zone, after, served)


def weekdays(digits: str) -> set[int]:
    return {int(day) for day in digits}


_A_MOMENT = datetime.resolution  # so that midnight itself is after the pause


def _wanted(state: State) -> dict[str, tuple[object, ...]]:
    """By name, what decides when each timer is due."""
    return dict(_each(state))


def _each(state: State) -> Iterator[tuple[str, tuple[object, ...]]]:
    daily = state.daily
    if state.delivers:
        yield DAILY, (daily.time, daily.weekdays, daily.zone, daily.until)
    for due in state.once:
        yield due.name, (due.at, due.payload)
    if state.idle_since:
        yield IDLE, (state.idle_since,)


def _timer(person: str, name: str, state: State, at: datetime) -> Timer:
    if name == IDLE and state.idle_since:
        return Timer(person, name, state.idle_since + A_WEEK, IDLE)
    if name != DAILY:
        due = next(due for due in state.once if due.name == name)
        return Timer(person, name, due.at, due.payload)
    daily = state.daily
    return Timer(person, name, next_of(daily, at), DAILY, daily.time, daily.weekdays, daily.zone, daily.served)
