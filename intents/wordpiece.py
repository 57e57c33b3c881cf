"""Words to the pieces that the model was trained on: BERT's uncased WordPiece.

Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

LONGEST_WORD = 64  # characters; what is longer is no word

_WORD = re.compile(r"\w+|[^\w\s]")


class WordPiece:
    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._vocabulary = vocabulary
        self._unknown = vocabulary["[UNK]"]
        self._start, self._end = vocabulary["[CLS]"], vocabulary["[SEP]"]
        self._pieces_of = lru_cache(maxsize=10_000)(self._pieces)

    def encode(self, text: str, most: int) -> list[int]:
        """The text's pieces between a start and an end mark; `most` of them, marks included."""
        pieces = [self._start]
        for word in _words(text):
            pieces += self._pieces_of(word)
            if len(pieces) >= most:
                break
        return [*pieces[: most - 1], self._end]

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The longest known piece first, then the longest that goes on from there."""
        if len(word) > LONGEST_WORD:
            return (self._unknown,)
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = f"##{word[start:end]}" if start else word[start:end]
                if piece in self._vocabulary:
                    found.append(self._vocabulary[piece])
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(found)


def _words(text: str) -> Iterator[str]:
    lower = unicodedata.normalize("NFD", text.lower())
    bare = "".join(c for c in lower if unicodedata.category(c) != "Mn")
    for found in _WORD.finditer(bare):
        yield from found[0].replace("_", " _ ").split()
