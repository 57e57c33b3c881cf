"""The words of a text and their neighbours as numbers, for what is merely counted and not understood."""

from itertools import pairwise
from zlib import crc32

from intents.text import tokens

BUCKETS = 16384


def buckets(text: str) -> list[int]:
    """The bucket of each word, of each pair of neighbours, and of a question's end; each once, in ascending order.

    A checksum chooses it, so that no list of words is shipped; two of a bucket are told apart by what is around them.
    """
    words = ["^", *tokens(text), *("?" for _ in range(text.rstrip().endswith("?")))]
    grams = {*words, *(f"{first} {second}" for first, second in pairwise(words))}
    return sorted({crc32(gram.encode("utf-8", "replace")) % BUCKETS for gram in grams})
