"""What must be true of exercises and plans: every step reached, every way short, every name known."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from content.checks import (
    LONGEST_SLOT,
    MOST_CHOICES,
    TEXT_UNITS,
    TOPIC_SLOTS,
    Found,
    Where,
    slots_of,
    units,
    unknown_slots,
)
from content.guided import Ask, Exercise, Plan
from content.paths import END, ways

MOST_ASKS, MOST_TYPED = 5, 3
RESERVED = {"contact", END}
PLAN_DAYS = (7, 14)


def exercise_faults(exercise: Exercise) -> Iterator[Found]:
    names = [step.name for step in exercise.steps]
    for index, step in enumerate(exercise.steps):
        where: Where = ["steps", index]
        if names.count(step.name) > 1 or step.name in RESERVED:
            yield where, f"steps: {step.name!r} is taken; rename one."
            return
        yield from ((where, message) for message in _step_faults(exercise, step, names[index + 1 :]))
    if exercise.no_contact and exercise.no_contact not in names:
        yield ["no_contact"], f"no_contact: {exercise.no_contact!r} is no step."
        return
    if any(_wrong_jumps(step, names[index + 1 :]) for index, step in enumerate(exercise.steps)):
        return  # said already; the ways cannot be followed
    yield from _way_faults(exercise)
    yield from _text_faults(exercise)


def _step_faults(exercise: Exercise, step: Ask, later: list[str]) -> Iterator[str]:
    if (step.say is None) == (step.ask is None):
        yield f"{step.name}: has either `say` or `ask`."
    if step.ask is not None and not step.save and not step.choices:
        yield f"{step.name}: a question has `save`, `choices` or both; else the answer goes nowhere."
    if step.ask is None and (step.save or step.choices or step.notice):
        yield f"{step.name}: something that is only said has no answer to save, choose or notice."
    if len(step.choices) > MOST_CHOICES:
        yield f"{step.name}: {len(step.choices)} choices; {MOST_CHOICES} are the most."
    for then in _wrong_jumps(step, later):
        yield f"{step.name}: `then: {then}` is no later step, nor `end`."
    following = exercise.after(step, "")
    if step.choices and not step.then and following and following.say and all(o.then for o in step.choices.values()):
        yield f"{step.name}: left out, it goes on with {following.name!r}, which belongs to a choice; give it a `then`."
    for notice in step.notice:
        if notice not in exercise.notices:
            yield f"{step.name}: there is no notice {notice!r}."


def _wrong_jumps(step: Ask, later: list[str]) -> list[str]:
    thens = (step.then, *(option.then for option in step.choices.values()))
    return [then for then in thens if then and then not in {*later, END}]


def _way_faults(exercise: Exercise) -> Iterator[Found]:
    reached: set[str] = set()
    empty: dict[str, str] = {}  # by slot, a way on which it stays so
    saved = _slots(exercise)
    longest, most_typed = 0, 0
    for way in ways(exercise):
        steps = [step for step, _ in way]
        reached |= {step.name for step in steps}
        asks = [step for step in steps if step.ask is not None]
        longest, most_typed = max(longest, len(asks)), max(most_typed, sum(not step.choices for step in asks))
        filled = {step.save for step in steps} if steps[0] is exercise.steps[0] else saved
        empty |= {name: " > ".join(s.name for s in steps) for name in (slots_of(exercise.result) & saved) - filled}
    for name, names in sorted(empty.items()):
        yield ["result"], f"result: {{{name}}} is empty on the way {names}."
    if longest > MOST_ASKS or most_typed > MOST_TYPED:
        yield (
            ["steps"],
            f"steps: a way asks {longest} questions, {most_typed} of them typed; at most {MOST_ASKS} and {MOST_TYPED}.",
        )
    for index, step in enumerate(exercise.steps):
        if step.name not in reached:
            yield ["steps", index], f"{step.name}: no way leads to this step."
    for name in exercise.notices:
        if not any(name in step.notice for step in exercise.steps):
            yield ["notices", name], f"notices: no step looks for {name!r}."


def _text_faults(exercise: Exercise) -> Iterator[Found]:
    """With every slot filled to its limit, what is shown together stays within what platforms take."""
    shown = _slots(exercise) - {step.save for step in exercise.steps if step.long}
    allowed = shown | TOPIC_SLOTS
    most = {name: max(map(units, _fillings(exercise, name)), default=0) for name in shown}
    texts: list[tuple[Where, str]] = [(["result"], exercise.result), (["ending"], exercise.ending)]
    texts += [(["careful"], exercise.careful)]
    for index, step in enumerate(exercise.steps):
        texts.append((["steps", index], step.ask or step.say or ""))
        texts += [(["steps", index], option.text) for option in step.choices.values() if option.text]
    for where, text in texts:
        yield from unknown_slots(where, text, allowed)
    if any(set(_safe_slots(text)) - allowed for _, text in texts):
        return
    for where, text in texts:
        if _filled(text, most) > TEXT_UNITS:
            yield where, "this text is too long for a message, with the longest answers in it; shorten it."
    for way in ways(exercise):
        for (one, _), (other, _) in pairwise(way):
            together = f"{one.say}\n\n{other.ask or other.say}"
            if one.ask is None and _filled(together, most) > TEXT_UNITS:
                yield ["steps"], f"{one.name} and {other.name} are said together and too long for a message."
                return


def _slots(exercise: Exercise) -> set[str]:
    return {step.save for step in exercise.steps if step.save}


def _fillings(exercise: Exercise, slot: str) -> Iterator[str]:
    for step in exercise.steps:
        if step.save == slot:
            yield from (option.text or option.label for option in step.choices.values())
            if not step.choices:
                yield LONGEST_SLOT


def _safe_slots(text: str) -> set[str]:
    try:
        return slots_of(text)
    except ValueError:
        return {"{"}


def _filled(text: str, most: Mapping[str, int]) -> int:
    return units(text) + sum(most.get(name, len(LONGEST_SLOT)) for name in slots_of(text))


def plan_faults(plan: Plan, exercises: Mapping[str, Any], topics: Mapping[str, Any]) -> Iterator[Found]:
    if len(plan.days) not in PLAN_DAYS:
        yield ["days"], f"days: {len(plan.days)}; a plan has 7 or 14."
    names = [day.name for day in plan.days]
    for index, day in enumerate(plan.days):
        where: Where = ["days", index]
        if names.count(day.name) > 1:
            yield where, f"days: two are called {day.name!r}; rename one."
        if day.exercise and day.exercise not in exercises:
            yield where, f"exercise: there is none called {day.exercise!r}."
        if day.topic and day.topic not in topics:
            yield where, f"topic: there is none called {day.topic!r}."
        yield from unknown_slots(where, day.text, TOPIC_SLOTS)
        if units(day.text) + len(LONGEST_SLOT) > TEXT_UNITS:
            yield where, "this text is too long for a message; shorten it."
