"""What each kind of content file holds. The JSON Schemas that editors use are generated from here."""

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\n]*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,17}$")]
"""Of a step, an angle or a door: part of what a button carries, and therefore stable for ever."""
TopicId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,23}$")]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
"""Of a button: 40 characters are what a phone shows of it; the platforms' own limit is 80."""

_ANSWERS = {"yes": True, "no": False}
Answer = Annotated[
    bool,
    BeforeValidator(lambda value: _ANSWERS.get(value, value), json_schema_input_type=Literal["yes", "no"]),
]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Model):
    """One thing that a person can do, small enough for a day."""

    name: Name
    title: Line  # an imperative sentence
    text: Text  # how, in two or three sentences
    words: Text | None = None  # what to say or send, word for word
    for_: tuple[Name, ...] = Field(default=(), alias="for")  # the angles it is meant for; none: all
    plan: Answer = True  # no: a view or a habit rather than a deed, so nobody asks what and when


class Angle(Model):
    """A side from which one topic is lived: `mine`, `theirs`, `both`, or one with its own name."""

    label: Label
    reflections: tuple[Line, ...] = Field(min_length=3)
    first: Name
    exercise: Name | None = None  # to practise, where another fits this side better than the topic's first


class Door(Model):
    """A way on from the first answer about something heavy."""

    label: Label
    steps: tuple[Name, ...] = Field(min_length=1)


class Buttons(Model):
    words: Label
    next: Label
    try_: Label = Field(alias="try")


class Topic(Model):
    """Advice of the documents on one need, or the orientation for one situation."""

    id: TopicId
    title: Label
    group: Name
    weight: Literal["light", "heavy"]
    source: Line
    guarded: Answer
    reflections: tuple[Line, ...] = Field(min_length=3)
    question: Line | None = None
    angles: dict[Name, Angle] = {}
    summary: Line
    steps: tuple[Step, ...] = Field(min_length=3, max_length=12)
    doors: dict[Name, Door] = {}
    buttons: Buttons
    why: Text
    careful: Text
    followup: Line
    related: tuple[TopicId, ...] = Field(min_length=1, max_length=4)
    exercises: tuple[Name, ...] = ()  # to practise, the best fitting first
    no_exercise: Line | None = None  # why there is none

    @property
    def heavy(self) -> bool:
        return self.weight == "heavy"

    @cached_property
    def step(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    def path(self, angle: str) -> tuple[Step, ...]:
        """The steps that fit the angle, in the order in which they are offered."""
        fitting = tuple(step for step in self.steps if not step.for_ or not angle or angle in step.for_)
        if angle not in self.angles:
            return fitting
        first = self.step[self.angles[angle].first]
        return (first, *(step for step in fitting if step is not first))

    def exercise(self, angle: str) -> str:
        """The exercise that fits the angle best; empty where there is none."""
        own = self.angles[angle].exercise if angle in self.angles else None
        return own or next(iter(self.exercises), "")

    def behind(self, door: str, angle: str) -> Step | None:
        """The step that a door opens to someone of this angle."""
        fitting = self.path(angle)
        steps = (self.step[name] for name in self.doors[door].steps)
        return next((step for step in steps if step in fitting), None)


class Group(Model):
    """A door of the menu."""

    id: Name
    label: Label
    says: Line


class Phrase(Model):
    """Something that the bot says apart from topics, in variants, with the labels of its buttons."""

    says: tuple[Text, ...] = Field(min_length=1)
    slots: tuple[Name, ...] = ()
    buttons: dict[Name, Label] = {}


class Kind(StrEnum):
    CRISIS = "crisis"
    ABUSE = "abuse"
    YOUTH = "youth"


class Audience(StrEnum):
    VICTIM = "victim"
    OWN_BEHAVIOUR = "own-behaviour"
    YOUTH = "youth"
    EVERYONE = "everyone"


class Helpline(Model):
    """A line of one country. Numbers are shown exactly as they stand in the file."""

    name: Line
    kind: Kind
    audience: Audience
    for_: Line | None = Field(default=None, alias="for")  # whom it serves, where not everyone
    call: Line | None = None
    also: tuple[Line, ...] = ()
    text: Line | None = None
    text_body: Line | None = None  # the word to text to it
    hours: Line | None = None
    url: Line | None = None
    dated: date | None = None  # of the newest dated source that lists it
    note: Line | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        return (self.call, *self.also) if self.call else ()


class Country(Model):
    name: Line
    emergency: tuple[Line, ...] = Field(min_length=1)
    lines: tuple[Helpline, ...] = ()


class Directory(Model):
    """Where the lines of every country can be looked up."""

    name: Line
    url: Line
    kinds: tuple[Kind, ...] = Field(min_length=1)


class Helplines(Model):
    directories: tuple[Directory, ...] = Field(min_length=1)
    countries: dict[str, Country]


CommandName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,32}$")]
Hint = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Parameter(Model):
    """A part of the words after a command, with a field of its own where a platform has such fields."""

    name: CommandName
    description: Hint


class Command(Model):
    """A slash command: what the platforms list, and the hint for the words after it where it takes some.

    What stands in the fields of `options` comes before the free words, in that order.
    """

    name: CommandName
    description: Hint
    options: tuple[Parameter, ...] = ()
    words: Hint | None = None


class Fit(StrEnum):
    """How things are between the two, as far as it changes what they are sent."""

    FINE = "fine"
    STRAINED = "strained"
    SPACE = "space"  # one of them asked for space: deeds for one's own life, no contact
    OVER = "over"  # apart: appreciation is off


class Prompt(Model):
    """One concrete thing to notice, say or do today, in under a minute."""

    name: Name  # unique over all decks: part of what a button carries
    text: Text


class Deck(Model):
    """Prompts of one kind, that can be switched off together."""

    id: Name
    title: Label
    fits: tuple[Fit, ...] = Field(min_length=1)
    asked: Answer = False  # yes: off until somebody switches it on, because it fits few
    prompts: tuple[Prompt, ...] = Field(min_length=1)
