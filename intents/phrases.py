"""Example messages by label and angle, as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from intents.data import read_yaml
from intents.errors import PhrasesError

FOLDER = Path(__file__).parent / "phrases"


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    label: str
    angle: str  # "" where the words do not tell the side


def load_phrases(folder: Path = FOLDER) -> list[Phrase]:
    """All phrases of the folder. Raises PhrasesError with file and mend."""
    return [phrase for path in sorted(folder.glob("*.yaml")) for phrase in _read(path)]


def fingerprint(phrases: Iterable[Phrase]) -> str:
    """The same for the same phrases, whatever their order: the model carries it, so that a stale one is noticed."""
    lines = sorted(f"{phrase.label}\t{phrase.angle}\t{phrase.text}" for phrase in phrases)
    return sha256("\n".join(lines).encode()).hexdigest()


def _read(path: Path) -> list[Phrase]:
    data = read_yaml(path)
    if not isinstance(data, dict) or not isinstance(data.get("label"), str):
        raise PhrasesError(f"{path}:1: say which `label` these phrases belong to.")
    angles = data.get("angles")
    if not isinstance(angles, dict) or not all(isinstance(lines, list) for lines in angles.values()):
        raise PhrasesError(f"{path}:1: `angles` is to hold lists of phrases by angle, `any` where there is no side.")
    return [
        Phrase(text, data["label"], "" if angle == "any" else angle)
        for angle, lines in angles.items()
        for text in lines
    ]
