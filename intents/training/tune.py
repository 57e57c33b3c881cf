"""Tuning of encoder and heads together, gently: what the encoder knew of language before is to stay.

The heads come first, on the encoder as it is; then all is trained once through the phrases with a small step (Kumar et
al. 2022: linear probing, then fine-tuning); and what is kept is the mean of the weights before and after (Wortsman et
al. 2022). Trained for longer, or without the mean, it reads messages like the phrases better and others worse.
Words are left out at random, so that no single one decides.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from intents.training.encoder import Encoder

BATCH = 32
BUCKET = 20  # batches that are sorted by length together
STEP = 3e-5  # reached after the warm-up
HEADS_FASTER = 20  # times
WARM_UP = 200  # batches
LEFT_OUT = 0.1  # share of the words that are masked
MASK, FIRST_WORD = 103, 999  # the piece that stands for a word left out; pieces below the other are no words
SMOOTHING = 0.05
DANGER_WEIGHT, ANGLE_WEIGHT = 2.0, 0.3


@dataclass(frozen=True, slots=True)
class Example:
    pieces: list[int]
    label: int | None  # the place of its class; none: of danger, which has a head of its own
    danger: list[float]  # one number a kind
    angle: tuple[int, int, int] | None  # from, to and right one of the scores of its topic's sides


def tune(encoder: Encoder, heads: Sequence[torch.nn.Linear], examples: Sequence[Example], seed: int) -> None:
    """Trains in place. `heads` are those of label, angle and danger."""
    chance = random.Random(seed)  # noqa: S311 - a shuffle, no secret
    torch.manual_seed(seed)
    for embedding in (encoder.words, encoder.places):
        embedding.weight.requires_grad_(requires_grad=False)
    body = [weights for weights in encoder.parameters() if weights.requires_grad]
    tops = [weights for head in heads for weights in head.parameters()]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": STEP}, {"params": tops, "lr": STEP * HEADS_FASTER}], weight_decay=0.01
    )
    pace = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / WARM_UP))
    before = [weights.detach().clone() for weights in (*body, *tops)]
    total, count = 0.0, 0
    for batch in _batches(examples, chance):
        loss = _loss(encoder, heads, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body, 1.0)
        optimiser.step()
        pace.step()
        total, count = total + loss.item(), count + 1
    print(f"  mean loss {total / count:.3f}", flush=True)  # noqa: T201 - a script that says what it does
    with torch.no_grad():
        for weights, first in zip((*body, *tops), before, strict=True):
            weights.lerp_(first, 0.5)


def _batches(examples: Sequence[Example], chance: random.Random) -> Iterator[list[Example]]:
    """All examples in a new order, of like length in a batch."""
    order = list(examples)
    chance.shuffle(order)
    batches: list[list[Example]] = []
    for start in range(0, len(order), BATCH * BUCKET):
        bucket = sorted(order[start : start + BATCH * BUCKET], key=lambda example: len(example.pieces))
        batches += [bucket[first : first + BATCH] for first in range(0, len(bucket), BATCH)]
    chance.shuffle(batches)
    yield from batches


def _loss(encoder: Encoder, heads: Sequence[torch.nn.Linear], batch: Sequence[Example]) -> torch.Tensor:
    pieces = _padded(batch)
    masked = (torch.rand(pieces.shape) < LEFT_OUT) & (pieces > FIRST_WORD)
    vectors = encoder(pieces.masked_fill(masked, MASK), (pieces > 0).long())
    labels, angles, danger = (head(vectors) for head in heads)
    wanted = torch.tensor([example.danger for example in batch])
    loss = DANGER_WEIGHT * functional.binary_cross_entropy_with_logits(danger, wanted)
    rows = [n for n, example in enumerate(batch) if example.label is not None]
    if rows:
        right = torch.tensor([batch[n].label for n in rows])
        loss = loss + functional.cross_entropy(labels[rows], right, label_smoothing=SMOOTHING)
    sides = [(n, *example.angle) for n, example in enumerate(batch) if example.angle]
    if sides:
        each = [
            functional.cross_entropy(angles[n : n + 1, first:last], torch.tensor([side]))
            for n, first, last, side in sides
        ]
        loss = loss + ANGLE_WEIGHT * torch.stack(each).mean()
    return loss


def _padded(batch: Sequence[Example]) -> torch.Tensor:
    longest = max(len(example.pieces) for example in batch)
    return torch.tensor([example.pieces + [0] * (longest - len(example.pieces)) for example in batch])
