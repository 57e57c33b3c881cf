"""What is remembered of a person: frozen, read from and written as JSON, steps by name and never by index."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

CONVERSATION = timedelta(hours=6)  # of silence, after which a new conversation begins
DANGER = timedelta(hours=24)  # after which ordinary talk is possible again
AWAY = timedelta(days=3)  # after which a greeting is answered as a return
MOST_SEEN = 400  # things said that are counted; dates are part of some, so that there is no end of them


class Remembered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Screen(Remembered):
    """What was said last, by name, so that it can be said again word for word."""

    name: str = ""
    args: tuple[str, ...] = ()
    lead: str = ""  # a phrase that was said before it
    notice: bool = False  # whether it carried the note that this is a program
    card: bool = False  # whether the helplines came with it once more
    youth: bool = False  # whether a line for young people came with it
    offer: bool = False  # whether it was offered to go on with an exercise
    asks: bool = False  # whether it was asked with it if what is sent by itself still fits

    @property
    def key(self) -> str:
        """What counts as the same thing being said again."""
        return ":".join((self.name, *self.args))

    @property
    def about(self) -> str:
        """What it is about, such as a topic or an exercise; empty where it is about nothing."""
        return next(iter(self.args), "")


class Visits(Remembered):
    """How often a topic came up on one day."""

    day: str = ""  # the local ISO date
    counts: dict[str, int] = {}

    def plus(self, topic: str, day: str) -> "Visits":
        counts = self.counts if day == self.day else {}
        return Visits(day=day, counts={**counts, topic: counts.get(topic, 0) + 1})


class Daily(Remembered):
    """The daily prompts that somebody asked for, and what became of them."""

    time: str = ""  # "08:30"
    weekdays: str = "0123456"  # Monday first
    zone: str = ""  # IANA name
    on: bool = False
    until: str = ""  # ISO date up to which they are paused
    fit: str = ""  # chooses the decks
    fit_asked: bool = False
    decks_off: tuple[str, ...] = ()
    decks_on: tuple[str, ...] = ()  # of those that are off until they are asked for
    used: tuple[str, ...] = ()  # prompts shown since all were through, the latest last
    current: str = ""  # the prompt behind the cover
    day: str = ""  # the local date for which it is meant
    served: str = ""  # the last local date on which one was sent by itself
    others: int = 0  # how often another one was asked for that day
    shown_at: datetime | None = None
    days: dict[str, str] = {}  # what became of the prompt of a local date: sent, shown, done, skipped

    def but(self, **changes: object) -> Self:
        return self.model_copy(update=changes)

    @property
    def known(self) -> bool:
        """Whether it is known when they are to come."""
        return bool(self.time and self.zone and self.weekdays)

    @property
    def ready(self) -> bool:
        """Whether they are switched on, and all is known that it takes to send them."""
        return self.on and self.known


class Practice(Remembered):
    """The exercise that runs: the only place where words of theirs are held, until it ends or has been idle a week."""

    id: str = ""
    contact: str = ""  # whether the partner may be written to: "open", "none", or not asked yet
    answers: dict[str, str] = {}  # by step: what was typed, or the name of a choice
    draft: str = ""  # what was typed while they decide whether it is the answer
    looked: tuple[str, ...] = ()  # steps at which words were pointed at; once is enough
    at: datetime | None = None  # of the last step
    offered: bool = False  # whether it was offered to go on with it since they turned to something else

    def but(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


class Course(Remembered):
    """The plan that runs: one small step a day, at the hour of the daily prompts."""

    id: str = ""
    day: str = ""  # the name of the day that was sent last; empty: none yet
    seen: bool = False  # whether it was opened and not put off; only then the next one follows
    paused: bool = False  # things have changed; it waits until they say
    starting: bool = False  # the hour is still being asked for

    @property
    def runs(self) -> bool:
        return bool(self.id) and not self.paused and not self.starting

    def but(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


class Due(Remembered):
    """Something that is sent once."""

    name: str
    at: datetime
    payload: str


class State(Remembered):
    """Everything that is kept about a person between two messages.

    No sentence of theirs is in it, but the answers of an exercise that runs and what they decide whether to keep.
    """

    screen: Screen = Screen()
    previous: Screen = Screen()  # where "back" leads
    pending: Screen = Screen()  # what follows once a safety question is answered
    topic: str = ""
    angle: str = ""
    step: str = ""
    chosen: str = ""  # the topic of which they chose a step to try
    ranked: tuple[str, ...] = ()  # the other readings of their last free message, best first
    rejected: tuple[str, ...] = ()  # topics they turned down in this conversation
    seen: dict[str, int] = {}  # how often each thing was said, so that it is said differently
    misses: int = 0
    listens: int = 0  # turns of mere listening since they were last asked
    partner: str = ""  # the noun that they use, from a closed list
    introduced: bool = False
    heard_at: datetime | None = None
    warned_for: datetime | None = None  # the `heard_at` after which they were told that they will be forgotten
    visits: Visits = Visits()
    country: str = ""
    danger_at: datetime | None = None  # danger is open since then
    cleared: bool = False  # they said that they are not afraid of their partner
    asked: bool = False  # whether they were asked, in this conversation, if they want to live
    daily: Daily = Daily()
    practice: Practice = Practice()
    course: Course = Course()
    once: tuple[Due, ...] = ()  # at most one of a name
    asked_about: dict[str, str] = {}  # topics after which it was asked if what is sent still fits: the local date
    suspended: bool = False  # danger was named: nothing scheduled is sent until the person turns it on again
    keepable: str = ""  # a sentence of theirs until they decide to keep it, write again, or have been silent for a week
    card_in: int = 0  # turns until the helplines are offered once more; 0: not due

    @property
    def delivers(self) -> bool:
        """Whether something comes each day: a prompt, or the day of a plan in its place."""
        return self.daily.known and not self.suspended and (self.daily.on or self.course.runs)

    @property
    def planned(self) -> bool:
        """Whether it is the plan that comes."""
        return self.delivers and self.course.runs

    @property
    def holds_words(self) -> bool:
        """Whether anything that they typed is in it."""
        return bool(self.practice.answers or self.practice.draft or self.keepable)

    @property
    def idle_since(self) -> datetime | None:
        """When the words that are in it were last of use; None where nothing of an exercise or a prompt is held."""
        return self.practice.at or (self.heard_at if self.keepable else None)

    def resumed(self) -> Self:
        """With what they ask for coming again after danger; the prompts that it stopped stay off until asked for."""
        return self.but(suspended=False, daily=self.daily.but(on=self.daily.on and not self.suspended))

    def later(self, name: str, at: datetime) -> Self:
        """With something that is sent once, in place of one of its name."""
        return self.but(once=(*(due for due in self.once if due.name != name), Due(name=name, at=at, payload=name)))

    def without(self, name: str) -> Self:
        return self.but(once=tuple(due for due in self.once if due.name != name))

    def go(self, name: str, *args: str, lead: str = "") -> Self:
        """To another screen, counting what is said."""
        screen = Screen(name=name, args=args, lead=lead)
        return self.at_screen(screen)

    def at_screen(self, screen: Screen) -> Self:
        seen = dict(self.seen)
        for key in filter(None, (screen.key, screen.lead)):
            seen[key] = seen.pop(key, 0) + 1  # to the end: the longest unsaid is forgotten first
        seen = dict(list(seen.items())[-MOST_SEEN:])
        previous = self.screen if self.screen.name else self.previous
        return self.model_copy(update={"screen": screen, "previous": previous, "seen": seen})

    def but(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


def storable(text: str) -> str:
    """What was typed, without the halves of characters that no file takes."""
    return text.strip().encode("utf-8", "replace").decode()


def scheduled(state: State) -> bool:
    """Whether anything is to be sent by itself."""
    return state.daily.on or bool(state.course.id) or bool(state.once)
