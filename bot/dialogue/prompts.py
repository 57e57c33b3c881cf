"""The daily prompts: which one is next, what stands under it, and what becomes of it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import chain
from zlib import crc32

from bot.dialogue.moves import Move, Press, Screen, Stale, dispatch, to
from bot.dialogue.state import Daily, State, storable
from bot.dialogue.view import View, plain
from bot.messages import Reply
from bot.recurrence import local_date, next_at_hour
from content import Deck, Library
from content.model import Fit
from intents.reading import Reading

ANSWERED_FOR = timedelta(hours=6)  # for so long what is typed can be an answer to a prompt
OTHERS_A_DAY = 2
DAYS_KEPT = 100  # of what became of them; twelve weeks are looked back on
LATER = {"20": timedelta(minutes=20), "60": timedelta(hours=1), "180": timedelta(hours=3)}
KEPT_LENGTH = 250  # characters of a sentence
EVENING, MORNING = 19, 8
WEEK = timedelta(days=7)
BESIDE = {"prompt", "hello", "thanks", "how", "help-which", "privacy", "again", "stale", "about"}
"""Screens that an answer can still come after."""
PASSED_OVER = {"no", "skip"}
TOLD = "update"
"""Acts that mean the prompt itself: not this one; and how it went, which elsewhere means a step that was chosen."""

# Which prompt is next.


def is_open(deck: Deck, daily: Daily) -> bool:
    """Whether it fits how things are and is switched on; until they say how things are, nothing tender is assumed."""
    if (daily.fit or Fit.STRAINED) not in deck.fits:
        return False
    return deck.id in daily.decks_on if deck.asked else deck.id not in daily.decks_off


def choose(library: Library, daily: Daily) -> Daily | None:
    """The next prompt: none comes again until all have been through, and never two of a deck in a row.

    Unless no more than one deck is on. Of decks that are off it stays known what has been through.
    """
    decks = [deck for deck in library.decks.values() if is_open(deck, daily)]
    last, used = daily.used[-1:], daily.used
    fresh = _fresh(decks, used)
    if not any(fresh.values()):
        used = (*(name for name in used[:-1] if library.deck_of.get(name, "") not in fresh), *last)
        fresh = _fresh(decks, used)
    left = sum(map(len, fresh.values()))
    others = [names for deck, names in fresh.items() if not last or deck != library.deck_of.get(last[0])]
    most = [names for names in others if 2 * len(names) >= left]  # later, that deck could only follow itself
    names = [*chain(*most)] or [*chain(*others)] or [*chain(*fresh.values())] or [*chain(*_fresh(decks, ()).values())]
    if not names:
        return None
    chosen = names[crc32(f"{daily.time}{daily.zone}{len(used)}".encode()) % len(names)]
    return daily.but(current=chosen, used=(*(name for name in used if name != chosen), chosen))


def _fresh(decks: Iterable[Deck], used: Iterable[str]) -> dict[str, list[str]]:
    """The prompts that were not there yet, by deck."""
    gone = set(used)
    return {deck.id: [prompt.name for prompt in deck.prompts if prompt.name not in gone] for deck in decks}


def next_for(move: Move, day: str) -> State | None:
    """The prompt of a local date, behind its cover; None where every deck is off."""
    daily = choose(move.library, move.state.daily)
    if daily is None:
        return None
    daily = daily.but(day=day, served=day, others=0, shown_at=None)
    return move.state.but(daily=_noted(daily, day, "sent"))


# Screens.


def cover(view: View, kind: str, about: str, ends: str = "") -> tuple[Reply, ...]:
    """With `ends`, the date on which somebody silent is forgotten and nothing more comes."""
    payloads = {"show": f"{kind}:show:{about}", "later": f"{kind}:later", "off": "daily:off"}
    if kind in {"checkin", "look"}:
        payloads |= {"later": f"{kind}:later:{about}", "off": f"{kind}:off"}
    text = view.say("cover-ends", date=ends) if ends else view.say("cover")
    return (Reply(text, choices=view.buttons("cover", payloads)),)


def prompt(view: View, name: str, day: str) -> tuple[Reply, ...]:
    known = view.library.prompts.get(name)
    choices = [view.button("prompt", "done", f"prompt:done:{name}:{day}")] if known else []
    if view.state.daily.others < OTHERS_A_DAY:
        choices.append(view.button("prompt", "another", "prompt:another"))
    if view.state.daily.on:
        choices.append(view.button("prompt", "later", "prompt:later"))
        choices.append(view.button("prompt", "off", "daily:off"))
    text = view.vary([known.text]) if known else view.say("prompt-gone")
    return (Reply(view.lead(text), choices=tuple(choices)),)


def later(view: View) -> tuple[Reply, ...]:
    payloads = {key: f"prompt:wait:{key}" for key in ("20", "60", "180", "evening", "tomorrow", "week")}
    payloads["skip"] = "prompt:skip"
    return (Reply(view.say("prompt-later"), choices=view.buttons("prompt-later", payloads)),)


def answered(view: View) -> tuple[Reply, ...]:
    keep = (view.button("prompt-answered", "keep", "keep"),) if view.state.keepable else ()
    return (Reply(view.say("prompt-answered"), choices=keep),)


SCREENS: dict[str, Screen] = {
    "cover": cover,
    "prompt": prompt,
    "prompt-later": later,
    "prompt-answered": answered,
    "prompt-done": plain("prompt-done"),
    "prompt-skipped": plain("prompt-skipped"),
    "prompt-waits": plain("prompt-waits"),
    "prompt-none": plain("prompt-none", decks="daily:decks"),
}

# Moves.


def show(move: Move, day: str) -> State:
    """What stood behind the cover; behind an older one, the latest."""
    daily = move.state.daily
    if not daily.current:
        return now(move)
    noted = _noted(daily, day, "shown") if day == daily.day and daily.days.get(day) != "done" else daily
    return move.state.but(daily=noted.but(shown_at=move.at)).go("prompt", daily.current, daily.day)


def now(move: Move) -> State:
    """One at once, whether or not prompts are set up."""
    daily = choose(move.library, move.state.daily)
    if daily is None:
        return move.state.go("prompt-none")
    day = local_date(move.at, daily.zone)
    others = daily.others if day == daily.day else 0
    return move.state.but(daily=daily.but(day=day, shown_at=move.at, others=others)).go("prompt", daily.current, day)


def another(move: Move) -> State:
    daily = move.state.daily
    today = daily.day == local_date(move.at, daily.zone)
    if today and daily.others >= OTHERS_A_DAY and daily.current:
        return move.state.go("prompt", daily.current, daily.day, lead="prompt-enough")
    others = daily.others + 1 if today else 1
    day = local_date(move.at, daily.zone)
    return now(move.with_state(move.state.but(daily=daily.but(others=others, day=day))))


def _done(move: Move, _name: str, day: str) -> State:
    return _closed(move, day, "done").go("prompt-done")


def _closed(move: Move, day: str, outcome: str) -> State:
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise Stale from error
    return move.state.but(daily=_noted(move.state.daily, day, outcome).but(shown_at=None))


def _noted(daily: Daily, day: str, outcome: str) -> Daily:
    return daily.but(days=dict(sorted({**daily.days, day: outcome}.items())[-DAYS_KEPT:]))


def _skip(move: Move) -> State:
    day = move.state.daily.day or local_date(move.at, move.state.daily.zone)
    return _closed(move, day, "skipped").go("prompt-skipped")


def _wait(move: Move, how_long: str) -> State:
    """Later does not move the regular hour."""
    state = move.state
    if how_long == "week":
        until = move.at + WEEK
        daily = state.daily.but(until=local_date(until, state.daily.zone))
        return state.without("later").but(daily=daily).go("daily-paused")
    state = _closed(move, state.daily.day, "skipped")
    return state.later("later", _waits_until(move.at, state.daily, how_long)).go("prompt-waits")


def _waits_until(at: datetime, daily: Daily, how_long: str) -> datetime:
    hours = {"evening": EVENING, "tomorrow": MORNING}
    if how_long in LATER:
        return at + LATER[how_long]
    if how_long not in hours:
        raise Stale
    due = next_at_hour(at, daily.zone, hours[how_long])
    same_day = local_date(due, daily.zone) == local_date(at, daily.zone)
    return next_at_hour(due, daily.zone, MORNING) if how_long == "tomorrow" and same_day else due


def answer(move: Move, text: str, reading: Reading) -> State | None:
    """What is typed within hours of a prompt: one warm line, and whether to keep it; or that it is left out."""
    shown = move.state.daily.shown_at
    if shown is None or move.at - shown >= ANSWERED_FOR or move.state.screen.name not in BESIDE:
        return None
    if reading.act in PASSED_OVER and move.state.screen.name == "prompt":
        return _skip(move)
    if reading.question or move.heavy(reading) or reading.act not in {"", TOLD}:
        return None
    return _closed(move, move.state.daily.day, "done").but(keepable=storable(text)[:KEPT_LENGTH]).go("prompt-answered")


def _press(move: Move, verb: str, *parts: str) -> State:
    verbs: dict[str, Press] = {
        "show": show, "done": _done, "another": another, "later": to("prompt-later"), "wait": _wait, "skip": _skip,
        "now": now,
    }  # fmt: skip
    return dispatch(verbs, verb, move, *parts)


PRESSES: dict[str, Press] = {"prompt": _press}
