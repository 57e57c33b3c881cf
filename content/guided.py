"""What exercises and plans hold: the content that is gone through step by step."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import BeforeValidator, Field

from content.model import Answer, Fit, Label, Line, Model, Name, Text, TopicId


class Notice(Model):
    """Words that are worth a second look in what was typed, and the one sentence that points at them."""

    words: tuple[Line, ...] = Field(min_length=1)  # in lower case, without apostrophes
    says: Line


class Again(StrEnum):
    """When the bot asks once more, where somebody chose to wait."""

    TWENTY = "twenty"  # minutes
    TOMORROW = "tomorrow"


class Option(Model):
    """One of the answers that can be chosen."""

    label: Label
    then: Name | None = None  # the step that follows, or `end`; none: the one that the question names
    text: Text | None = None  # what stands for this choice in a saved slot; none: the label
    again: Again | None = None  # choosing it asks to be asked once more


class Ask(Model):
    """A step of an exercise: something said, or a question that is answered in words or by choosing."""

    name: Name
    say: Text | None = None
    ask: Text | None = None
    save: Name | None = None  # the slot that the answer fills
    choices: dict[Name, Option] = Field(default_factory=dict)
    notice: tuple[Name, ...] = ()
    long: Answer = False  # yes: may be longer than 300 characters; then no text shows it
    then: Name | None = None  # the step that follows, or `end`; none: the next one


class Exercise(Model):
    """A short guided practice that ends in something worth keeping."""

    id: Name
    title: Label
    minutes: Annotated[int, BeforeValidator(int), Field(ge=1, le=30)]
    alone: Answer  # no: both partners take part
    outcome: Line  # what they will have at the end: "two lines you could send"
    guarded: Answer
    message: Answer  # yes: it yields something to send, so space, no contact and court orders are asked about first
    near: Answer = False  # yes: asks for closeness, which is advised against where space was asked for
    no_contact: Name | None = None  # the step at which someone begins who must not write; none: nothing is drafted
    careful: Text
    steps: tuple[Ask, ...] = Field(min_length=2, max_length=14)
    notices: dict[Name, Notice] = Field(default_factory=dict)
    result: Text  # with the saved slots, ready to copy
    ending: Text  # the last words

    @cached_property
    def step(self) -> dict[str, Ask]:
        return {step.name: step for step in self.steps}

    def after(self, step: Ask, answer: str) -> Ask | None:
        """What follows a step, or a choice at it; None: the end."""
        chosen = step.choices.get(answer)
        then = (chosen.then if chosen else None) or step.then
        if then is not None:
            return self.step.get(then)
        place = self.steps.index(step) + 1
        return self.steps[place] if place < len(self.steps) else None


class Day(Model):
    name: Name
    text: Text  # one small step, delivered at the person's prompt time
    exercise: Name | None = None
    topic: TopicId | None = None


class Plan(Model):
    """Seven or fourteen days, one small step a day."""

    id: Name
    title: Label
    promises: Line  # what it is for, in one sentence
    fits: tuple[Fit, ...] = Field(min_length=1)
    guarded: Answer
    days: tuple[Day, ...] = Field(min_length=7, max_length=14)
