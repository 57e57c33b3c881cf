"""What a person wants to be reminded of when: read once, acted on by the dialogue."""

from dataclasses import dataclass
from datetime import MINYEAR, date, time, timedelta
from enum import StrEnum

WEEK = 7
EVERY_DAY = frozenset(range(WEEK))


class Kind(StrEnum):
    NONE = "none"  # not said
    DAILY = "daily"
    WEEKLY = "weekly"  # on `days`; without days it is still to be asked on which
    ONCE = "once"


class Act(StrEnum):
    NONE = "none"
    OFF = "off"
    PAUSE = "pause"
    RESUME = "resume"
    LATER = "later"
    EARLIER = "earlier"


class Snag(StrEnum):
    """Why a wish cannot be followed as it stands. What else was read still helps to ask."""

    INTERVAL = "interval"  # every other day, every two hours
    MONTHLY = "monthly"
    YEARLY = "yearly"
    SEVERAL = "several"  # more than one time a day
    RANGE = "range"  # from one time to another
    ENDS = "ends"  # a repetition with a first or last day
    UNCLEAR = "unclear"  # a part of it was not understood, or two parts contradict one another


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar as far as it was said: 0 stands for a month or year that was not."""

    day: int
    month: int = 0
    year: int = 0

    def first(self, today: date) -> date | None:
        """The first such day from today on; None where there is none within eight years."""
        for year in [self.year] if self.year else range(max(today.year, MINYEAR), today.year + 9):
            for month in [self.month] if self.month else range(1, 13):
                try:
                    found = date(year, month, self.day)
                except ValueError:
                    continue
                if found >= today:
                    return found
        return None


@dataclass(frozen=True, slots=True)
class Wish:
    """`sure`: act on it and say what was understood. `understood` but not sure: ask. Neither: say so."""

    times: tuple[time, ...] = ()  # one is meant; several are candidates, the most likely first
    days: frozenset[int] | None = None  # Monday is 0; None: not said
    zone: str = ""  # an IANA name
    zones: tuple[str, ...] = ()  # candidates where the zone is ambiguous; `zone` is empty then
    vague: str = ""  # the part of the day, "late evening", for which `times` is only a proposal
    kind: Kind = Kind.NONE
    after: timedelta | None = None  # this long from now: "in 20 minutes"
    ahead: int | None = None  # this many days from today: 0 is today
    dates: tuple[Day, ...] = ()  # several are candidates: 3/5
    following: bool = False  # "next friday": the coming one or the one after it
    until: bool = False  # the day said is an end: "pause until 3 may"
    act: Act = Act.NONE
    by: timedelta | None = None  # how much later or earlier; None: not said
    snag: Snag | None = None

    @property
    def understood(self) -> bool:
        """Whether anything was said about a time, a day, a zone or the reminders themselves."""
        return self != Wish()

    @property
    def sure(self) -> bool:
        """Whether everything that was said has one reading."""
        several = len(self.times) > 1 or len(self.dates) > 1 or self.following or bool(self.zones)
        return self.understood and self.snag is None and not self.vague and not several

    @property
    def off(self) -> bool:
        return self.act is Act.OFF

    def on(self, today: date) -> tuple[date, ...]:
        """The days that a one-off wish may mean, the most likely first; none where no day was said."""
        if self.dates:
            return tuple(found for day in self.dates if (found := day.first(today)))
        if self.ahead is not None:
            return _moved(today, (self.ahead,))
        if self.days is None:
            return ()
        coming = min((day - today.weekday()) % WEEK or WEEK for day in self.days)
        return _moved(today, (coming, coming + WEEK) if self.following else (coming,))


def _moved(today: date, ahead: tuple[int, ...]) -> tuple[date, ...]:
    return tuple(today + timedelta(days=days) for days in ahead if days <= (date.max - today).days)
