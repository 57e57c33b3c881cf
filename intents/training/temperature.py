"""How sure a reading by sentences may be, fitted on messages on which nothing else is trained (Guo et al. 2017)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from intents.measure import Message
from intents.model import Model
from intents.reader import parts_of
from intents.reading import OUTSIDE

MESSAGES = Path(__file__).parents[1] / "evaluation" / "topics.jsonl"
CANDIDATES = tuple(round(0.3 + step * 0.05, 2) for step in range(25))  # 0.3 to 1.5


def fitted_temperature(model: Model, messages: Sequence[Message]) -> float:
    """The temperature that makes what is accepted likeliest.

    Raises ValueError where the model has another than 1 already, or the messages do not tell.
    """
    if model.about["temperature"] != 1:
        raise ValueError("the temperature is fitted already")
    likely = [
        (np.array([label.confidence for label in labels]), np.array([label.id in message.accept for label in labels]))
        for message in messages
        if message.in_scope and (parts := parts_of(message.text))
        for labels in [[label for label in model.guess(message.text, parts).labels if label.id != OUTSIDE]]
    ]

    def surprise(temperature: float) -> float:
        powers = [(shares ** (1 / temperature), accepted) for shares, accepted in likely]
        return -sum(float(np.log(shares[accepted].sum() / shares.sum())) for shares, accepted in powers)

    best = min(CANDIDATES, key=surprise)
    if not likely or best in {CANDIDATES[0], CANDIDATES[-1]}:
        raise ValueError(f"no temperature fits: {len(likely)} messages, the best of all that were tried is {best}")
    return best
