"""Times, recurrences and zones as people type them.

No parser library: recurrent reads "weekday at half past eight" as every eight weeks, parsedatetime "quarter to 7" as 6;
dateparser (7 MB with regex) "0830" as a year and "IST" as Israel. None of them says when it is not sure.
"""

import re
from datetime import time

from intents.text import clean, plain
from intents.times_clock import read_clock
from intents.times_days import Days, read_days
from intents.times_wish import EVERY_DAY, Act, Day, Kind, Snag, Wish
from intents.times_words import Line, compiled, in_one_spelling, words
from intents.zones import LONGEST, RELATIVE, WORDS_OF_A_NAME, table, written_zones

__all__ = ["Act", "Day", "Kind", "Snag", "Wish", "read_time"]

_ASKED = r"^\W*(?:(?:please|pls|ok|okay|just|can you|could you|i want to|i want you to|id like to) )*"
_WHICH = (
    r"(?:(?:the|my|all|of|these|those|this|your|sending|sending me|getting|any|more|daily|weekly|evening|morning) )*"
)
_OURS = rf"{_WHICH}(?:reminders?|prompts?|nudges?|notifications?|daily)"
_THING = rf"(?:{_OURS}|{_WHICH}(?:messages?|pings?|it|them|these|those|this|that|everything|all))"
_STOP = "(?:stop|cancel|quit|disable|delete|remove|turn off|switch off|no more|get rid of)"
_HOLD = "(?:pause|snooze|suspend|mute|hold off|hold)"
_ACTS = (
    (Act.RESUME, rf"{_ASKED}(?:resume|unpause|un-pause|restart|start (?:{_THING} )?(?:up )?again)"),
    (Act.RESUME, rf"{_ASKED}(?:turn|switch) {_THING} (?:back )?on(?: again)?"),
    (Act.PAUSE, rf"{_ASKED}{_HOLD}(?: {_THING})?|{_HOLD} {_OURS}"),
    (Act.PAUSE, r"^\W*(?:i )?(?:take|give me|need|want) a (?:little |short )?break(?=\W*$| for | until )"),
    (Act.OFF, rf"{_ASKED}{_STOP}(?: with| on)? {_THING}|(?:{_STOP}|end) {_OURS}"),
    (Act.OFF, rf"{_ASKED}(?:turn|switch) {_THING} off|unsubscribe|opt out"),
    (
        Act.OFF,
        rf"{_ASKED}(?:dont|do not|never|stop) (?:want )?(?:to )?(?:remind|send|messag|nudg|text|writ|ping|bother)\w*",
    ),
    (Act.OFF, r"^\W*(?:(?:please|pls|ok|just) )*(?:stop|cancel|off|quit|end|never)(?: (?:please|pls|now))?\W*$"),
    (Act.OFF, rf"{_ASKED}(?:stop|cancel|quit|end)(?= (?:at|on|by|in|for|after|until|from) )"),
    (Act.LATER, r"^\W*(?:its |thats |it is |that is )?(?:a bit |much )?(?:too|so|very) early(?: for me)?\W*$"),
    (Act.EARLIER, r"^\W*(?:its |thats |it is |that is )?(?:a bit |much )?(?:too|so|very) late(?: for me)?\W*$"),
    (Act.LATER, r"later(?! today)|push(?: it)? back"),
    (Act.EARLIER, r"earlier|sooner"),
)
_ACTIONS = tuple((act, rf"(?<![\w'])(?:{pattern})(?!\w)") for act, pattern in _ACTS)
_MOVES = {Act.LATER, Act.EARLIER}
_FEW = 8  # words; in a longer text "later" is about something else
_CAPITALS = r"\d ?(?:[AaPp]\.?[Mm]\.?)?,? \(?([ECMP]T|[A-Z]{3,5})\b"
_NAMED_TIME = r"¤ (?:in )?(?P<place>[^\W\d_]+) (?:time|timezone) "
_OPEN_RANGE = r"[¤\d] (?:to|-) [¤\d]"
_ENDING = r" ¤(?: ,)? in (?:[^\W\d_]+ ?){1,3}$"
_A_DAY = r"(?!birth|holi|pay|week|to|some)[a-z]{2,}days?$"
_TIME_SAID = frozenset({"time", "timezone", "zone", "standard", "daylight"})
_SHORT = 4  # letters of an abbreviation
_MIDNIGHT = (time(0),)


def read_time(text: str) -> Wish:
    """What a text says about times; an empty wish where it says nothing, or is too long to be about one."""
    if len(text) > LONGEST:
        return Wish()
    typed = clean(text)
    lower = plain(typed)
    zones, rest = written_zones(lower)
    offset_lost = (rest != lower and not zones) or RELATIVE.search(rest) is not None
    act, rest = _act(rest)
    line = Line(in_one_spelling(rest))
    days = read_days(line, holds=act in {Act.PAUSE, *_MOVES})
    times, vague, snag = read_clock(line)
    zones, likely = (zones, True) if zones or offset_lost else _zones(line, typed)
    snag = days.snag or snag
    unread = offset_lost or not likely or _left_over(line, typed, known_zone=bool(zones))
    if not snag and (unread or _contrary(act, days, times) or _either_midnight(days, times, lower)):
        snag = Snag.UNCLEAR
    single = zones[0] if len(zones) == 1 else ""
    changes = act in _MOVES
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
        if compiled(pattern).search(lower) and (act not in _MOVES or len(lower.split()) <= _FEW):
            return act, compiled(pattern).sub(" , ", lower)
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


def _contrary(act: Act, days: Days, times: tuple[time, ...]) -> bool:
    """Whether two things were said of which the person has to choose one: "stop at nine", "in an hour at nine"."""
    if act in {Act.OFF, Act.RESUME}:
        return bool(times) or days != Days()
    if act is Act.PAUSE and days.repeats:
        return True
    return bool(times and days.after)


def _either_midnight(days: Days, times: tuple[time, ...], lower: str) -> bool:
    """Whether a day begins or ends with the midnight that was said: "Friday at midnight"."""
    return times == _MIDNIGHT and "0:00" not in lower and (days.days not in {None, EVERY_DAY} or bool(days.ahead))


def _zones(line: Line, typed: str) -> tuple[tuple[str, ...], bool]:
    """The zones of the place in what is left of the line, and whether it is likely one: "nice" may be a word."""
    known = table()
    for found in compiled(_CAPITALS).finditer(typed):
        if zones := known.names.get(found[1].lower()):
            return zones, True
    for place, segment in enumerate(re.split(r"[¤,()]+", line.text)):
        said = segment.split()
        name = " ".join(word for word in said if word not in words().fillers)
        likely = name not in known.ordinary or said[0] == "in" or not _TIME_SAID.isdisjoint(said)
        if name in known.names and (likely or place):
            return known.names[name], likely
        if place and (zones := _leading(said)):
            return zones, True
    return (), True


def _leading(said: list[str]) -> tuple[str, ...]:
    """The zones of a place that a sentence goes on after: "in London to call her", "Paris time please and thanks"."""
    known = table()
    inside = said[:1] == ["in"]
    rest = said[inside:]
    for size in range(min(WORDS_OF_A_NAME, len(rest)), 0, -1):
        name = " ".join(rest[:size])
        plain_name = name not in known.ordinary and (inside or len(name) <= _SHORT)
        if name in known.names and (plain_name or not _TIME_SAID.isdisjoint(rest[size : size + 1])):
            return known.names[name]
    return ()


def _left_over(line: Line, typed: str, *, known_zone: bool) -> bool:
    """Whether anything is left that could be part of a time, or a place that is not known."""
    left = line.text.split()
    if compiled(_OPEN_RANGE).search(line.text) or any(_tells(word) for word in left):
        return True
    return not known_zone and (
        any(found[1].lower() in left for found in compiled(_CAPITALS).finditer(typed) if not typed.isupper())
        or any(found["place"] not in words().no_place for found in compiled(_NAMED_TIME).finditer(line.text))
        or compiled(_ENDING).search(line.text) is not None
    )


def _tells(word: str) -> bool:
    """Whether a word that was not read may be a part of a time."""
    return (
        word in words().telling
        or compiled(_A_DAY).match(word) is not None
        or any(c.isdigit() or c in "#~" for c in word)
    )
