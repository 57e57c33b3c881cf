import json
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import Library
from intents.measure import Message, Report, Share, evaluate, load_messages
from intents.ngrams import BUCKETS, buckets
from intents.reader import Reader
from intents.reading import Kind
from intents.wordpiece import WordPiece

FOLDER = Path(__file__).parents[1] / "intents" / "evaluation"
pytestmark = pytest.mark.xdist_group("understanding")  # so that the messages are read once
PIECES = {piece: n for n, piece in enumerate(["[UNK]", "[CLS]", "[SEP]", "un", "##think", "##able", "we", "!", "'"])}


@pytest.fixture(scope="module")
def topics(reader: Reader) -> Report:
    return evaluate(reader, load_messages([FOLDER / "topics.jsonl"]))


@pytest.fixture(scope="module")
def danger(reader: Reader) -> Report:
    return evaluate(reader, load_messages([FOLDER / "safety.jsonl"]))


@pytest.mark.parametrize(
    ("share", "least"),
    [
        ("in scope: first choice accepted", 0.78),
        ("in scope: one of three accepted", 0.90),
        ("acts: understood", 0.80),
    ],
)
def test_understanding_does_not_lose_ground(topics: Report, share: str, least: float) -> None:
    """On messages written apart from the phrases the figures stay above their floor."""
    assert topics.shares[share].value >= least


def test_danger_does_not_lose_ground(danger: Report, topics: Report) -> None:
    """On statements written apart from the rules as many are heard as before, and no more false ones."""
    assert danger.shares["danger: heard at either level"].value >= 0.76
    assert danger.shares["no danger: heard as certain"].value <= 0.07
    assert topics.shares["no danger: heard at either level"].value <= 0.06


def test_each_topic_is_reached_by_messages_of_ours(library: Library, reader: Reader) -> None:
    """Every topic is among the choices for at least three of eight messages that are not in its phrases."""
    reached: defaultdict[str, int] = defaultdict(int)
    tried: defaultdict[str, int] = defaultdict(int)
    for message in load_messages([FOLDER / "topics.jsonl"]):
        tried[message.primaries[0]] += 1
        if tried[message.primaries[0]] > 8:
            continue
        reading = reader.read(message.text)
        if reading.kind in {Kind.TOPIC, Kind.CHOICES}:
            ranked = [label.id for label in reading.labels if label.id in library.topics]
            reached[message.primaries[0]] += message.primaries[0] in ranked[:3]
    assert {topic: count for topic, count in reached.items() if topic in library.topics and count < 3} == {}
    assert set(library.topics) <= set(reached)


def test_known_failures_still_fail(reader: Reader) -> None:
    """What is known to be misread stands in a file; a message that is understood by now has to leave it."""
    lines = (FOLDER / "known-failures.jsonl").read_text(encoding="utf-8").splitlines()
    understood = []
    for line in lines:
        known = json.loads(line)
        first = next(label.id for label in reader.read(known["text"]).all_labels)
        if first in known["accept"]:
            understood.append(known["text"])
    assert not understood


def test_share_has_the_interval_of_wilson() -> None:
    """Eight of ten is between 49 % and 94 %, with 95 % confidence."""
    low, high = Share(8, 10).interval
    assert (round(low, 2), round(high, 2)) == (0.49, 0.94)


def test_where_two_readers_differ_both_count() -> None:
    """A message is in scope only where neither reader said that it is outside or dangerous."""
    assert Message("x", ("listening", "divorce"), frozenset()).in_scope
    assert not Message("x", ("listening", "out-of-scope"), frozenset()).in_scope
    assert not Message("x", ("safety-suicide",), frozenset()).in_scope


def test_longest_pieces_come_first() -> None:
    """A word is the longest known piece, then the longest that goes on; accents and capitals do not count."""
    words = WordPiece(PIECES)
    assert words.encode("Únthinkable we!", 20) == [1, 3, 4, 5, 6, 7, 2]
    assert words.encode("unknowable", 20) == [1, 0, 2]


@given(st.text())
def test_any_text_has_pieces(text: str) -> None:
    """Whatever is typed, there is a start, an end, and no more pieces than were allowed."""
    pieces = WordPiece(PIECES).encode(text, 16)
    assert pieces[0] == 1
    assert pieces[-1] == 2
    assert len(pieces) <= 16


@given(st.text())
def test_words_are_counted_whatever_is_typed(text: str) -> None:
    """Any text has buckets, each once and each one that there is."""
    there = buckets(text)
    assert there
    assert there == sorted(set(there))
    assert set(there) <= set(range(BUCKETS))


def test_order_and_a_question_count() -> None:
    """Neighbours are counted in their order, and a question's end tells it from a statement."""
    assert buckets("he hit me") != buckets("me hit he")
    assert set(buckets("he hit me?")) - set(buckets("he hit me"))
