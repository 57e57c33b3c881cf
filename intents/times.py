"""Times, recurrences and zones as people type them.

No parser library: recurrent reads "weekday at half past eight" as every eight weeks, parsedatetime "quarter to 7" as 6:00,
dateparser (7 MB with regex) "0830" as a year and "IST" as Israel; none of them says when it is not sure.
"""

import re

from intents.text import clean, plain
from intents.times_clock import read_clock
from intents.times_days import Days, read_days
from intents.times_wish import EVERY_DAY, Act, Day, Kind, Snag, Wish
from intents.times_words import Line, in_one_spelling, words
from intents.zones import LONGEST, WORDS_OF_A_NAME, table, written_zones

__all__ = ["Act", "Day", "Kind", "Snag", "Wish", "read_time"]

_THING = (
    r"(?:(?:the|my|all|all of|these|those|this|sending|sending me|getting|any|more|daily|weekly|evening|morning) )*"
    r"(?:reminders?|prompts?|nudges?|messages?|notifications?|pings?|daily|it|them|these|those|this|that|everything|all)"
)
_ACTS = (
    (Act.RESUME, r"resume|unpause|un-pause|restart|start(?: \w+){0,2} (?:up )?again"),
    (Act.RESUME, r"(?:turn|switch) (?:it|them|these|this|reminders|prompts|the \w+) (?:back )?on(?: again)?"),
    (Act.PAUSE, rf"(?:pause|snooze|suspend|mute|hold off|hold)(?: {_THING})?"),
    (Act.PAUSE, r"(?:take|give me|need|want) a (?:little |short )?break"),
    (Act.OFF, rf"(?:stop|cancel|quit|end|disable|delete|remove|no more|get rid of|kill)(?: with| on)? {_THING}"),
    (Act.OFF, rf"(?:turn|switch) off {_THING}|(?:turn|switch) (?:{_THING}|the \w+) off|unsubscribe|opt out"),
    (
        Act.OFF,
        r"(?:dont|do not|never|stop) (?:want )?(?:to )?(?:remind|send|messag|nudg|text|writ|ping|bother)\w*(?: me| us)?",
    ),
    (Act.OFF, r"^\W*(?:(?:please|pls|ok|just) )*(?:stop|cancel|off|quit|end|never)(?: (?:please|pls|now|it all))?\W*$"),
    (Act.LATER, r"(?:too|so|that|very) early|later(?! today)|push(?: it)? back"),
    (Act.EARLIER, r"(?:too|so|that|very) late(?! at night)|earlier|sooner"),
)
_ACTIONS = tuple((act, re.compile(rf"(?<![\w'])(?:{pattern})(?!\w)")) for act, pattern in _ACTS)
_HOLDS = {Act.PAUSE, Act.LATER, Act.EARLIER}
_CAPITALS = re.compile(r"\d ?(?:[AaPp]\.?[Mm]\.?)?,? \(?([A-Z]{3,5})\b")
_NAMED_TIME = re.compile(r"¤ (?:in )?(?P<place>[^\W\d_]+) (?:time|timezone) ")
_OPEN_RANGE = re.compile(r"[¤\d] (?:to|-) [¤\d]")
_ENDING = re.compile(r" ¤(?: ,)? in (?:[^\W\d_]+ ?){1,3}$")
_TIME_SAID = {"time", "timezone", "zone"}


def read_time(text: str) -> Wish:
    """What a text says about times; an empty wish where it says nothing, or is too long to be about one."""
    if len(text) > LONGEST:
        return Wish()
    typed = clean(text)
    lower = plain(typed)
    zones, rest = written_zones(lower)
    offset_lost = rest != lower and not zones
    act, rest = _act(rest)
    line = Line(in_one_spelling(rest))
    days = read_days(line, holds=act in _HOLDS)
    times, vague, snag = read_clock(line)
    zones = zones or (() if offset_lost else _zones(line, typed))
    snag = days.snag or snag
    if not snag and (
        offset_lost
        or _left_over(line, typed, known_zone=bool(zones))
        or _contrary(act, days, times)
        or (times and days.after)
    ):
        snag = Snag.UNCLEAR
    single = zones[0] if len(zones) == 1 else ""
    changes = act in {Act.LATER, Act.EARLIER}
    return Wish(
        times=times,
        days=_days(days),
        zone=single,
        zones=() if single else zones,
        vague=vague,
        kind=Kind.NONE if changes and days.after else _kind(days),
        after=None if changes else days.after,
        ahead=days.ahead,
        dates=days.dates,
        following=days.following,
        until=days.until,
        act=act,
        by=days.after if changes else None,
        snag=snag if snag is not Snag.UNCLEAR or times or zones or days != Days() or act is not Act.NONE else None,
    )


def _act(lower: str) -> tuple[Act, str]:
    """What is to happen to the reminders, and the text without the words that say so."""
    for act, pattern in _ACTIONS:
        if pattern.search(lower):
            return act, pattern.sub(" , ", lower)
    return Act.NONE, lower


def _kind(days: Days) -> Kind:
    if days.repeats or days.weekly:
        every_day = days.days in {None, EVERY_DAY} and not days.weekly
        return Kind.DAILY if every_day else Kind.WEEKLY
    return Kind.ONCE if days.once else Kind.NONE


def _days(days: Days) -> frozenset[int] | None:
    if days.days is None and _kind(days) is Kind.DAILY:
        return EVERY_DAY
    return days.days


def _contrary(act: Act, days: Days, times: tuple[object, ...]) -> bool:
    """Whether it is for the person to say what is to stop, as in "stop at nine"."""
    return act in {Act.OFF, Act.RESUME} and (bool(times) or days != Days())


def _zones(line: Line, typed: str) -> tuple[str, ...]:
    """The zones of the places in what is left of the line."""
    segments = re.split(r"[¤,()]+", line.text)
    known = table()
    for found in _CAPITALS.finditer(typed):
        if zones := known.names.get(found[1].lower()):
            return zones
    for segment in segments:
        said = [word for word in segment.split() if word not in words().fillers]
        name = " ".join(said)
        if (
            len(said) <= WORDS_OF_A_NAME
            and name in known.names
            and (name not in known.ordinary or segment.split()[0] == "in" or _TIME_SAID & {*segment.split()})
        ):
            return known.names[name]
    return ()


def _left_over(line: Line, typed: str, *, known_zone: bool) -> bool:
    """Whether anything is left that could be part of a time, or a place that is not known."""
    left = line.text.split()
    if _OPEN_RANGE.search(line.text):
        return True
    if any(word in words().telling or any(letter.isdigit() or letter in "#~" for letter in word) for word in left):
        return True
    return not known_zone and (
        any(found[1].lower() in left for found in _CAPITALS.finditer(typed) if not typed.isupper())
        or any(found["place"] not in words().no_place for found in _NAMED_TIME.finditer(line.text))
        or _ENDING.search(line.text) is not None
    )
