"""The ways through an exercise: where somebody stands in it, and every way that there is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from content.guided import Ask, Exercise

SKIPPED = ""  # the answer of someone who left a question out
END = "end"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands: what is said first, which question is open, and what they have answered so far."""

    says: tuple[str, ...]
    ask: Ask | None  # None: all is answered
    answered: tuple[Ask, ...]
    slots: dict[str, str]  # what stands in each saved slot; the last answer on the way counts


def place(exercise: Exercise, answers: Mapping[str, str], *, no_contact: bool = False) -> Place:
    """Follows the answers, by step: words, or the name of a choice. An answer that no longer fits counts as none."""
    step: Ask | None = _first(exercise, no_contact=no_contact)
    says: list[str] = []
    answered: list[Ask] = []
    slots: dict[str, str] = {}
    while step is not None:
        answer = answers.get(step.name)
        if step.ask is None:
            says.append(step.say or "")
        elif answer is None or not _fits(step, answer):
            return Place(tuple(says), step, tuple(answered), slots)
        else:
            says.clear()
            answered.append(step)
            if step.save:
                slots[step.save] = _shown(step, answer)
        step = exercise.after(step, answer or "")
    return Place(tuple(says), None, tuple(answered), slots)


def _first(exercise: Exercise, *, no_contact: bool) -> Ask:
    return exercise.step[exercise.no_contact] if no_contact and exercise.no_contact else exercise.steps[0]


def _fits(step: Ask, answer: str) -> bool:
    return answer == SKIPPED or not step.choices or answer in step.choices


def _shown(step: Ask, answer: str) -> str:
    chosen = step.choices.get(answer)
    return (chosen.text or chosen.label) if chosen else answer


def ways(exercise: Exercise) -> Iterator[tuple[tuple[Ask, str], ...]]:
    """Each way from a beginning to the end, as steps with the answer that leads on; words are `...`."""
    yield from _ways_from(exercise, exercise.steps[0], ())
    if exercise.no_contact:
        yield from _ways_from(exercise, exercise.step[exercise.no_contact], ())


def _ways_from(
    exercise: Exercise, step: Ask | None, before: tuple[tuple[Ask, str], ...]
) -> Iterator[tuple[tuple[Ask, str], ...]]:
    if step is None:
        yield before
        return
    for answer in step.choices or ("...",):
        yield from _ways_from(exercise, exercise.after(step, answer), (*before, (step, answer)))


def draw(exercise: Exercise) -> str:
    """The ways as text for a writer: one a line, those that differ in one choice only together."""
    lines = [f"{exercise.id}: {exercise.title} ({exercise.minutes} min)"]
    merged: dict[tuple[str, ...], None] = {}
    for way in ways(exercise):
        merged[tuple(_named(step) for step, _ in way)] = None
    lines += [f"  {' > '.join(names)} > result" for names in merged]
    for step in exercise.steps:
        for name, option in step.choices.items():
            following = exercise.after(step, name)
            lines.append(f"    {step.name}: [{option.label}] > {following.name if following else 'result'}")
    return "\n".join(lines)


def _named(step: Ask) -> str:
    if step.ask is None:
        return f'"{step.name}"'
    return step.name if step.choices else f"{step.name} ..."
