"""Times of day in a line: clock times first, then parts of the day, which also say which half of the day is meant."""

import re
from datetime import time

from intents.times_wish import Snag
from intents.times_words import Line, compiled, phrase, words

HALF_DAY = 12
DAY = 24
HOUR = 60
_MARK = r"@\d+"
_TAIL = r"(?: (?:ish|oclock|sharp))*(?P<half>(?: (?:am|pm))*)(?: ish)?"
_SPOKEN = (
    r"(?P<minutes>quarter|half|5|10|15|20|25|\d{1,2} minute) (?P<way>past|after|to|before|of) (?P<hour>\d{1,2})(?::00)?"
)
_FORMS = (
    phrase(rf"(?:a )?{_SPOKEN}{_TAIL}"),
    phrase(r"(?P<hour>12) (?P<half>noon|midnight)"),
    phrase(rf"(?P<minutes>half) (?P<hour>\d{{1,2}})(?! (?:hour|minute|day|week)){_TAIL}"),
    phrase(rf"(?P<hour>\d{{1,2}}):(?P<minutes>\d\d){_TAIL}"),
    phrase(r"(?P<hour>\d{1,2})(?P<minutes>\d\d) (?P<half>(?:am|pm))(?: (?:am|pm))*"),
    phrase(r"(?P<hour>[01]\d|2[0-3])(?P<minutes>[0-5][05])(?: (?:h|hour))?(?P<half>)"),
    phrase(r"(?P<hour>[1-9])(?P<minutes>[0-5][05])(?P<half>)(?! [a-z])"),
    phrase(rf"(?P<hour>\d{{1,2}}) (?:oh? )?(?P<minutes>[0-5]\d|(?<=o )\d|(?<=oh )\d){_TAIL}"),
    phrase(rf"(?P<hour>\d{{1,2}})(?=(?: (?:ish|oclock|sharp))* (?:am|pm|oclock|ish|sharp) ){_TAIL}"),
    phrase(r"(?P<hour>\d{1,2}) (?:h|hour|uhr)(?P<half>)"),
)
_BARE = (
    r"(?P<before>^ |(?<= )(?:at|around|by|to|from|until|between|or|and|past|after|before|its|is"
    r"|make it|for|to be|do|say|think|like"
    r"|[-,]|¤|@\d+|~[a-z-]+) )"
    r"(?P<hour>\d{1,2})(?P<half>)"
    r"(?= (?:$|¤|[-,]|@|~|(?:please|pls|every|in|on|and|or"
    r"|to|works|would|is|thanks|thank|then|for|i|so|if|with|instead|not)\b))"
)
_RANGE = phrase(rf"{_MARK}(?: ,)? (?:to|-|until) {_MARK}|between {_MARK} (?:and|to|-) {_MARK}")
_CHANGED = rf"\b(?:change|move|shift|switch|reschedule|update|edit)\b.* from ({_MARK}) to ({_MARK}) "
_INSTEAD = rf"({_MARK})(?: ,)? (?:instead of|rather than|not|and not) ({_MARK}) "
_ONE_OF = rf" or (?:maybe |perhaps |at |around |even )*{_MARK} "
_EDGE = phrase(rf"(?:past|after|before|until|from) {_MARK}|{_MARK} (?:past|or later|or earlier|latest)")
_PART = phrase(r"~[a-z-]+")
_YEARS = range(1980, 2100)


def read_clock(line: Line) -> tuple[tuple[time, ...], str, Snag | None]:
    """The candidates, the part of the day where no clock time was said, and what stands in the way."""
    marked = _clocks(line)
    times, snag = _chosen(line, marked)
    parts = [words().parts[name] for name in dict.fromkeys(found[0][1:] for found in line.take(_PART))]
    line.take(_MARK)
    if not times:
        vague = " or ".join(part.name for part in parts)
        return tuple(part.at for part in parts), vague, Snag.SEVERAL if len(parts) > 1 else None
    if parts:
        fitting = [minutes for minutes in times if any(_within(minutes, part.hours) for part in parts)]
        snag = snag or (None if fitting and len(parts) == 1 else Snag.UNCLEAR)
        times = fitting or times
    return tuple(time(*divmod(minutes, HOUR)) for minutes in times), "", snag


def _clocks(line: Line) -> list[tuple[int, ...]]:
    """Each clock time's candidates in minutes of the day; its place in the list stands in the line."""
    marked: list[tuple[int, ...]] = []

    def mark(found: re.Match[str]) -> str:
        candidates = _candidates(found)
        if not candidates:
            return found[0].replace(" ", "_")
        marked.append(candidates)
        before = found["before"] if "before" in found.re.groupindex else ""
        unsure = " unsure" if _doubtful(found) else ""
        return f"{before}@{len(marked) - 1}{unsure}"

    for form in _FORMS:
        line.text = compiled(form).sub(mark, line.text)
    for _ in range(3):  # a bare number next to a bare number
        line.text = compiled(_BARE).sub(mark, line.text)
    return marked


def _doubtful(found: re.Match[str]) -> bool:
    """Whether it may be something else: "5 to 7" a range, "2019" a year."""
    parts = found.groupdict()
    if parts.get("way") == "to" and parts["minutes"] in {"5", "10"}:
        return True
    return found[0].isdigit() and len(found[0]) > len("830") and int(found[0]) in _YEARS


def _candidates(found: re.Match[str]) -> tuple[int, ...]:
    """Minutes of the day that a clock time may mean; none where it is none."""
    parts = found.groupdict()
    said = (parts.get("minutes") or "0").removesuffix(" minute")
    minutes = {"quarter": 15, "half": 30}.get(said) or int(said if said.isdigit() else 0)
    halves = set((parts["half"] or "").split())
    hour = int(parts["hour"])
    if minutes >= HOUR or hour >= DAY or {"am", "pm"} <= halves:
        return ()
    hours = _hours(parts["hour"], halves)
    sign = -1 if parts.get("way") in {"to", "before", "of"} else 1
    return tuple((hour * HOUR + sign * minutes) % (DAY * HOUR) for hour in hours)


def _hours(said: str, halves: set[str]) -> tuple[int, ...]:
    hour = int(said)
    if halves & {"am", "midnight"}:
        return (hour % HALF_DAY,) if hour <= HALF_DAY else ()
    if halves & {"pm", "noon"}:
        return (hour % HALF_DAY + HALF_DAY,) if hour else ()
    if hour > HALF_DAY or said.startswith("0"):
        return (hour,)
    return (hour, (hour + HALF_DAY) % DAY)


def _chosen(line: Line, marked: list[tuple[int, ...]]) -> tuple[list[int], Snag | None]:
    """The candidates of what is meant, and why it is not one time."""
    for pattern, wanted in ((_CHANGED, 2), (_INSTEAD, 1)):
        if found := compiled(pattern).search(line.text):
            line.text = compiled(pattern).sub("¤ ", line.text)
            return list(marked[int(found[wanted][1:])]), None
    distinct = dict.fromkeys(marked[int(found[1:])] for found in compiled(_MARK).findall(line.text))
    times = list(dict.fromkeys(minutes for candidates in distinct for minutes in candidates))
    if line.has(_RANGE):
        line.take(_RANGE)
        return times, Snag.RANGE
    if len(distinct) > 1:
        return times, None if line.has(_ONE_OF) else Snag.SEVERAL
    return times, Snag.UNCLEAR if line.has(_EDGE) or " unsure " in line.text else None


def _within(minutes: int, hours: range) -> bool:
    hour = minutes // HOUR
    return hour in hours or hour + DAY in hours
