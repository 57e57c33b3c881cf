"""Which side of a subject the words tell, by who does what to whom."""

from collections.abc import Mapping
from pathlib import Path

from intents.data import read_yaml
from intents.patterns import Pattern, PatternCompiler, compiled, read_lexicon
from intents.text import sentences, tokens

FOLDER = Path(__file__).parent


class Sides:
    """Immutable after loading; `read` takes any text and never raises."""

    def __init__(self, sides: Mapping[str, Mapping[str, list[str]]], compiler: PatternCompiler) -> None:
        """Raises PhrasesError for what is no pattern."""
        self._sides = {
            label: {angle: [compiler.compile(line) for line in lines] for angle, lines in angles.items()}
            for label, angles in sides.items()
        }
        self._spelt = compiler.spelt

    @classmethod
    def load(cls) -> "Sides":
        """Raises PhrasesError with file and mend."""
        lexicon, spelling = (read_yaml(FOLDER / "safety" / f"{name}.yaml") for name in ("lexicon", "spelling"))
        return cls(read_yaml(FOLDER / "sides.yaml"), PatternCompiler(read_lexicon(lexicon), spelling))

    def read(self, label: str, text: str) -> str | None:
        """The one angle of which a pattern is found; empty where several are, None where none is."""
        if label not in self._sides:
            return None
        words = " ".join(f"{self._spelt(' '.join(tokens(sentence)))} ." for sentence in sentences(text))
        line, known = f" {words} ", set(words.split())
        found = [
            angle
            for angle, patterns in self._sides[label].items()
            if any(_possible(pattern, known) and compiled(pattern.source).search(line) for pattern in patterns)
        ]
        if not found:
            return None
        return found[0] if len(found) == 1 else ""


def _possible(pattern: Pattern, words: set[str]) -> bool:
    """Whether every word that must be there is there."""
    return not any(some.isdisjoint(words) for some in pattern.needed)
