"""Days in a line: repetitions, weekdays, dates, and spans from now."""

import re
from dataclasses import dataclass
from datetime import timedelta

from intents.times_wish import EVERY_DAY, WEEK, Day, Snag
from intents.times_words import WEEKDAYS, Line, compiled, phrase, words

_DAY = "|".join(WEEKDAYS)
_DAYS = rf"{_DAY}|weekend|weekday"
_UNIT = "second|minute|hour|day|week|month|year"
_COUNT = (
    r"\d+(?:\.\d)?|half an?|half|3/4(?: of)?(?: an?)?|(?:a )?couple(?: of)?|(?:a )?few|several|some"
    r"|(?:a )?quarter of an|an?|another"
)
_SPAN = (
    rf"(?P<count>{_COUNT})(?P<half> and a half)? (?P<unit>{_UNIT})(?! (?:past|after|to|before) \d)"
    r"(?P<more> and a half| and (?P<minutes>\d+) minute)?"
)
_MONTH = r"month-(?P<month>\d+)"
_NUMBER = r"#?(?P<day>\d{1,2})"
_NO_CLOCK = r"(?! (?:am|pm|oclock|ish|minute)|:)"
_GROUPS = {"day": EVERY_DAY, "weekday": frozenset(range(5)), "weekend": frozenset({5, 6})}
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 30 * 86400}
_COUNTS = {"half": 0.5, "3/4": 0.75, "quarter": 0.25, "couple": 2.0}
_VAGUE = frozenset({"few", "several", "some"})
_LONGEST = 366 * 86400  # seconds; nobody waits longer for a reminder
_MONTHS = 12
_LONGEST_MONTH = 31
_CENTURY = 100


def _unnamed(expression: str) -> str:
    return re.sub(r"\?P<\w+>", "?:", expression)


_SNAGS = (
    (Snag.SEVERAL, r"(?:\d+ )?¤several(?: (?:a|per|every) (?:day|week|month))?"),
    (Snag.SEVERAL, r"\d+ times? (?:a|per|every|in a) (?:day|week|month)|\d+ day (?:a|per|every) week"),
    (Snag.INTERVAL, rf"every #\d+ (?:day|week|hour|minute|{_DAY})"),
    (
        Snag.MONTHLY,
        rf"(?:the )?(?:#\d+|last) (?:{_DAYS}|day)(?: (?:of|in)(?: the| this| every)?(?: month)?)?(?: ¤monthly)?",
    ),
    (Snag.MONTHLY, r"(?:(?:on )?(?:the )?#\d+(?: day)? )?(?:of )?(?:¤monthly|every month)"),
    (Snag.MONTHLY, r"every #\d+(?: of)?(?: the month)?"),
    (Snag.YEARLY, rf"every (?:year|{_unnamed(_MONTH)}(?: #?\d+)?|\d+/\d+)|¤yearly"),
    (Snag.INTERVAL, rf"(?:every )*¤interval(?: (?:{_UNIT}|~[a-z-]+|every ~[a-z-]+))?"),
    (Snag.INTERVAL, rf"every (?:\d+(?:\.\d)?|half an?|half|\d+ and a half) (?:{_UNIT})|\d+ (?:{_UNIT}) intervals?"),
    (Snag.INTERVAL, r"every (?:second|minute|hour)s?|\d+ minute apart"),
)
_UNSERVED = tuple((snag, phrase(expression)) for snag, expression in _SNAGS)
_THIS_LONG = (
    rf"(?:for |in |over |during )?(?:the )?(?:next|following|coming|rest of (?:the|this)|this)"
    rf" (?:(?:{_COUNT}) )?(?:{_UNIT})(?: and a half)?(?: only)?"
)
_STARTING = (
    r"(?:starting|beginning|start|begin|as of|from) (?:on |from )?"
    rf"(?:tomorrow|today|next|{_DAY}|#?\d+ {_unnamed(_MONTH)}|{_unnamed(_MONTH)}).*"
)
_BOUNDED = phrase(rf"{_THIS_LONG}|(?:throughout|during|all of|until) .*|for {_unnamed(_SPAN)}|{_STARTING}")
_REPEAT = phrase(rf"every(?= (?:every|day|week|{_DAYS}|~[a-z-]+|\d[\d:]*(?: (?:am|pm|oclock))?|12 noon) )")
_BETWEEN = phrase(rf"(?P<first>{_DAY})(?: ¤)? (?:to|-|until) (?:¤ )?(?P<last>{_DAY})")
_WEEKLY = phrase(r"(?<=¤ )week")
_NAMED = phrase(rf"(?:on )?(?:(?:this|coming|this coming|the) )?(?P<named>{_DAYS}|(?<=¤ )day)")
_EXCEPT = phrase(
    rf"(?:except|but|not|no|without|skip|minus)(?: (?:for|on|the|¤|every))* (?P<named>{_DAYS})"
    rf"(?:(?: ,)?(?: (?:and|or))?(?: on)?(?: ¤)? (?P<second>{_DAY}))?"
)
_NEXT = phrase(rf"next(?= (?:{_DAY}|weekend) )")
_THIS = phrase(rf"(?:this|coming)(?= (?:{_DAY}|weekend) )")
_OR = phrase(rf"(?:{_DAYS})(?: ,)? or (?:on )?(?:{_DAYS})")
_UNTIL = (
    r"(?<= )(?:until|by)(?= (?:the |next |this )?"
    rf"(?:today|tomorrow|#?\d{{1,2}} (?:of )?month-|month-|#|\d+[/-]\d+|{_DAY}|weekend))"
)
_AHEAD = (
    (phrase(r"(?:the )?day after tomorrow"), 2),
    (phrase(r"in a week|a week from today|(?:in )?1 week from today|(?:in )?next week"), WEEK),
    (phrase(r"tomorrow"), 1),
    (phrase(r"today|later today"), 0),
)
_DATES = (
    phrase(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    phrase(rf"(?:on )?(?:the )?{_NUMBER}(?: of)? {_MONTH}(?:(?: ,)? (?P<year>20\d\d))?(?!-)"),
    phrase(rf"(?:on )?{_MONTH}(?: the)? {_NUMBER}{_NO_CLOCK}(?:(?: ,)? (?P<year>20\d\d))?"),
    phrase(r"(?:on )?(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>\d{2,4}))?(?! (?:am|pm|of|an?|hour|h) )"),
    phrase(r"(?:on )?(?:the )#(?P<day>\d{1,2})(?! month-)"),
)
_AFTER = phrase(
    rf"(?:(?:in|for|after|another|within|around|by|later in) )*{_SPAN}"
    r"(?: (?:from now|later|earlier|sooner|ago|before|back|forward))?"
    r"|(?:in|for) (?P<short>[1-9]\d?) h|(?P<shorter>[1-6]) h"
)
_PAST = r" (?:ago|before|last|past) "


@dataclass
class Days:
    days: frozenset[int] | None = None
    repeats: bool = False
    once: bool = False
    weekly: bool = False
    after: timedelta | None = None
    ahead: int | None = None
    dates: tuple[Day, ...] = ()
    following: bool = False
    until: bool = False
    snag: Snag | None = None


def read_days(line: Line, *, holds: bool) -> Days:
    """`holds`: a pause or a change is asked for, in which a span says how long."""
    found = Days()
    for snag, pattern in _UNSERVED:
        if line.take(pattern):
            found.snag = found.snag or snag
    found.repeats = line.has(_REPEAT)
    if not holds and (found.repeats or found.snag) and line.take(_BOUNDED):
        found.snag = found.snag or Snag.ENDS
    found.until = bool(line.take(_UNTIL))
    _spans(line, found)
    _calendar(line, found)
    _weekdays(line, found)
    said = (found.days, found.after, found.ahead, found.dates or None)
    if sum(part is not None for part in said) > 1 and not found.repeats:
        found.snag = found.snag or Snag.UNCLEAR
    if found.repeats and found.once:
        found.snag = found.snag or Snag.ENDS
    return found


def _spans(line: Line, found: Days) -> None:
    said = [ahead for pattern, ahead in _AHEAD if line.take(pattern)]
    if said:
        found.once = True
        found.ahead = said[0]
        found.snag = found.snag or (Snag.UNCLEAR if len(said) > 1 else None)
    spans = line.take(_AFTER)
    if not spans:
        return
    span = spans[0]
    seconds = _seconds(span)
    if len(spans) > 1 or not seconds or compiled(_PAST).search(f"{span[0]} ") or found.ahead is not None:
        found.snag = found.snag or Snag.UNCLEAR
        return
    found.once = True
    if span["unit"] in {"day", "week", "month"} and seconds % _UNITS["day"] == 0:
        found.ahead = int(seconds // _UNITS["day"])
    else:
        found.after = timedelta(seconds=seconds)


def _seconds(span: re.Match[str]) -> float:
    """The length of a span; 0 where it has none that a reminder could wait for."""
    if hours := span["short"] or span["shorter"]:
        return int(hours) * _UNITS["hour"]
    if len(span["count"]) > len("a quarter of an") or span["unit"] not in _UNITS:
        return 0
    count = span["count"].removeprefix("a ").removesuffix(" an").removesuffix(" a").removesuffix(" of")
    if count in _VAGUE:
        return 0
    number = float(count) if count[0].isdigit() and "/" not in count else _COUNTS.get(count, 1.0)
    number += 0.5 * bool(span["half"] or span["more"] == " and a half")
    seconds = number * _UNITS[span["unit"]] + int((span["minutes"] or "0")[:4]) * _UNITS["minute"]
    return seconds if seconds <= _LONGEST else 0


def _calendar(line: Line, found: Days) -> None:
    """Dates; of 3/5 both readings."""
    said = [_readings(date.groupdict()) for pattern in _DATES for date in line.take(pattern)]
    if said:
        found.once = True
        found.dates = said[0]
        if len(said) > 1 or not said[0]:
            found.snag = found.snag or Snag.UNCLEAR


def _readings(parts: dict[str, str | None]) -> tuple[Day, ...]:
    year = int(parts.get("year") or 0)
    year += 2000 if 0 < year < _CENTURY else 0
    if "a" in parts:
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        days = [Day(first, second, year), Day(second, first, year)]
    else:
        days = [Day(int(parts["day"] or 0), int(parts.get("month") or 0), year)]
    real = (day for day in days if 0 < day.day <= _LONGEST_MONTH and day.month <= _MONTHS)
    return tuple(dict.fromkeys(real))


def _weekdays(line: Line, found: Days) -> None:
    if line.has(_OR) or _scattered(line.text.split()):
        found.snag = found.snag or Snag.UNCLEAR
    found.following = bool(line.take(_NEXT))
    found.once |= found.following or bool(line.take(_THIS, "this"))
    line.take(_REPEAT)
    without = [name for part in line.take(_EXCEPT) for name in (part["named"], part["second"]) if name]
    said = [_run(part["first"], part["last"]) for part in line.take(_BETWEEN)]
    found.repeats |= bool(said)
    found.weekly = bool(line.take(_WEEKLY))
    said += [_group(part["named"]) for part in line.take(_NAMED)]
    excepted = frozenset().union(*(_group(name) for name in without))
    if said or excepted:
        found.days = (frozenset().union(*_narrowest(said)) or EVERY_DAY) - excepted or None
        found.snag = found.snag or (None if found.days else Snag.UNCLEAR)
        found.repeats |= len(said) > 1 or bool(excepted)


def _scattered(said: list[str]) -> bool:
    """Whether words of another matter stand between days: "I work Monday to Friday, so on weekends"."""
    names = {*WEEKDAYS, "weekday", "weekend"}
    places = [place for place, word in enumerate(said) if word in names]
    between = said[places[0] : places[-1]] if places else []
    return any(word.isalpha() and word not in names | words().between_days for word in between)


def _narrowest(said: list[frozenset[int]]) -> list[frozenset[int]]:
    """Monday to Friday, where it was said beside every day."""
    return [days for days in said if days != EVERY_DAY] or said


def _group(name: str) -> frozenset[int]:
    return _GROUPS.get(name) or frozenset({WEEKDAYS.index(name)})


def _run(first: str, last: str) -> frozenset[int]:
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return frozenset((start + step) % WEEK for step in range((end - start) % WEEK + 1))
