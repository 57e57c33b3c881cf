"""What single words and pairs of them say about the label: a linear layer over which of them are there."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from intents.ngrams import BUCKETS, buckets

C = 20.0  # inverse strength of regularisation
STEPS = 60  # of the solver; more change nothing that is measured
LARGEST = 127  # of an eight-bit integer

Weights = np.ndarray[tuple[int, int], np.dtype[np.int8]]


def train_words(texts: Sequence[str], classes: Sequence[int]) -> tuple[Weights, list[float], list[float]]:
    """Weights by bucket and class, and for each class their scale and what is added."""
    there = [buckets(text) for text in texts]
    values = np.concatenate([np.full(len(each), len(each) ** -0.5, dtype=np.float32) for each in there])
    starts = np.cumsum([0, *map(len, there)])
    rows = csr_matrix((values, np.concatenate(there), starts), shape=(len(texts), BUCKETS))
    trained = LogisticRegression(C=C, max_iter=STEPS).fit(rows, classes)
    scales = np.abs(trained.coef_).max(axis=1) / LARGEST
    weights = np.round(trained.coef_.T / scales).astype(np.int8)
    return weights, [float(scale) for scale in scales], [float(bias) for bias in trained.intercept_]
