"""Everything that can be wrong before the first person writes."""

from collections.abc import Iterator
from datetime import date, timedelta

from bot.settings import Settings, SettingsError
from content import ContentError, load_library
from content.paths import draw
from intents.errors import PhrasesError
from intents.phrases import fingerprint, load_phrases
from intents.reader import Reader
from storage.errors import StorageError
from storage.file import inspect

LINES_AGE = timedelta(days=180)  # after which a helpline ought to be looked up again


def find_faults(settings: Settings) -> Iterator[str]:
    """One sentence a fault: what, where, how to mend it."""
    try:
        load_library(settings.content)
    except ContentError as error:
        yield from map(str, error.faults)
    try:
        yield from _stale_model()
    except PhrasesError as error:
        yield str(error)
    try:
        inspect(settings.database)
    except StorageError as error:
        yield str(error)


def draw_paths(settings: Settings, name: str) -> str:
    """The ways through an exercise, or through all. Raises ContentError, or SettingsError for a name that is none."""
    exercises = load_library(settings.content).exercises
    if name != "all" and name not in exercises:
        raise SettingsError(f"There is no exercise called {name!r}; there are {', '.join(exercises)}.")
    return "\n\n".join(draw(exercise) for exercise in exercises.values() if name in {"all", exercise.id})


def find_warnings(settings: Settings, today: date) -> Iterator[str]:
    """What works, and wants a look: helplines that nobody has checked lately."""
    try:
        countries = load_library(settings.content).helplines.countries
    except ContentError:  # said already
        return
    lines = [line for country in countries.values() for line in country.lines]
    old = [line for line in lines if line.dated is None or today - line.dated > LINES_AGE]
    if old:
        yield (
            f"helplines.yaml: {len(old)} of {len(lines)} lines were last listed over {LINES_AGE.days} days ago or are "
            f"undated, among them {old[0].name!r}. Look them up on their pages and set `dated`."
        )


def _stale_model() -> Iterator[str]:
    phrases = load_phrases()
    model = Reader.load().model
    if fingerprint(phrases) != model.about["phrases"]:
        yield "intents/model: the model was trained on other phrases than those in intents/phrases; run `make model`."
