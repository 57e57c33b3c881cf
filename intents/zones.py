"""Time zones as people name them: by city, country, region, abbreviation or offset; always IANA names."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

from rapidfuzz import process
from rapidfuzz.distance import OSA

from intents.data import read_yaml
from intents.places import Places
from intents.text import clean, plain, tokens

FILE = Path(__file__).parent / "zones.yaml"
LONGEST = 500  # characters; what is longer is a story
LONG = 5  # letters; shorter names have too many neighbours
ALIKE = 0.79  # similarity from which a long name counts as misspelt
AS_ALIKE = 0.03  # what is this close to the best is as likely meant
WORDS_OF_A_NAME = 5
MOST = 12  # candidates; nobody chooses from more
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_OFFSET = re.compile(
    r"\b(?:utc|gmt) ?([+-]?) ?(\d{1,2})(?::?(\d\d))?(?!\d)|(?<!\w)([+-]) ?(\d{1,2})(?::?(\d\d))? ?(?:utc|gmt)\b"
)
RELATIVE = re.compile(r"\b[a-z]{3,4}[+-]\d")  # hours from another zone's time
_IANA = re.compile(r"[a-z]+(?:/[a-z0-9_+-]+){1,2}")
_AFTER = frozenset({"time", "timezone", "zone", "standard", "daylight"})


@dataclass(frozen=True)
class Table:
    """Every known name with the zones that it may mean, the most likely first."""

    names: dict[str, tuple[str, ...]]
    exact: dict[str, str]  # IANA names in lower case, old ones among them
    ordinary: frozenset[str]
    around: frozenset[str]
    offers: tuple[str, ...]

    @classmethod
    def load(cls) -> "Table":
        data = read_yaml(FILE)
        rows, exact = _database()
        names = _by_country(rows, data["countries"]) | _by_city(rows, exact)
        for zone, others in data["names"].items():
            names |= {_key(name): (zone,) for name in others}
        names |= {_key(name): tuple(zones) for name, zones in {**data["several"], **data["short"]}.items()}
        return cls(names, exact, frozenset(data["words"]), frozenset(data["around"]), tuple(data["offers"]))

    def alike(self, name: str) -> tuple[str, ...]:
        """The zones of the names that a misspelt one resembles."""
        if len(name) < LONG:
            return ()
        near = process.extract(name, self.names.keys(), scorer=OSA.normalized_similarity, score_cutoff=ALIKE, limit=4)
        return _joined(self.names[other] for other, likeness, _ in near if likeness >= near[0][1] - AS_ALIKE)


@cache
def table() -> Table:
    return Table.load()


def read_zone(text: str) -> tuple[str, ...]:
    """The IANA names that a text may mean, the most likely first: none, one that is sure, or several to ask about."""
    lower = plain(clean(text[:LONGEST]))
    written, rest = written_zones(lower)
    if written or RELATIVE.search(rest):
        return written
    known = table()
    said = tokens(rest)
    bare = [word for word in said if word not in known.around]
    for words in (said, bare, [word.removesuffix("s") for word in bare]):
        if zones := known.names.get(" ".join(words)):
            return zones
    return zones_among(said, text) or known.alike(" ".join(bare))


def written_zones(lower: str) -> tuple[tuple[str, ...], str]:
    """Zones in a notation of their own, `europe/paris` or `utc+5:30`, and the text without them."""
    known = table()
    for name in _IANA.findall(lower):
        if zone := known.exact.get(name):
            return (zone,), lower.replace(name, " ")
    if found := _OFFSET.search(lower):
        sign, hours, minutes = (found[1] or "+", found[2], found[3]) if found[2] else (found[4], found[5], found[6])
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return _offers().get(-offset if sign == "-" else offset, ()), _OFFSET.sub(" ", lower)
    return (), lower


def zones_among(words: list[str], text: str) -> tuple[str, ...]:
    """The zones that the words of a sentence name: what all of its places have in common, else all of them."""
    taken: set[int] = set()
    named: list[tuple[str, ...]] = []
    for start, end, zones in _named(words, text):
        if taken.isdisjoint(range(start, end)):
            taken |= set(range(start, end))
            named.append(zones)
    common = [zone for zone in _joined(named) if all(zone in zones for zones in named)]
    return tuple(common) or _joined(named)


def _named(words: list[str], text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """First word, end and zones of each name that stands where a place stands, the longest first."""
    known = table()
    for size in range(min(WORDS_OF_A_NAME, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            end = start + size
            name = " ".join(words[start:end])
            zones = known.names.get(name) or known.names.get(name.removesuffix("s"), ())
            if zones and (name not in known.ordinary or _stands_out(words, start, end, text)):
                yield start, end, zones


def _stands_out(words: list[str], start: int, end: int, text: str) -> bool:
    """Whether an ordinary word is meant as a place."""
    if end < len(words) and words[end] in _AFTER:
        return True
    name = " ".join(words[start:end]).upper()
    return name in text and text != text.upper()


@cache
def _offers() -> dict[timedelta | None, tuple[str, ...]]:
    """The offered zones by how far they are from UTC in January or in July."""
    offers: dict[timedelta | None, tuple[str, ...]] = {}
    for month, zone in product((1, 7), table().offers):
        offset = datetime(datetime.now(UTC).year, month, 1, tzinfo=ZoneInfo(zone)).utcoffset()
        offers[offset] = _joined((offers.get(offset, ()), (zone,)))
    return offers


def _database() -> tuple[list[list[str]], dict[str, str]]:
    """The rows of zone.tab, and all IANA names; a link that zone.tab does not list stands for its target."""
    folder = files("tzdata") / "zoneinfo"
    rows = [line.split("\t") for line in _lines(folder / "zone.tab")]
    exact = {row[2].lower(): row[2] for row in rows}
    links = [line.split() for line in _lines(folder / "tzdata.zi") if line.startswith("L ")]
    for _, target, link in links:
        if "/" in link and not link.startswith("Etc/"):
            exact.setdefault(link.lower(), exact.get(target.lower(), target))
    return rows, exact


def _by_city(rows: Iterable[list[str]], exact: dict[str, str]) -> dict[str, tuple[str, ...]]:
    listed = {row[2].lower() for row in rows}
    cities: dict[str, tuple[str, ...]] = {}
    for name in sorted(exact, key=lambda name: name not in listed):
        region, _, city = name.partition("/")
        if region.capitalize() in REGIONS:
            key = _key(city.rpartition("/")[2].replace("_", " "))
            cities[key] = (
                _joined((cities.get(key, ()), (exact[name],))) if name in listed else cities.get(key, (exact[name],))
            )
    return cities


def _by_country(rows: Iterable[list[str]], chosen: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Countries, and the cities of those that have one zone."""
    zones: dict[str, list[str]] = {}
    for code, _, zone, *_ in rows:
        zones.setdefault(code, []).append(zone)
    zones |= chosen
    return {name: tuple(zones[code][:MOST]) for name, code in Places.load().names.items() if code in zones}


def _joined(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(zone for group in groups for zone in group))[:MOST]


def _key(name: str) -> str:
    return " ".join(tokens(name))


def _lines(table_file: Traversable) -> list[str]:
    lines = table_file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
