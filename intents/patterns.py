"""The small language of patterns, of danger and of sides, as regular expressions that no text can slow down.

An expression runs over words that each stand between single spaces. Every repetition is bounded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from intents.errors import PhrasesError

GAP = 7  # words that `...` and `..` may stand for
_TOKEN = re.compile(r"\.\.\.?|[\[\]()|]|<[a-z-]+>|[^\s\[\]()|<>]+")

Lexicon = Mapping[str, tuple[str, ...]]


def read_lexicon(data: Mapping[str, Sequence[str]]) -> Lexicon:
    """Lists of words by name; an entry `<name>` stands for a list above it."""
    lexicon: dict[str, tuple[str, ...]] = {}
    for name, entries in data.items():
        words = (lexicon[entry[1:-1]] if entry.startswith("<") else (entry,) for entry in entries)
        lexicon[name] = tuple(dict.fromkeys(word for some in words for word in some))
    return lexicon


@cache
def compiled(source: str) -> re.Pattern[str]:
    """An expression, compiled when a text first has a word of it: compiling all of them takes most of a second."""
    return re.compile(source)


@dataclass(frozen=True, slots=True)
class Pattern:
    source: str
    needed: tuple[frozenset[str], ...]  # it can match only where a word of each of these is; the rarest first


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: its expression, and sets of words; one of each set must be in what it matches."""

    expression: str
    needed: tuple[frozenset[str], ...] = ()  # empty: it can match without any word of its own


class PatternCompiler:
    """`spelling` says what a short form is read as, in the text and in patterns alike."""

    def __init__(self, lexicon: Lexicon, spelling: Mapping[str, str]) -> None:
        self._spelling = spelling
        self._lexicon = {name: tuple(map(self.spelt, words)) for name, words in lexicon.items()}
        self._common = frozenset(self._lexicon["common"])
        self._lists: dict[str, _Part] = {}
        self._gaps = {
            "...": self._gap(self._lexicon["not"]),
            "..": self._gap((*self._lexicon["not"], *self._lexicon["subject"])),
        }

    def compile(self, line: str) -> Pattern:
        """PhrasesError says what is wrong with the line."""
        tokens = iter(_TOKEN.findall(line))
        part = self._sequence(tokens, line)
        if next(tokens, None) is not None or not part.needed:
            raise PhrasesError(f"{line!r} is no pattern: mind the brackets, and give it a word that must be there.")
        needed = dict.fromkeys(sorted(part.needed, key=self._commonness))
        return Pattern(f" {part.expression}", tuple(needed))

    def any_of(self, name: str) -> str:
        """The expression of one entry of a list."""
        return self._list(name).expression

    def spelt(self, words: str) -> str:
        """The words as patterns have them."""
        return " ".join(self._spelling.get(word, word) for word in words.split())

    def _gap(self, ends: Sequence[str]) -> _Part:
        words = "|".join(re.escape(word) for word in sorted({*ends, "."}))
        return _Part(f"(?:(?:, )?(?!(?:{words}) )\\S+ ){{0,{GAP}}}?(?:, )?")

    def _sequence(self, tokens: Iterator[str], line: str, closing: str = "") -> _Part:
        """Alternatives of sequences, up to the closing bracket or the end."""
        options: list[list[_Part]] = [[]]
        for piece in tokens:
            if piece == closing:
                break
            if piece == "|":
                options.append([])
            else:
                options[-1].append(self._part(piece, tokens, line))
        else:
            if closing:
                raise PhrasesError(f"{line!r} is no pattern: {closing!r} is missing.")
        return self._one_of([_joined(option) for option in options])

    def _part(self, piece: str, tokens: Iterator[str], line: str) -> _Part:
        if piece in self._gaps:
            return self._gaps[piece]
        if piece == "(":
            return self._sequence(tokens, line, ")")
        if piece == "[":
            return _Part(f"(?:{self._sequence(tokens, line, ']').expression})?")
        if piece.startswith("<"):
            if piece[1:-1] not in self._lexicon:
                raise PhrasesError(f"{line!r} is no pattern: the lexicon has no list {piece}.")
            return self._list(piece[1:-1])
        return _words(self.spelt(piece))

    def _list(self, name: str) -> _Part:
        if name not in self._lists:
            self._lists[name] = self._one_of([_words(entry) for entry in self._lexicon[name]])
        return self._lists[name]

    def _one_of(self, options: Sequence[_Part]) -> _Part:
        if len(options) == 1:
            return options[0]
        needed: tuple[frozenset[str], ...] = ()
        if all(option.needed for option in options):
            rarest = (min(option.needed, key=self._commonness) for option in options)
            needed = (frozenset().union(*rarest),)
        return _Part(f"(?:{'|'.join(option.expression for option in options)})", needed)

    def _commonness(self, words: frozenset[str]) -> int:
        return len(words) + 100 * len(words & self._common)


def _joined(parts: Sequence[_Part]) -> _Part:
    return _Part("".join(part.expression for part in parts), tuple(one for part in parts for one in part.needed))


def _words(words: str) -> _Part:
    """Words that follow each other."""
    return _joined([_Part(f"{re.escape(word)} ", (frozenset({word}),)) for word in words.split()])
