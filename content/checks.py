"""What must be true of content beyond its form: limits of words and platforms, names that exist, plain speech."""

import string
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from content.model import Deck, Phrase, Topic

Where = Sequence[str | int]
Found = tuple[Where, str]  # the place in the file, and the mend

FIRST_REPLY_WORDS = 70
REFLECTION_WORDS = 18
SUMMARY_WORDS = 24
TITLE_WORDS = 14
PROMPT_WORDS = 60
PATH_STEPS = range(3, 7)  # how many steps someone of one angle sees
TEXT_UNITS = 2000  # UTF-16 units, the smaller of both platforms' limits
MOST_CHOICES = 12  # buttons of a message
LONGEST_SLOT = "x" * 300
TOPIC_SLOTS = {"partner", "Partner"}
DOORS = ["tonight", "understand", "talk"]


def words(text: str) -> int:
    return len(text.split())


def slots_of(text: str) -> set[str]:
    """The names in braces; ValueError where braces do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def topic_faults(
    topic: Topic,
    topics: Mapping[str, Topic],
    groups: Mapping[str, Any],
    phrases: Mapping[str, Phrase],
    exercises: Mapping[str, Any],
) -> Iterator[Found]:
    if topic.group not in groups:
        yield ["group"], f"group: {topic.group!r} is none of {', '.join(groups)}."
    if sum(other.group == topic.group for other in topics.values()) >= MOST_CHOICES:  # one of them leads back
        yield ["group"], f"group: {topic.group!r} has more than {MOST_CHOICES - 1} topics; move one to another."
    for related in topic.related:
        if related not in topics or related == topic.id:
            near = get_close_matches(related, topics, 1)
            yield ["related"], f"related: {related!r} is no other topic{f'; {near[0]}?' if near else ''}."
    yield from _practice_faults(topic, exercises)
    yield from _slot_faults(topic)
    names = [step.name for step in topic.steps]
    for name in {name for name in names if names.count(name) > 1}:
        yield ["steps"], f"steps: two are called {name!r}; rename one."
        return
    if broken := list(_angle_faults(topic)):
        yield from broken
        return
    yield from _door_faults(topic)
    yield from _length_faults(topic, phrases)


def _practice_faults(topic: Topic, exercises: Mapping[str, Any]) -> Iterator[Found]:
    if bool(topic.exercises) == bool(topic.no_exercise):
        yield ["exercises"], "exercises: name those that fit, or say in `no_exercise` why there is none."
    for name in topic.exercises:
        if name not in exercises:
            near = get_close_matches(name, exercises, 1)
            yield ["exercises"], f"exercises: there is none called {name!r}{f'; {near[0]}?' if near else ''}."
    for angle, side in topic.angles.items():
        if side.exercise and side.exercise not in topic.exercises:
            yield ["angles", angle, "exercise"], f"exercise: {side.exercise!r} is none of this topic's exercises."


def _angle_faults(topic: Topic) -> Iterator[Found]:
    if topic.angles and not topic.question:
        yield ["angles"], "question: a topic with angles asks which it is; add the question."
    if len(topic.angles) >= MOST_CHOICES:  # and "That's not it"
        yield ["angles"], f"angles: {len(topic.angles)}; {MOST_CHOICES - 1} are the most."
    for index, step in enumerate(topic.steps):
        for name in step.for_:
            if name not in topic.angles:
                yield (
                    ["steps", index, "for"],
                    f"for: {name!r} is none of the angles {', '.join(topic.angles)}.",
                )
    for name, angle in topic.angles.items():
        first = topic.step.get(angle.first)
        if first is None or (first.for_ and name not in first.for_):
            yield ["angles", name, "first"], f"first: {angle.first!r} is no step for {name!r}."


def _door_faults(topic: Topic) -> Iterator[Found]:
    if list(topic.doors) != (DOORS if topic.heavy else []):
        yield ["doors"], f"doors: a heavy topic has {', '.join(DOORS)} in this order, a light one none."
        return
    for name, door in topic.doors.items():
        for step in door.steps:
            if step not in topic.step:
                yield ["doors", name], f"doors: {step!r} is no step of this topic."
                return
        for angle in topic.angles or [""]:
            if topic.behind(name, angle) is None:
                yield ["doors", name], f"doors: nothing is behind {name!r} for {angle!r}; add a step for it."


def _length_faults(topic: Topic, phrases: Mapping[str, Phrase]) -> Iterator[Found]:
    for index, step in enumerate(topic.steps):
        yield from _too_long(["steps", index, "title"], step.title, TITLE_WORDS)
        if step.title.lower().startswith(("today", "tonight")):  # "For today: Tonight, ..."
            yield ["steps", index, "title"], "title: the day stands before it already; begin with what to do."
    yield from _too_long(["summary"], topic.summary, SUMMARY_WORDS)
    around = max(words(p) for name, phrase in phrases.items() if name.startswith("notice-") for p in phrase.says)
    around += max(words(text) - 1 for text in phrases["first-step"].says) if "first-step" in phrases else 0
    for name in topic.angles or [""]:
        path = topic.path(name)
        if len(path) not in PATH_STEPS:
            yield ["steps"], f"steps: someone of angle {name!r} sees {len(path)}; 3 to 6 are right."
        reflections = topic.angles[name].reflections if name else topic.reflections
        where: Where = ["angles", name, "reflections"] if name else ["reflections"]
        for index, reflection in enumerate(reflections):
            yield from _too_long([*where, index], reflection, REFLECTION_WORDS)
            total = sum(map(words, (reflection, topic.summary, path[0].title))) + around
            if not topic.heavy and total > FIRST_REPLY_WORDS:
                yield (
                    [*where, index],
                    f"the first reply has {total} words with this; {FIRST_REPLY_WORDS} are the most.",
                )
    for where, text in _texts(topic.model_dump(by_alias=True)):
        if units(text) + 2 * len(LONGEST_SLOT) > TEXT_UNITS:
            yield where, "this text is too long for a message; shorten or split it."


def _too_long(where: Where, text: str, most: int) -> Iterator[Found]:
    if words(text) > most:
        yield where, f"{words(text)} words; {most} are the most."


def _slot_faults(topic: Topic) -> Iterator[Found]:
    for where, text in _texts(topic.model_dump(by_alias=True)):
        yield from unknown_slots(where, text, TOPIC_SLOTS)


def unknown_slots(where: Where, text: str, allowed: set[str]) -> Iterator[Found]:
    try:
        unknown = slots_of(text) - allowed
    except ValueError:
        yield where, "a brace without its partner; write {{ or }} for a brace that is meant to be seen."
        return
    for name in sorted(unknown):
        yield where, f"{{{name}}} is no slot here; there is {', '.join(sorted(allowed)) or 'none'}."


def phrase_faults(phrase: Phrase) -> Iterator[Found]:
    for index, text in enumerate(phrase.says):
        yield from unknown_slots(["says", index], text, {*phrase.slots, *TOPIC_SLOTS})
        if units(text) + len(phrase.slots) * len(LONGEST_SLOT) > TEXT_UNITS:
            yield ["says", index], "this text is too long for a message; shorten it."


def deck_faults(deck: Deck, deck_of: Mapping[str, str]) -> Iterator[Found]:
    names = [prompt.name for prompt in deck.prompts]
    for index, prompt in enumerate(deck.prompts):
        where: Where = ["prompts", index, "text"]
        if deck_of[prompt.name] != deck.id or names.count(prompt.name) > 1:
            yield ["prompts", index, "name"], f"name: another prompt is called {prompt.name!r}; rename one."
        yield from unknown_slots(where, prompt.text, TOPIC_SLOTS)
        yield from _too_long(where, prompt.text, PROMPT_WORDS)


def replaces_wrongly(name: str, phrase: Phrase, phrases: Mapping[str, Phrase]) -> str:
    """Why an operator's phrase cannot stand in for the built-in one; empty when it can."""
    if name not in phrases:
        near = get_close_matches(name, phrases, 1)
        return f"{name}: there is no phrase of this name to replace{f'; {near[0]}?' if near else ''}."
    ours = phrases[name]
    if set(phrase.buttons) != set(ours.buttons):
        return f"{name}: its buttons must be {', '.join(ours.buttons) or 'none'}."
    if not set(phrase.slots) <= set(ours.slots):
        return f"{name}: its slots can only be {', '.join(ours.slots) or 'none'}."
    return ""


def stock_faults(data: Any, stock: Sequence[str]) -> Iterator[Found]:
    """Sentences that everybody has read too often to be helped by."""
    for where, text in _texts(data):
        lower = text.lower()
        for phrase in stock:
            if phrase in lower:
                yield where, f"{phrase!r} is a stock phrase; say it in words of your own."


def _texts(data: Any, where: tuple[str | int, ...] = ()) -> Iterator[tuple[Where, str]]:
    if isinstance(data, str):
        yield where, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, (*where, key))
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from _texts(value, (*where, index))


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
