"""The encoder's architecture: BERT (Devlin et al. 2018) in the size of MiniLM-L6, with the mean of its last layer."""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

LAYERS, HEADS, INNER, VOCABULARY, POSITIONS = 6, 12, 1536, 30522, 512
EPSILON = 1e-12


class Encoder(nn.Module):
    width = 384

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, self.width)
        self.places = nn.Embedding(POSITIONS, self.width)
        self.kind = nn.Parameter(torch.zeros(self.width))
        self.norm = nn.LayerNorm(self.width, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(self.width) for _ in range(LAYERS))

    def forward(self, pieces: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """A vector of length one for each row of pieces."""
        places = self.places.weight[: pieces.shape[1]]
        hidden = self.norm(self.words(pieces) + places + self.kind)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)

    def load(self, weights: Mapping[str, torch.Tensor]) -> None:
        """The published weights under our names."""
        ours = {
            "words.weight": weights["embeddings.word_embeddings.weight"],
            "places.weight": weights["embeddings.position_embeddings.weight"],
            "kind": weights["embeddings.token_type_embeddings.weight"][0],
            "norm.weight": weights["embeddings.LayerNorm.weight"],
            "norm.bias": weights["embeddings.LayerNorm.bias"],
        }
        for number in range(LAYERS):
            for our, their in NAMES.items():
                for part in ("weight", "bias"):
                    ours[f"layers.{number}.{our}.{part}"] = weights[f"encoder.layer.{number}.{their}.{part}"]
        self.load_state_dict(ours)


NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "out_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}


class Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.out_norm = nn.LayerNorm(width, eps=EPSILON)
        self.inner, self.outer = nn.Linear(width, INNER), nn.Linear(INNER, width)
        self.outer_norm = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        rows, length, width = hidden.shape
        query, key, value = (
            part(hidden).view(rows, length, HEADS, width // HEADS).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(-1, -2) / (width // HEADS) ** 0.5
        scores = scores.masked_fill(mask[:, None, None, :] == 0, torch.finfo(scores.dtype).min)
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(rows, length, width)
        hidden = self.out_norm(hidden + self.out(mixed))
        return self.outer_norm(hidden + self.outer(functional.gelu(self.inner(hidden))))
