"""Danger, heard by rules that are data.

`intents/safety/*.yaml` holds word patterns by kind of danger; `intents/safety/README.md` says how they are
written. What idioms, threats, talk about others and the writer's own deeds match is cut out before the rest
is read: "I hit him" is no victim's sentence. A negation just before a match or in its gap takes it away.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from intents.data import read_yaml
from intents.errors import PhrasesError
from intents.patterns import PatternCompiler, compiled, read_lexicon
from intents.text import plain

FOLDER = Path(__file__).parent / "safety"

LOOK_BACK = 60  # characters before a match in which a negation counts
WINDOW = 90  # words read at once, so that a text without full stops costs no more than its length
OVERLAP = 40  # words that two windows share; longer than nearly any match
MISSPELT = 0.84  # similarity from which an unknown word is read as one of the lexicon's long words
MISSPELT_LENGTH = 6  # letters; shorter words have too many neighbours
MISSPELT_LONGEST = 20  # letters; longer words are no words
IDIOMS = "idioms"


class Level(IntEnum):
    POSSIBLE = 1
    CERTAIN = 2


class Kind(StrEnum):
    """In the order in which they are answered."""

    EMERGENCY = "emergency"
    SELF_EMERGENCY = "self-emergency"
    CHILD = "child"
    SUICIDE = "suicide"
    OTHER_SUICIDE = "other-suicide"
    THREAT_IF_LEFT = "threat-if-left"
    VIOLENCE = "violence"
    OWN_VIOLENCE = "own-violence"


_ORDER = list(Kind)
LABELS = {
    Kind.EMERGENCY: "safety-violence",
    Kind.SELF_EMERGENCY: "safety-suicide",
    Kind.CHILD: "safety-child",
    Kind.SUICIDE: "safety-suicide",
    Kind.OTHER_SUICIDE: "safety-suicide",
    Kind.THREAT_IF_LEFT: "safety-violence",
    Kind.VIOLENCE: "safety-violence",
    Kind.OWN_VIOLENCE: "safety-violence",
}


class Hint(StrEnum):
    """No danger, but something that changes the answer."""

    LOW_MOOD = "low-mood"
    PSYCHOSIS = "psychosis"
    EATING = "eating"
    MINOR = "minor"
    SURVEILLANCE = "surveillance"
    TESTING = "testing"


@dataclass(frozen=True, slots=True)
class Alarm:
    level: Level
    kind: Kind

    @property
    def label(self) -> str:
        return LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class Hearing:
    alarms: tuple[Alarm, ...] = ()  # the one to answer first; at most one of a kind
    hints: frozenset[Hint] = frozenset()
    denied: frozenset[str] = frozenset()  # labels of danger of which only a denial was heard


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    source: str  # of its expression
    also: tuple[frozenset[str], ...]  # of each of these a word must be there for the pattern to match
    name: str  # the kind or hint, or the name of a helper
    level: Level | None
    cuts: bool  # what it matches is taken out before the next rule
    turn: tuple[int, int, int]  # when it is tried


class Ear:
    """Hears danger. Immutable after loading; `hear` takes any text and never raises."""

    def __init__(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        self._spelling: Mapping[str, str] = files["spelling"]
        lexicon = read_lexicon(files["lexicon"])
        self.compiler = PatternCompiler(lexicon, self._spelling)  # for patterns of other things in the same language
        self._rules: dict[str, set[_Rule]] = defaultdict(set)  # by a word without which the rule cannot match
        for name, file in files.items():
            if name not in _NO_RULES:
                self._add(name, file)
        entries = {word for words in lexicon.values() for entry in words for word in entry.split()}
        self._triggers = self._rules.keys()
        self._known = frozenset(self._rules).union(entries, self._spelling)
        self._danger = lexicon["danger"]
        self._long = tuple(word for word in self._danger if len(word) >= MISSPELT_LENGTH)
        self._fine = frozenset(lexicon["fine"])
        self._denial = _denial(self.compiler)
        self._respelt = lru_cache(maxsize=20_000)(self._respell)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Ear":
        """Raises PhrasesError with file and mend."""
        return cls({path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))})

    def hear(self, text: str) -> Hearing:
        words = [word for token in _TOKEN.findall(plain(text)) for word in self._respelt(token)]
        return _weigh({found for window in _windows([*words, "."]) for found in self._match(window)})

    def _add(self, name: str, file: Mapping[str, Any]) -> None:
        turn = _TURNS.index(name) if name in _TURNS else len(_TURNS)
        lines = [(line, section) for section in _SECTIONS for line in file.get(section, ())]
        for number, (line, section) in enumerate(lines):
            pattern, level = self.compiler.compile(line), _SECTIONS[section]
            label = f"{name}+" if section == "with" else name
            order = (turn, -(level or 0), number)
            rule = _Rule(pattern.source, pattern.needed[1:], label, level, name in _TURNS, order)
            for word in pattern.needed[0]:
                self._rules[word].add(rule)

    def _respell(self, word: str) -> tuple[str, ...]:
        """What a short form, an evasion or a slip of the finger stands for."""
        return tuple(self._spelling.get(word, "").split()) or (self._read_as(word),)

    def _read_as(self, word: str) -> str:
        if word in self._known or word.isdecimal() or not word[0].isalnum():
            return _MARKS.get(word[0], word)
        masked = word.translate(_LEET)
        if masked in self._known:
            return masked
        if "*" in masked:
            like = re.compile(re.escape(masked).replace(r"\*", "[a-z]?"))
            return next((known for known in self._danger if like.fullmatch(known)), word)
        if not MISSPELT_LENGTH <= len(word) <= MISSPELT_LONGEST or word in self._fine:
            return word
        found = process.extractOne(word, self._long, scorer=OSA.normalized_similarity, score_cutoff=MISSPELT)
        return found[0] if found and found[0][0] == word[0] else word

    def _match(self, words: list[str]) -> Iterator[tuple[str, Level | None]]:
        line = f" {' '.join(words)} "
        for rule in self._possible(set(words)):
            cut = line
            for found in compiled(rule.source).finditer(line):
                if rule.name != IDIOMS and self._denied(line, found):
                    yield f"{rule.name}-", None
                    continue
                yield rule.name, rule.level
                if not rule.cuts:
                    break
                start, end = found.start() + 1, found.end() - 1
                cut = cut[:start] + "_" * (end - start) + cut[end:]
            line = cut

    def _possible(self, words: set[str]) -> list[_Rule]:
        """The rules of which every word that must be there is there, in the order of their turns."""
        possible = []
        for rule in set[_Rule]().union(*(self._rules[word] for word in words & self._triggers)):
            for needed in rule.also:
                if needed.isdisjoint(words):
                    break
            else:
                possible.append(rule)
        return sorted(possible, key=_turn)

    def _denied(self, line: str, found: re.Match[str]) -> bool:
        start = found.start()
        return self._denial.search(line, max(0, start - LOOK_BACK), start + 1) is not None


def _denial(compiler: PatternCompiler) -> re.Pattern[str]:
    """What takes a match away that comes after it: a negation just before, or "I am not saying that ..."."""
    negation, nothing, ends = (compiler.any_of(name) for name in ("not", "not-denying", "breaks"))
    near = f"(?! (?:{nothing}))(?: {negation})(?:(?!{ends}|[.,] )\\S+ ){{0,3}}"
    far = f" {compiler.any_of('denies')}(?:(?![.] )\\S+ ){{0,4}}"
    return re.compile(f"(?:{near}|{far})$")


def _turn(rule: _Rule) -> tuple[int, int, int]:
    return rule.turn


def _weigh(found: set[tuple[str, Level | None]]) -> Hearing:
    """The alarms, the one to answer first in front."""
    names = {name for name, _ in found}
    levels: dict[Kind, Level] = {}
    for name, level in sorted(found, key=lambda one: one[1] or 0):
        if level is not None:
            levels[Kind(name)] = Level.CERTAIN if f"{name}+" in names else level
    if "past" in names and "now" not in names:
        levels = {kind: level if kind not in _MAY_BE_OVER else Level.POSSIBLE for kind, level in levels.items()}
    if "elsewhere" in names:
        levels = {kind: level for kind, level in levels.items() if level is Level.CERTAIN and "mine" in names}
    if Kind.VIOLENCE in levels and Kind.OWN_VIOLENCE in levels:
        if (Kind.VIOLENCE, Level.CERTAIN) in found:  # who is hurt and hits back gets a victim's helpline
            levels[Kind.VIOLENCE] = max(levels[Kind.VIOLENCE], levels[Kind.OWN_VIOLENCE])
        elif levels[Kind.OWN_VIOLENCE] is Level.CERTAIN:  # a bruise on the one who was hit is not the writer's
            del levels[Kind.VIOLENCE]
    hints = frozenset(hint for hint in Hint if hint in names)
    denied = frozenset(LABELS[kind] for kind in Kind if f"{kind}-" in names and kind not in levels)
    return Hearing(_ranked(levels), hints, denied)


def _ranked(levels: Mapping[Kind, Level]) -> tuple[Alarm, ...]:
    kinds = sorted(levels, key=lambda kind: (-levels[kind], _ORDER.index(kind)))
    return tuple(Alarm(levels[kind], kind) for kind in kinds)


def both(one: Hearing, other: Hearing) -> Hearing:
    """All that either heard, at the higher level."""
    levels: dict[Kind, Level] = {}
    for alarm in (*one.alarms, *other.alarms):
        levels[alarm.kind] = max(alarm.level, levels.get(alarm.kind, alarm.level))
    return Hearing(_ranked(levels), one.hints | other.hints, one.denied & other.denied)


_NO_RULES = frozenset({"lexicon", "spelling"})
_TURNS = (
    IDIOMS,
    Kind.THREAT_IF_LEFT,
    Kind.OTHER_SUICIDE,
    Kind.OWN_VIOLENCE,
)  # found first and cut out, then the rest
_SECTIONS = {"certain": Level.CERTAIN, "possible": Level.POSSIBLE, "with": None, "patterns": None}
_MAY_BE_OVER = frozenset({Kind.VIOLENCE, Kind.CHILD, Kind.OWN_VIOLENCE, Kind.THREAT_IF_LEFT})
_TOKEN = re.compile(r"[^\W_](?:[\w*@$!]*[^\W_])?|[,;:]+|[.!?…\n]+")
_MARKS = {",": ",", ";": ",", ":": ",", ".": ".", "!": ".", "?": ".", "…": ".", "\n": "."}
_LEET = str.maketrans("013457@$!", "oieastasi")


def _windows(words: list[str]) -> Iterator[list[str]]:
    for start in range(0, max(len(words) - OVERLAP, 1), WINDOW - OVERLAP):
        yield words[start : start + WINDOW]


def _read(path: Path) -> dict[str, Any]:
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise PhrasesError(f"{path}:1: this file is to hold sections with lists of patterns.")
    return data
