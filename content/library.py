"""All content, loaded and checked: the built-in folder, and an operator's own on top of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from content import checks, exercise_checks
from content.errors import ContentError, Fault
from content.guided import Exercise, Plan
from content.loader import M, line_of, read_mapping, read_model, read_yaml, validate
from content.model import Command, Deck, Group, Helplines, Phrase, Prompt, Topic

BUILT_IN = Path(__file__).parent
N = TypeVar("N", Topic, Deck, Exercise, Plan)


@dataclass(frozen=True)
class House:
    """What people are told about the copy that they talk to."""

    operator: str = ""  # who runs it
    retention_days: int = 180  # of silence, after which somebody is forgotten


@dataclass(frozen=True)
class Library:
    """What the bot can say. Immutable; shared by all conversations."""

    topics: dict[str, Topic]
    phrases: dict[str, Phrase]
    groups: tuple[Group, ...]
    helplines: Helplines
    commands: tuple[Command, ...]
    decks: dict[str, Deck]
    exercises: dict[str, Exercise]
    plans: dict[str, Plan]
    house: House = House()

    @cached_property
    def prompts(self) -> dict[str, Prompt]:
        return {prompt.name: prompt for deck in self.decks.values() for prompt in deck.prompts}

    @cached_property
    def deck_of(self) -> dict[str, str]:
        """The id of the deck that a prompt belongs to, by the prompt's name."""
        return {prompt.name: deck.id for deck in self.decks.values() for prompt in deck.prompts}

    @cached_property
    def group(self) -> dict[str, Group]:
        return {group.id: group for group in self.groups}

    def practised_in(self, group: str) -> tuple[Exercise, ...]:
        """The exercises that the topics of a group offer."""
        names = dict.fromkeys(name for topic in self.in_group(group) for name in topic.exercises)
        return tuple(self.exercises[name] for name in names)

    def in_group(self, group: str) -> tuple[Topic, ...]:
        return tuple(topic for topic in self.topics.values() if topic.group == group)


def load_library(own: Path | None = None) -> Library:
    """The built-in content, with the files of the folder `own` added or, under the same name, replacing.

    Raises ContentError with every fault that was found, not only the first.
    """
    faults: list[Fault] = []
    if own and not own.is_dir():
        raise ContentError([Fault(own, 1, "this folder does not exist; make it, or unset REKINDLE_CONTENT.")])
    phrases = _phrases(own, faults)
    topics, files = _named("topics", Topic, own, faults)
    decks, deck_files = _named("decks", Deck, own, faults)
    exercises, exercise_files = _named("exercises", Exercise, own, faults)
    plans, plan_files = _named("plans", Plan, own, faults)
    groups = _list("groups.yaml", Group, faults)
    commands = _list("commands.yaml", Command, faults)
    helplines = _helplines(own, faults)
    if helplines and not faults:
        library = Library(topics, phrases, groups, helplines, commands, decks, exercises, plans)
        stock = tuple(read_yaml(BUILT_IN / "stock.yaml"))
        for topic in topics.values():
            found = checks.topic_faults(topic, library.topics, library.group, phrases, exercises)
            faults += _placed(files[topic.id], found)
        for deck in decks.values():
            faults += _placed(deck_files[deck.id], checks.deck_faults(deck, library.deck_of))
        for exercise in exercises.values():
            faults += _placed(exercise_files[exercise.id], exercise_checks.exercise_faults(exercise))
        for plan in plans.values():
            faults += _placed(plan_files[plan.id], exercise_checks.plan_faults(plan, exercises, topics))
        for items, where in ((topics, files), (decks, deck_files), (exercises, exercise_files), (plans, plan_files)):
            for name, item in items.items():
                faults += _placed(where[name], checks.stock_faults(item.model_dump(by_alias=True), stock))
    if faults:
        raise ContentError(faults)
    return library


def _placed(path: Path, found: Iterable[checks.Found]) -> list[Fault]:
    return [Fault(path, line_of(path, where), message) for where, message in found]


def _files(folder: str, own: Path | None) -> list[Path]:
    """The folder's files by name; an operator's file stands in for the built-in one of its name."""
    by_name = {path.name: path for path in sorted((BUILT_IN / folder).glob("*.yaml"))}
    if own:
        by_name |= {path.name: path for path in sorted((own / folder).glob("*.yaml"))}
    return list(by_name.values())


def _named(folder: str, model: type[N], own: Path | None, faults: list[Fault]) -> tuple[dict[str, N], dict[str, Path]]:
    """What the files of a folder hold, by id, and which file each is from."""
    found: dict[str, N] = {}
    files: dict[str, Path] = {}
    for path in _files(folder, own):
        try:
            item = read_model(path, model)
        except ContentError as error:
            faults += error.faults
            continue
        if item.id != path.stem:
            message = f"id: is {item.id!r}; give the file that name, or the {folder[:-1]} this one."
            faults.append(Fault(path, 1, message))
        found[item.id] = item
        files[item.id] = path
    return found, files


def _phrases(own: Path | None, faults: list[Fault]) -> dict[str, Phrase]:
    phrases: dict[str, Phrase] = {}
    for path in sorted((BUILT_IN / "system").glob("*.yaml")):
        for name, phrase in _read_phrases(path, faults).items():
            if name in phrases:
                faults.append(Fault(path, line_of(path, [name]), f"{name}: another file has this phrase; keep one."))
            phrases[name] = phrase
    for path in sorted((own / "system").glob("*.yaml")) if own else ():
        for name, phrase in _read_phrases(path, faults).items():
            if message := checks.replaces_wrongly(name, phrase, phrases):
                faults.append(Fault(path, line_of(path, [name]), message))
            phrases[name] = phrase
    return phrases


def _read_phrases(path: Path, faults: list[Fault]) -> dict[str, Phrase]:
    found: dict[str, Phrase] = {}
    try:
        data = read_mapping(path)
        for name, value in data.items():
            found[name] = validate(path, value, Phrase, [name])
    except ContentError as error:
        faults += error.faults
        return {}
    for name, phrase in found.items():
        faults += _placed(path, (([name, *where], message) for where, message in checks.phrase_faults(phrase)))
    return found


def _list(name: str, model: type[M], faults: list[Fault]) -> tuple[M, ...]:
    path = BUILT_IN / name
    try:
        return tuple(validate(path, item, model, [index]) for index, item in enumerate(read_yaml(path)))
    except ContentError as error:
        faults += error.faults
        return ()


def _helplines(own: Path | None, faults: list[Fault]) -> Helplines | None:
    """An operator's file stands in for the built-in one as a whole: lines are checked together or not at all."""
    path = own / "helplines.yaml" if own and (own / "helplines.yaml").exists() else BUILT_IN / "helplines.yaml"
    try:
        return read_model(path, Helplines)
    except ContentError as error:
        faults += error.faults
        return None
