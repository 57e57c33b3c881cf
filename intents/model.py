"""The trained model: what a text resembles, which side it tells, and how much it sounds like danger.

A small transformer in eight-bit integers, run by onnxruntime on one thread, and beside it a layer that counts words.
Both together tell the label. `make model` trains and writes them.
"""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from intents.errors import PhrasesError
from intents.ngrams import buckets
from intents.reading import ACTS, OUTSIDE, Label
from intents.safety import LABELS, Alarm, Hearing, Kind, Level, both
from intents.wordpiece import WordPiece

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else it reports to its maker, and keeps an id of this machine on the disk
import onnxruntime  # which looks at that when it is imported

FOLDER = Path(__file__).parent / "model"
POSSIBLE = 0.5  # likelihood from which the question is asked
POSSIBLE_SHORT = 0.8  # the same for a few words, which say too little for the model; the rules are read all the same
FEW_WORDS = 12
CERTAIN = 0.95  # likelihood from which nothing else is answered
COUNTED = 0.3  # weight of the words alone against what the transformer makes of them
PIECES = 256  # pieces of words that are read; nobody's need hides behind more


@dataclass(frozen=True, slots=True)
class Guess:
    labels: tuple[Label, ...]  # every label, best first; the confidences sum to 1
    danger: dict[Kind, float]  # how likely each kind of danger is, of those that the model knows
    parts: dict[str, float]  # by sentence, how far it alone speaks for the best label

    def add_to(self, hearing: Hearing, words: int) -> Hearing:
        """What the rules heard, and what else sounds like danger. A rule is never voted away."""
        enough = POSSIBLE_SHORT if words <= FEW_WORDS else POSSIBLE
        known = {alarm.label for alarm in hearing.alarms} | hearing.denied
        sounds = [kind for kind, likely in self.danger.items() if likely >= enough and LABELS[kind] not in known]
        alarms = (Alarm(Level.CERTAIN if self.danger[kind] >= CERTAIN else Level.POSSIBLE, kind) for kind in sounds)
        return both(hearing, Hearing(tuple(alarms), denied=hearing.denied))


class Model:
    """Immutable after loading."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises PhrasesError when the artefact is not there or not whole."""
        try:
            self.about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
            pieces = (folder / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
            self._word_weights = np.load(folder / "words.npy")
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.enable_cpu_mem_arena = False  # the arena would keep the memory of the longest message for good
            self._session = onnxruntime.InferenceSession(
                (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors have no common class of their own
            raise PhrasesError(f"{folder}: the model cannot be loaded ({error}). Run `make model`.") from error
        self._words = WordPiece({piece: number for number, piece in enumerate(pieces)})
        self._labels = [tuple(label) for label in self.about["labels"]]  # (label, angle or door), in the model's order
        self._angles: dict[str, list[tuple[int, str]]] = self.about["angles"]
        self._subjects = [n for n, (label, _) in enumerate(self._labels) if label not in {*ACTS, OUTSIDE}]
        self._outside = [n for n, (label, _) in enumerate(self._labels) if label == OUTSIDE]
        self._temperature: float = self.about["temperature"]
        self._word_scales = np.array(self.about["word_scales"], dtype=np.float32)
        self._word_biases = np.array(self.about["word_biases"], dtype=np.float32)

    def guess(self, text: str, parts: Sequence[str]) -> Guess:
        """What a text resembles, read as a whole and, where it has parts, by these as well.

        In a long complaint the need is often one sentence among others: half of the weight is the parts', each as far
        as it is about a subject at all.
        """
        labels, angles, danger = self._scores(text)
        confidence = self._likely(text, labels)
        alone = {part: self._likely(part, self._scores(part)[0]) for part in parts}
        if alone:
            confidence = self._weighed(confidence, np.stack(list(alone.values())))
        guessed = [
            Label(label, float(confidence[number]), door or self._angle(label, angles))
            for number, (label, door) in enumerate(self._labels)
        ]
        joined = _joined(guessed)
        best = [n for n, (label, _) in enumerate(self._labels) if label == joined[0].id]  # its doors count together
        return Guess(
            labels=joined,
            danger={Kind(name): _sigmoid(float(danger[n])) for n, name in enumerate(self.about["danger"])},
            parts={part: float(shares[best].sum()) for part, shares in alone.items()},
        )

    def _weighed(self, whole: "Vector", parts: "Matrix") -> "Vector":
        """Half the whole and half its parts; how far it is about something else, the whole alone tells.

        A mean is less sure than it may be: the temperature makes up for that.
        """
        weights = parts[:, self._subjects].sum(axis=1)
        mean: Vector = (whole + weights @ parts / weights.sum()) / 2
        outside = whole[self._outside]
        mean[self._outside] = 0
        mean **= 1 / self._temperature
        mean *= (1 - outside.sum()) / mean.sum()
        mean[self._outside] = outside
        return mean

    def _likely(self, text: str, understood: "Vector") -> "Vector":
        """How likely each label is, by what is understood and by the words that are merely there."""
        there = buckets(text)
        weights = self._word_weights[there].sum(axis=0, dtype=np.float32)
        counted: Vector = weights * self._word_scales / math.sqrt(len(there)) + self._word_biases
        mean: Vector = (1 - COUNTED) * understood + COUNTED * counted
        return _softmax(mean)

    def _scores(self, text: str) -> "tuple[Vector, Vector, Vector]":
        pieces = np.array([self._words.encode(text, PIECES)], dtype=np.int64)
        labels, angles, danger = self._session.run(None, {"pieces": pieces})
        return labels[0], angles[0], danger[0]

    def _angle(self, label: str, scores: "Vector") -> str:
        """The side that the words show, where they show one clearly."""
        known = self._angles.get(label, [])
        if len(known) < 2:  # noqa: PLR2004 - one side is none
            return ""
        confidence = _softmax(np.array([scores[number] for number, _ in known]))
        best = int(confidence.argmax())
        return known[best][1] if confidence[best] >= self.about["angle_from"] else ""


def _joined(labels: list[Label]) -> tuple[Label, ...]:
    """Doors of one label become that label, with the likelier door for its angle."""
    by_label: dict[str, Label] = {}
    for label in sorted(labels, key=lambda label: -label.confidence):
        first = by_label.get(label.id)
        sum_ = label.confidence + (first.confidence if first else 0.0)
        by_label[label.id] = Label(label.id, sum_, first.angle if first else label.angle)
    return tuple(sorted(by_label.values(), key=lambda label: -label.confidence))


Vector = np.ndarray[tuple[int], np.dtype[np.float32]]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def _softmax(scores: Vector) -> Vector:
    powers: Vector = np.exp(scores - scores.max())
    shares: Vector = powers / powers.sum()
    return shares


def _sigmoid(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))
