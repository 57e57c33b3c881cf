"""The words of a time in one spelling: typing errors mended, numbers in digits, other names replaced."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from intents.data import read_yaml

FILE = Path(__file__).parent / "times.yaml"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MISSPELT = 4  # letters from which a word may be misspelt
VERY_LONG = 7  # letters from which it may be so twice
LONGEST_NAME = 6  # words
_PIECE = (
    r"(?P<date>\d{4}-\d{1,2}-\d{1,2}(?!\d)|\d{1,2}/\d{1,2}/\d{2,4}(?!\d)|\d{1,2}/\d{1,2}(?!\d))"
    r"|(?P<clock>\d{1,2}[:;.]\d\d(?![\d:])|\d{1,2} ?h ?[0-5]\d(?!\d))"
    r"|(?P<ordinal>\d{1,2}(?:st|nd|rd|th)\b)"
    r"|(?P<decimal>\d+[.,]\d(?!\d))"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<sign>[-–—~&+@,:;.!?/()])"
)
_SIGNS = {"–": "-", "—": "-", "~": "-", "&": "and", "+": "and"}
_DOTTED = r"(?:\b|(?<=\d))([ap])\.? ?m\b\.?"
_SHORT = r"(?<=\d)\s?([ap])\b(?!\.?m)"
_MINUTES = r"(?<=\d)m\b"
_ONE_BEFORE = frozenset(
    {"at", "past", "to", "by", "around", "in", "every", "for", "until", "after", "quarter", "half", "between", "before"}
)
_ONE_AFTER = frozenset({"minute", "hour", "day", "week", "month", "year", "am", "pm", "oclock", "ish"})


@dataclass(frozen=True)
class Part:
    """A part of the day: what it is called, the time that is proposed, and the hours it spans (24 is midnight)."""

    name: str
    at: time
    hours: range


@dataclass(frozen=True)
class Words:
    read: dict[str, str]
    numbers: dict[str, int]
    ordinals: dict[str, int]
    misspelt: tuple[str, ...]
    known: frozenset[str]
    parts: dict[str, Part]
    telling: frozenset[str]
    fillers: frozenset[str]
    no_place: frozenset[str]
    between_days: frozenset[str]

    @classmethod
    def load(cls) -> "Words":
        data = read_yaml(FILE)
        read = {f"{day}s": f"every {day}" for day in WEEKDAYS}
        parts = {}
        for name, part in data["parts"].items():
            first, _, last = part["hours"].partition("-")
            parts[name] = Part(name.replace("-", " "), time.fromisoformat(part["at"]), range(int(first), int(last) + 1))
            read |= dict.fromkeys(part["said"], f"~{name}")
        read |= {said: name for name, others in data["read"].items() for said in others}
        numbers = {word: int(value) for word, value in data["numbers"].items()}
        ordinals = {word: int(value) for word, value in data["ordinals"].items()}
        known = {word for said in read for word in said.split()} | {*numbers, *ordinals, *data["never"]}
        known |= {*data["telling"], *WEEKDAYS}
        return cls(
            read,
            numbers,
            ordinals,
            tuple(data["misspelt"]),
            frozenset(known),
            parts,
            frozenset(data["telling"]),
            frozenset(data["fillers"]),
            frozenset(data["no-place"]),
            frozenset(data["between-days"]),
        )

    def mended(self, word: str) -> str:
        if len(word) < MISSPELT or word in self.known:
            return word
        errors = 2 if len(word) >= VERY_LONG else 1
        found = process.extractOne(word, self.misspelt, scorer=OSA.distance, score_cutoff=errors)
        return found[0] if found and found[0][0] == word[0] else word


@cache
def words() -> Words:
    return Words.load()


def in_one_spelling(lower: str) -> str:
    """Words between single spaces, for a text in lower case; `#3` is an ordinal, `~evening` a part of the day."""
    dotted = compiled(_MINUTES).sub(" minutes", compiled(_SHORT).sub(r" \1m ", compiled(_DOTTED).sub(r" \1m ", lower)))
    spelt = _ones(_renamed(list(_numbers(list(_mended(dotted))))))
    return f" {' '.join(spelt)} "


def _mended(text: str) -> Iterator[str]:
    for found in compiled(_PIECE).finditer(text):
        said = found[0]
        match found.lastgroup:
            case "clock":
                hour, minute = re.split(r"[:;.]| ?h ?", said)
                yield f"{hour}:{minute}"
            case "ordinal":
                yield f"#{int(said[:-2])}"
            case "decimal":
                yield said.replace(",", ".")
            case "word":
                yield words().mended(said)
            case "sign":
                yield _SIGNS.get(said, said if said in "-@," else ",")
            case _:
                yield said


def _numbers(said: list[str]) -> Iterator[str]:
    """Number words in digits; tens and units together. A hyphen inside a word goes."""
    numbers, ordinals = words().numbers, words().ordinals
    place = 0
    while place < len(said):
        word = said[place]
        place += 1
        if word == "-" and _inside(said, place - 1):
            continue
        value = numbers.get(word, 0)
        if value >= 20:  # noqa: PLR2004 - from here on tens
            after = place + (said[place : place + 1] == ["-"])
            unit = said[after] if after < len(said) else ""
            if 0 < numbers.get(unit, 0) < 10 or 0 < ordinals.get(unit, 0) < 10:  # noqa: PLR2004
                place = after + 1
                yield str(value + numbers[unit]) if unit in numbers else f"#{value + ordinals[unit]}"
                continue
        if word == "one" or not value:
            yield f"#{ordinals[word]}" if word in ordinals and word != "last" else word
        else:
            yield str(value)


def _inside(said: list[str], place: int) -> bool:
    """Whether a hyphen only joins a word: "half-past", "9-ish", not "mon-fri" or "4-6"."""
    before, after = (said[at] if 0 <= at < len(said) else "" for at in (place - 1, place + 1))
    ends = [words().read.get(word, word).removeprefix("every ") for word in (before, after)]
    if all(end in {*WEEKDAYS, "m", "f"} for end in ends):
        return False
    return after.isalpha() and not (before[-1:].isdigit() and after in words().numbers)


def _renamed(said: list[str]) -> list[str]:
    """Other names replaced, the longest first."""
    read = words().read
    renamed: list[str] = []
    place = 0
    while place < len(said):
        for size in range(min(LONGEST_NAME, len(said) - place), 0, -1):
            name = read.get(" ".join(said[place : place + size]))
            if name is not None:
                renamed += name.split()
                break
        else:
            size = 1
            renamed.append(said[place])
        place += size
    return renamed


def _ones(said: list[str]) -> list[str]:
    """The word "one" is a number only where a number stands: not in "one nice thing"."""
    around = zip(["", *said], said, [*said[1:], ""], strict=False)
    return [
        "1" if word == "one" and (before in _ONE_BEFORE or after in _ONE_AFTER or after.isdigit()) else word
        for before, word, after in around
    ]


@dataclass
class Line:
    """The words that have not been read yet. What is read gives way to a mark, so that neighbours stay neighbours."""

    text: str

    def take(self, expression: str, mark: str = "¤") -> list[re.Match[str]]:
        found = list(compiled(expression).finditer(self.text))
        if found:
            self.text = compiled(expression).sub(mark, self.text)
        return found

    def has(self, expression: str) -> bool:
        return compiled(expression).search(self.text) is not None


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """For the program's own expressions: compiling all of them at import would be felt at every start."""
    return re.compile(expression)


def phrase(expression: str) -> str:
    """An expression over whole words of a line."""
    return rf"(?<= )(?:{expression})(?= )"
