"""From a text to its reading: danger first, then commands, then what the words resemble."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from intents.data import read_yaml
from intents.model import Guess, Model
from intents.places import Places
from intents.reading import ACTS, OUTSIDE, Kind, Label, Reading
from intents.safety import Ear, Hearing, Level
from intents.sides import Sides
from intents.text import clean, sentences, tokens

FOLDER = Path(__file__).parent
MISUNDERSTOOD = "misunderstood"
SURE = 0.5  # confidence from which one topic is answered without asking
SURE_ACT = 0.3  # the same for what is said to the bot itself
OUTSIDE_WEIGHT = 1.5  # "outside" wins from so many times the confidence of all topics together
ACT_WORDS = 20  # longer messages are not talk to the bot
TYPO = 0.75  # similarity from which a single word counts as a command with a typing error
QUOTE_FROM = 40  # words; from a longer message the person's own sentence is quoted back
QUOTE_LENGTH = 120  # characters
QUOTE_WORDS = range(4, 23)
PARTS, PART_WORDS = 12, 3  # sentences that are weighed, and the words of the shortest
PLACE_WORDS = 6  # in "we live in the united states" and all that is shorter
READ = 6000  # characters that are matched; safety reads all


@dataclass(frozen=True)
class Reader:
    """Reads what people type. Immutable after loading; `read` takes any text and never raises."""

    ear: Ear
    model: Model
    commands: dict[str, str]  # each wording and the act it is
    partners: dict[str, str]  # each word for a partner and the noun it stands for
    places: Places
    giving_up: frozenset[str]  # wordings
    sides: Sides

    @classmethod
    def load(cls) -> "Reader":
        """Raises PhrasesError with file and mend."""
        ear = Ear.load()
        return cls(
            ear=ear,
            model=Model(),
            commands=_inverted(FOLDER / "commands.yaml"),
            partners=_inverted(FOLDER / "partners.yaml"),
            places=Places.load(),
            sides=Sides.load(ear.compiler),
            giving_up=frozenset(" ".join(tokens(wording)) for wording in read_yaml(FOLDER / "giving_up.yaml")),
        )

    def read(self, text: str) -> Reading:
        text = clean(text)
        words = tokens(text[:READ])
        if not text.strip():
            return Reading()
        hearing = self.ear.hear(text)
        if command := self._command(words) or self._said_first(text):
            leaning = self._leaning(words)
            return Reading(Kind.ACT, hearing, command=command, leaning=leaning, words=len(words))
        guess = self.model.guess(text[:READ], parts_of(text[:READ]))
        hearing = guess.add_to(hearing, len(words))
        labels = self.sides.told(guess.labels, text[:READ])
        return Reading(
            kind=self._kind(hearing, labels, len(words)),
            hearing=hearing,
            labels=labels,
            leaning=self._leaning(words),
            gives_up=" ".join(words) in self.giving_up,
            human=_human(guess.labels, words),
            words=len(words),
            question=text.rstrip().endswith("?"),
            quote=_quote(guess) if len(words) > QUOTE_FROM and not hearing.alarms else "",
            partner=self._partner(words),
            country=self.places.country(text) if len(words) <= PLACE_WORDS else "",
        )

    def hear(self, text: str) -> Reading:
        """Danger that a rule names, and words that are a command: what takes no model, and a fraction of the time."""
        text = clean(text)
        return Reading(hearing=self.ear.hear(text), command=self._command(tokens(text[:READ])))

    def _kind(self, hearing: Hearing, labels: tuple[Label, ...], words: int) -> Kind:
        """What to do, by the expected cost of being wrong: CONTRIBUTING.md says how the thresholds were chosen."""
        if hearing.alarms and hearing.alarms[0].level is Level.CERTAIN:
            return Kind.SAFETY
        best = labels[0]
        if best.id in ACTS and words <= ACT_WORDS and best.confidence >= SURE_ACT:
            return Kind.ACT
        topics = [label for label in labels if label.id not in ACTS and label.id != OUTSIDE]
        outside = next(label.confidence for label in labels if label.id == OUTSIDE)
        if outside >= sum(label.confidence for label in topics) * OUTSIDE_WEIGHT or not words:
            return Kind.OUTSIDE
        return Kind.TOPIC if topics[0].confidence >= SURE and topics[0] == best else Kind.CHOICES

    def _command(self, words: list[str]) -> str:
        """The act that the whole message is. Single longer words may have a typing error."""
        said = " ".join(words)
        if said in self.commands:
            return self.commands[said]
        if len(words) != 1 or len(said) < len("back"):
            return ""
        found = process.extractOne(said, self._single, scorer=OSA.normalized_similarity, score_cutoff=TYPO)
        return self.commands[found[0]] if found else ""

    def _said_first(self, text: str) -> str:
        """That it was misunderstood is said in the first sentence, whatever comes after it."""
        first = next(iter(sentences(text.replace(",", ".\n"))), "")
        return MISUNDERSTOOD if self.commands.get(" ".join(tokens(first))) == MISUNDERSTOOD else ""

    @cached_property
    def _single(self) -> list[str]:
        return [wording for wording in self.commands if " " not in wording and len(wording) >= len("back")]

    def _leaning(self, words: list[str]) -> str:
        for length in (3, 2, 1):
            act = self.commands.get(" ".join(words[:length]))
            if act in {"yes", "no", "sometimes"}:
                return act
        return ""

    def _partner(self, words: list[str]) -> str:
        """Only what follows "my" is the writer's own partner."""
        for first, second, third in zip(words, words[1:], [*words[2:], ""], strict=False):
            if first == "my" and second in self.partners:
                pair = f"{second} {third}"
                return self.partners.get(pair, self.partners[second])
        return ""


def parts_of(text: str) -> list[str]:
    """The sentences that can mean something by themselves, as many as are weighed."""
    parts = [sentence for sentence in sentences(text) if len(sentence.split()) >= PART_WORDS][:PARTS]
    return parts if len(parts) > 1 else []


def _quote(guess: Guess) -> str:
    """Of a long message the sentence that speaks most for what it was taken for."""
    fitting = {
        part: speaks
        for part, speaks in guess.parts.items()
        if len(part) <= QUOTE_LENGTH and len(part.split()) in QUOTE_WORDS
    }
    return max(fitting, key=fitting.__getitem__, default="")


def _human(labels: tuple[Label, ...], words: list[str]) -> bool:
    """Unclear means human: a light line to someone in pain costs more than a warm one to a question of trivia."""
    door = next((label.angle for label in labels if label.id == OUTSIDE), "")
    personal = bool(re.search(r"\b(i|im|ive|my|me|myself)\b", " ".join(words)))
    return door != "task" or (personal and len(words) > ACT_WORDS)


def _inverted(path: Path) -> dict[str, str]:
    data: dict[str, Any] = read_yaml(path)
    return {" ".join(tokens(wording)): key for key, wordings in data.items() for wording in wordings}
