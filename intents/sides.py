"""Which side of a subject the words tell, by who does what to whom."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from intents.data import read_yaml
from intents.patterns import Pattern, PatternCompiler, compiled
from intents.reading import Label
from intents.text import sentences, tokens

FOLDER = Path(__file__).parent
MATTERS = 0.05  # confidence from which the side of a label is looked for
UNTOLD = ""  # the words tell several sides at once, or something else than the model

Lines = Mapping[str, list[str]]  # patterns by angle


class Sides:
    """Immutable after loading; `told` takes any text and never raises."""

    def __init__(self, sides: Mapping[str, Mapping[str, Lines]], compiler: PatternCompiler) -> None:
        """Raises PhrasesError for what is no pattern."""
        self._certain, self._likely = (
            {
                label: {angle: [compiler.compile(line) for line in lines] for angle, lines in angles.items()}
                for label, angles in sides[section].items()
            }
            for section in ("certain", "likely")
        )
        self._spelt = compiler.spelt

    @classmethod
    def load(cls, compiler: PatternCompiler) -> "Sides":
        """Raises PhrasesError with file and mend."""
        return cls(read_yaml(FOLDER / "sides.yaml"), compiler)

    def told(self, labels: Iterable[Label], text: str) -> tuple[Label, ...]:
        """The labels with the side that the words tell; empty where it is better asked."""
        spelt = (self._spelt(" ".join(tokens(sentence))) for sentence in sentences(text))
        line = "".join(f" {sentence} ." for sentence in spelt) + " "
        words = frozenset(line.split())

        def side(label: Label) -> str:
            if certain := _found(self._certain.get(label.id, {}), line, words):
                return certain[0] if len(certain) == 1 else UNTOLD
            likely = _found(self._likely.get(label.id, {}), line, words)
            if not likely:
                return label.angle
            return likely[0] if len(likely) == 1 and label.angle in {UNTOLD, likely[0]} else UNTOLD

        return tuple(replace(label, angle=side(label)) if label.confidence >= MATTERS else label for label in labels)


def _found(patterns: Mapping[str, list[Pattern]], line: str, words: frozenset[str]) -> list[str]:
    """The angles of which a pattern is found."""
    return [angle for angle, some in patterns.items() if any(_is_in(pattern, line, words) for pattern in some)]


def _is_in(pattern: Pattern, line: str, words: frozenset[str]) -> bool:
    if any(needed.isdisjoint(words) for needed in pattern.needed):
        return False
    return compiled(pattern.source).search(line) is not None
