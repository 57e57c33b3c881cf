"""Which side of a subject the words tell, by who does what to whom."""

from collections.abc import Mapping
from pathlib import Path

from intents.data import read_yaml
from intents.patterns import Pattern, PatternCompiler, compiled, read_lexicon
from intents.text import sentences, tokens

FOLDER = Path(__file__).parent
UNTOLD = ""  # the words tell several sides at once, or something else than the model

Lines = Mapping[str, list[str]]  # patterns by angle


class Sides:
    """Immutable after loading; `read` takes any text and never raises."""

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
    def load(cls) -> "Sides":
        """Raises PhrasesError with file and mend."""
        lexicon, spelling = (read_yaml(FOLDER / "safety" / f"{name}.yaml") for name in ("lexicon", "spelling"))
        return cls(read_yaml(FOLDER / "sides.yaml"), PatternCompiler(read_lexicon(lexicon), spelling))

    def read(self, label: str, text: str, guessed: str) -> str:
        """The angle that the words tell, where the model `guessed` one, or none; empty where it is better asked."""
        words = " ".join(f"{self._spelt(' '.join(tokens(sentence)))} ." for sentence in sentences(text))
        line = f" {words} "
        if certain := _found(self._certain.get(label, {}), line):
            return certain[0] if len(certain) == 1 else UNTOLD
        likely = _found(self._likely.get(label, {}), line)
        if not likely:
            return guessed
        return likely[0] if len(likely) == 1 and guessed in {UNTOLD, likely[0]} else UNTOLD


def _found(patterns: Mapping[str, list[Pattern]], line: str) -> list[str]:
    """The angles of which a pattern is found."""
    words = set(line.split())
    return [angle for angle, some in patterns.items() if any(_is_in(pattern, line, words) for pattern in some)]


def _is_in(pattern: Pattern, line: str, words: set[str]) -> bool:
    if any(needed.isdisjoint(words) for needed in pattern.needed):
        return False
    return compiled(pattern.source).search(line) is not None
