"""What Discord offers while somebody fills in a command. Worked out in a thread; nothing of it is kept or logged."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from itertools import chain
from typing import Any

import discord
from discord import app_commands
from rapidfuzz import fuzz, process

from bot.aside import aside
from bot.platforms.discord_faults import tell
from content import Library
from intents.reader import Reader
from intents.text import clean, tokens
from intents.times import read_time
from intents.zones import read_zone, table

Offer = app_commands.Choice[str]
Complete = Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[Offer]]]

MOST = 25  # offers; Discord's limit
LONGEST = 100  # characters of an offer; what content and the time zones are called is shorter
TITLE = 88  # likeness of 100 from which a title is what was meant: above what WRatio gives for a mere part
OWN_WORDS = 60  # from which the words of a topic fit
LIKENESS = 45  # below which a title is no offer at all
CONFIDENCE = 0.03  # of the model; a wrong offer costs a glance
SPANS = {"daily-every-day": "every day", "daily-weekdays": "weekdays", "daily-weekends": "weekends"}
"""How the days that a phrase names are typed."""


def completions(library: Library, reader: Reader) -> dict[tuple[str, str], Complete]:
    """By command and option."""
    topics = Topics(library, reader)
    times = tuple(library.phrases["daily-time"].buttons.values())
    days = {library.phrases[name].says[0]: typed for name, typed in SPANS.items()}
    days |= {day: day for day in library.phrases["weekdays"].says}
    return {
        ("tip", "words"): _completing(topics.offers),
        ("daily", "time"): _completing(lambda typed: [Offer(name=at, value=at) for at in times_near(times, typed)]),
        ("daily", "days"): _completing(lambda typed: [Offer(name=on, value=as_) for on, as_ in days_near(days, typed)]),
        ("daily", "zone"): _completing(lambda typed: [_zone(zone) for zone in zones_near(typed)]),
    }


def _completing(offers: Callable[[str], list[Offer]]) -> Complete:
    async def complete(_: discord.Interaction[Any], typed: str) -> list[Offer]:
        try:
            return await aside(offers, typed.strip())
        except Exception as error:  # noqa: BLE001 - without offers the command still works
            tell(error)
            return []

    return complete


class Topics:
    """Finds topics by what is typed of a title, by their own words, and by what the words mean."""

    def __init__(self, library: Library, reader: Reader) -> None:
        self._reader = reader
        self._titles = {topic.id: topic.title for topic in library.topics.values()}
        self._names = {
            name: topic
            for topic, title in self._titles.items()
            for name in (topic, topic.replace("-", " "), title.lower())
        }
        self._words = {
            text.lower(): topic.id
            for topic in library.topics.values()
            for text in (
                topic.title,
                *(angle.label for angle in topic.angles.values()),
                *(step.title for step in topic.steps),
            )
        }

    def offers(self, typed: str) -> list[Offer]:
        return [Offer(name=self._titles[topic], value=topic) for topic in self.near(typed)]

    def near(self, typed: str) -> list[str]:
        """The nearest first, at most `MOST`; none where danger is heard: their own words must arrive then."""
        if not typed:
            return list(self._titles)[:MOST]
        reading = self._reader.read(typed)
        if reading.hearing.alarms:
            return []
        said = clean(typed).lower()
        names = process.extract(said, self._names.keys(), scorer=fuzz.WRatio, score_cutoff=LIKENESS, limit=None)
        own = process.extract(said, self._words.keys(), scorer=fuzz.token_set_ratio, score_cutoff=OWN_WORDS, limit=None)
        meant = (label.id for label in reading.labels if label.confidence >= CONFIDENCE and label.id in self._titles)
        return _first(
            (self._names[name] for name, likeness, _ in names if likeness >= TITLE),
            meant,
            (self._words[text] for text, *_ in own),
            (self._names[name] for name, *_ in names),
        )


def times_near(usual: Iterable[str], typed: str) -> list[str]:
    """The usual times of day that begin like that, and what else the words may mean."""
    return _first((time for time in usual if time.startswith(typed)), (f"{at:%H:%M}" for at in read_time(typed).times))


def days_near(usual: Mapping[str, str], typed: str) -> list[tuple[str, str]]:
    """Name and value of the usual days of which a word begins like that, and what was typed where it can be read."""
    begun = f" {typed.lower()}"
    found = [(name, value) for name, value in usual.items() if begun in f" {name} {value}".lower()]
    known = any(typed.lower() in {name.lower(), value} for name, value in found)
    reads = not known and len(typed) <= LONGEST and read_time(typed).days
    return [*found, (typed, typed)] if reads else found


def zones_near(typed: str) -> list[str]:
    """IANA names: what was typed, read as a place, then places of which a word begins like that."""
    said = " ".join(tokens(typed[:LONGEST]))
    known = table()
    if not said:
        return list(known.offers[:MOST])
    begun = sorted((name for name in known.names if f" {said}" in f" {name}"), key=len)
    return _first(read_zone(typed), *(known.names[name] for name in begun))


def _first(*groups: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(chain(*groups)))[:MOST]


def _zone(zone: str) -> Offer:
    return Offer(name=zone.replace("_", " "), value=zone)
