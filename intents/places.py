"""Countries as people name them: by name, by a common other name, or by a city."""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from intents.data import read_yaml
from intents.text import tokens

FILE = Path(__file__).parent / "places.yaml"
TYPO = 0.82  # similarity from which a long name counts as misspelt
LONG = 6  # letters; shorter names have too many neighbours
AROUND = (
    "im in",
    "i am in",
    "i live in",
    "im from",
    "i am from",
    "we live in",
    "we are in",
    "in",
    "from",
    "its",
)


@dataclass(frozen=True)
class Places:
    """Every known name of a place, and the ISO code of its country."""

    names: dict[str, str]

    @classmethod
    def load(cls) -> "Places":
        names = _from_zones()
        data: dict[str, list[str]] = read_yaml(FILE)
        for code, others in data.items():
            names |= {" ".join(tokens(name)): code for name in others}
        return cls(names)

    def country(self, text: str) -> str:
        """The ISO code of the country that the whole text names; empty where it names none."""
        said = " ".join(tokens(text))
        for around in AROUND:
            said = said.removeprefix(f"{around} ")
        said = said.removeprefix("the ")
        if said in self.names:
            return self.names[said]
        if len(said) < LONG:
            return ""
        found = process.extractOne(said, self.names.keys(), scorer=OSA.normalized_similarity, score_cutoff=TYPO)
        return self.names[found[0]] if found else ""


def _from_zones() -> dict[str, str]:
    """The tz database's countries and the cities that its zones are named after."""
    folder = files("tzdata") / "zoneinfo"
    countries: dict[str, str] = {}
    for code, name in _rows(folder / "iso3166.tab"):
        countries[" ".join(tokens(name.partition("(")[0]))] = code
    cities: dict[str, str] = {}
    for code, _, zone, *_ in _rows(folder / "zone.tab"):
        cities[" ".join(tokens(zone.rpartition("/")[2].replace("_", " ")))] = code
    return cities | countries


def _rows(table: Traversable) -> list[list[str]]:
    lines = table.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
