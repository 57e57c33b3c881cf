"""Setting up the daily prompts: time, days and zone, in one line or asked for one after the other."""

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.dialogue import prompts
from bot.dialogue.hours import day_name, summary
from bot.dialogue.moves import Move, Press, Screen, Stale, dispatch, to
from bot.dialogue.state import Course, Daily, State
from bot.dialogue.timers import next_of
from bot.dialogue.view import View, plain
from bot.messages import MOST_CHOICES, Choice, Reply
from bot.recurrence import local_date
from content.model import Fit
from intents.reading import Kind as What
from intents.reading import Reading
from intents.times import Act, Kind, Snag, Wish, read_time
from intents.zones import read_zone, table

TIMES = {"morning": "0800", "noon": "1230", "evening": "1900", "night": "2130"}
FEW_WORDS, MOST_WORDS = 5, 16  # of what changes something while a prompt, or its setting up, is on the screen
RECENT = timedelta(minutes=60)
AS_WRITTEN = re.compile(r"\d\d?:\d\d(?! ?[ap]\.?m)", re.IGNORECASE)
HOUR = timedelta(hours=1)
PAUSE = timedelta(days=7)
MOST_ZONES = 8
FITS = {"fine": "fit-fine", "strained": "fit-strained", "space": "fit-space", "over": "fit-over"}
CANNOT = {Snag.INTERVAL, Snag.MONTHLY, Snag.YEARLY, Snag.SEVERAL}

# Screens.


def ask_time(view: View) -> tuple[Reply, ...]:
    choices = tuple(view.button("daily-time", key, f"daily:at:{at}") for key, at in TIMES.items())
    return (Reply(view.lead(view.say("daily-time")), choices=choices),)


def which_time(view: View, *times: str) -> tuple[Reply, ...]:
    """Eight may be morning or evening."""
    choices = tuple(Choice(f"{at[:2]}:{at[2:]}", f"daily:at:{at}") for at in times)
    return (Reply(view.say("daily-which"), choices=choices),)


def which_zone(view: View, *zones: str) -> tuple[Reply, ...]:
    choices = tuple(Choice(zone.replace("_", " "), _zone_payload(zone)) for zone in zones)
    return (Reply(view.say("daily-zones"), choices=choices),)


def settled(view: View, next_at: str) -> tuple[Reply, ...]:
    """One sentence that names the days, the hour, the zone and the next delivery."""
    payloads = {"now": "prompt:now", "change": "daily:change", "off": "daily:off"}
    return (Reply(view.lead(summary(view, next_at)), choices=view.buttons("daily-set", payloads)),)


def ask_fit(view: View, next_at: str = "") -> tuple[Reply, ...]:
    """Once, after the rest is settled and never in its way; alone where something has changed between the two."""
    choices = tuple(view.button("daily-fit", fit.value, f"daily:fit:{fit.value}") for fit in Fit)
    settled_first = f"{summary(view, next_at)}\n\n" if next_at else ""
    return (Reply(view.lead(f"{settled_first}{view.say('daily-fit')}"), choices=choices),)


def decks(view: View) -> tuple[Reply, ...]:
    """Each deck with a switch."""
    daily = view.state.daily
    labels = view.library.phrases["daily-decks"].buttons
    choices = [
        Choice(f"{labels['on' if prompts.is_open(deck, daily) else 'off']} {deck.title}", f"daily:deck:{deck.id}")
        for deck in view.library.decks.values()
        if (daily.fit or Fit.STRAINED) in deck.fits
    ]
    return (Reply(view.say("daily-decks"), choices=tuple(choices[:MOST_CHOICES])),)


def paused(view: View) -> tuple[Reply, ...]:
    on = view.button("daily-paused", "on", "daily:on")
    day = day_name(view, date.fromisoformat(view.state.daily.until))
    return (Reply(view.lead(view.say("daily-paused", date=day)), choices=(on,)),)


SCREENS: dict[str, Screen] = {
    "daily-time": ask_time,
    "daily-which": which_time,
    "daily-zone": plain("daily-zone"),
    "daily-zones": which_zone,
    "daily-set": settled,
    "daily-fit": ask_fit,
    "daily-decks": decks,
    "daily-change": plain("daily-change", decks="daily:decks", pause="daily:pause", off="daily:off"),
    "daily-cannot": plain("daily-cannot"),
    "daily-off": plain("daily-off", on="daily:on"),
    "daily-paused": paused,
    "daily-suspended": plain("daily-suspended", on="daily:on"),
    "daily-stop": plain("daily-stop", yes="daily:off", no="daily:keep"),
}
PLACES = {"daily-zone", "daily-zones"}
"""Screens after which a place is an answer."""
ON_OFF = {Act.OFF, Act.PAUSE, Act.RESUME}
RESTING = {"daily-off", "daily-paused", "daily-suspended"}
"""Screens that a word ends, however long it is that they have been read."""

# Moves.


def begin(move: Move, words: str = "") -> State:
    """`/daily`, with or without words after it."""
    named: dict[str, Press] = {
        "now": prompts.now,
        "off": off,
        "on": turn_on,
        "decks": to("daily-decks"),
        "show": _standing,
    }
    if words.lower() in named:
        return named[words.lower()](move)
    if words:
        wish = read_time(words)
        if AS_WRITTEN.match(words):  # behind the command, 11:15 is on the clock of 24 hours
            wish = replace(wish, times=wish.times[:1])
        return set_up(move, wish) if wish.understood else move.state.go("daily-cannot")
    return _standing(move)


def typed(move: Move, text: str, reading: Reading) -> State | None:
    """Words about the prompts: asked for from anywhere, or a few while they are on the screen."""
    screen = move.state.screen.name
    recent = move.state.heard_at is not None and move.at - move.state.heard_at < RECENT
    setting = screen in SCREENS and recent and reading.words <= MOST_WORDS
    few, topic = reading.words <= FEW_WORDS, reading.kind is What.TOPIC  # "he left me last night" names no hour
    place = setting and (screen in PLACES or (few and not topic and not reading.act))
    wish = read_time(text)
    if place and not (wish.understood and wish.times) and (zones := read_zone(text)):
        return _in_zones(move, zones)
    if setting and reading.command:
        return None
    if reading.act == "daily-prompts":
        return set_up(move, wish) if wish.understood else _standing(move)
    if setting and wish.understood and (wish.act in ON_OFF or not topic):
        return set_up(move, wish)
    if wish.act is Act.RESUME and screen in RESTING and few:
        return turn_on(move)
    about_them = wish.act is Act.OFF or (wish.act is not Act.NONE and screen in prompts.SCREENS)
    return set_up(move, wish) if few and about_them and not reading.command and move.state.daily.on else None


def set_up(move: Move, wish: Wish) -> State:
    """Takes from a wish what it says, and asks for what is missing."""
    daily = move.state.daily
    match wish.act:
        case Act.OFF:
            return off(move)
        case Act.RESUME:
            return turn_on(move)
        case Act.PAUSE:
            return pause(move, wish)
        case Act.LATER | Act.EARLIER if daily.time and not wish.times:
            by = wish.by or HOUR
            moved = datetime.combine(date.min + PAUSE, time.fromisoformat(daily.time))
            moved += by if wish.act is Act.LATER else -by
            return _further(move, daily.but(time=f"{moved:%H:%M}"))
    if wish.snag in CANNOT:
        return move.state.go("daily-cannot")
    if wish.days and wish.kind is not Kind.ONCE:
        daily = daily.but(weekdays="".join(str(day) for day in sorted(wish.days)))
    daily = daily.but(zone=wish.zone or daily.zone)
    if len(wish.times) > 1:
        return move.state.but(daily=daily).go("daily-which", *(f"{at:%H%M}" for at in wish.times[:4]))
    if wish.times:
        daily = daily.but(time=f"{wish.times[0]:%H:%M}")
    if wish.zones:
        return _in_zones(move.with_state(move.state.but(daily=daily)), wish.zones)
    return _further(move, daily)


def _in_zones(move: Move, zones: tuple[str, ...]) -> State:
    if len(zones) > 1:
        return move.state.go("daily-zones", *zones[:MOST_ZONES])
    return _further(move, move.state.daily.but(zone=zones[0]))


def _further(move: Move, daily: Daily) -> State:
    """What is still missing, else that it is settled."""
    state = move.state.but(daily=daily)
    if not daily.time:
        return state.go("daily-time")
    if not daily.zone:
        return state.go("daily-zone")
    if state.course.starting:  # the prompts themselves stay as they are
        state = state.resumed().but(course=state.course.but(starting=False))
        return state.go("plan-set", _next(move, daily))
    state = state.but(daily=daily.but(on=True, until="", fit_asked=True), suspended=False)
    return state.go("daily-set" if daily.fit_asked else "daily-fit", _next(move, state.daily))


def _next(move: Move, daily: Daily) -> str:
    return next_of(daily, move.at).isoformat()


def _standing(move: Move) -> State:
    """How the prompts are set, or the first question."""
    state = move.state
    if state.suspended:
        return state.go("daily-suspended")
    if state.planned and not state.daily.on:
        return state.go("plan-set", _next(move, state.daily))
    if not state.daily.ready:
        return state.go("daily-off") if state.daily.time and state.daily.zone else _further(move, state.daily)
    if state.daily.until > local_date(move.at, state.daily.zone):
        return state.go("daily-paused")
    return state.go("daily-set", _next(move, state.daily))


def for_plan(move: Move) -> State:
    """Asks for the hour and the place of a plan, where they are not known yet."""
    further = _further(move, move.state.daily)
    lead = "" if further.screen.name == "plan-set" else "plan-when"
    return further.but(screen=further.screen.model_copy(update={"lead": lead}))


def turn_on(move: Move) -> State:
    if move.state.course.id and not move.state.daily.on and not move.state.course.starting:
        return move.state.but(suspended=False).go("plan-set", _next(move, move.state.daily))
    return _further(move, move.state.daily)


def off(move: Move) -> State:
    """All that is scheduled; what was set up is known when they turn it on again."""
    return move.state.but(daily=move.state.daily.but(on=False), course=Course(), once=(), suspended=False).go(
        "daily-off"
    )


def pause(move: Move, wish: Wish | None = None) -> State:
    daily = move.state.daily
    if not daily.ready:
        return _standing(move)
    today = date.fromisoformat(local_date(move.at, daily.zone))
    ends = wish.on(today) if wish else ()
    until = next((day for day in ends if day > today), today + PAUSE)
    return move.state.without("later").but(daily=daily.but(until=until.isoformat())).go("daily-paused")


def _switch(move: Move, deck: str) -> State:
    if deck not in move.library.decks:
        raise Stale
    field = "decks_on" if move.library.decks[deck].asked else "decks_off"
    switched: tuple[str, ...] = getattr(move.state.daily, field)
    now = tuple(name for name in switched if name != deck) if deck in switched else (*switched, deck)
    return move.state.but(daily=move.state.daily.but(**{field: now})).go("daily-decks")


def _fit(move: Move, fit: str) -> State:
    if fit not in FITS:
        raise Stale
    daily = move.state.daily.but(fit=fit)
    state = move.state.but(daily=daily)
    if not daily.ready:
        return _standing(move.with_state(state))
    return state.go("daily-set", _next(move, daily), lead=FITS[fit])


def _at(move: Move, clock: str) -> State:
    try:
        at = time.fromisoformat(clock)
    except ValueError as error:
        raise Stale from error
    return _further(move, move.state.daily.but(time=f"{at:%H:%M}"))


def _in(move: Move, *parts: str) -> State:
    """The zone that a button named, in the letters that a button can carry."""
    payload = ":".join(("daily", "in", *parts))
    found = next((zone for zone in {*table().exact.values(), "UTC"} if _zone_payload(zone) == payload), None)
    if found is None:
        raise Stale
    return _further(move, move.state.daily.but(zone=found))


def _zone_payload(zone: str) -> str:
    region, _, rest = zone.lower().replace("_", "-").partition("/")
    return ":".join(filter(None, ("daily", "in", region, rest.replace("/", "-").replace("+", "-"))))


def _press(move: Move, verb: str = "", *parts: str) -> State:
    verbs: dict[str, Press] = {
        "": begin, "at": _at, "in": _in, "fit": _fit, "off": off, "on": turn_on,
        "decks": to("daily-decks"), "deck": _switch, "pause": pause, "keep": _standing, "change": to("daily-change"),
    }  # fmt: skip
    return dispatch(verbs, verb, move, *parts)


PRESSES: dict[str, Press] = {"daily": _press}
