"""How well messages are understood, on files of labelled messages.

A line has `text` and either `primary` with `accept` (and `primaries` where two readers differed) or `expect`.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from intents.errors import PhrasesError
from intents.reader import Reader
from intents.reading import ACTS, OUTSIDE, Kind, Reading
from intents.safety import Level

LET_THROUGH = 0.9  # share of in-scope messages at which outside detection is compared
_95_PERCENT = 1.96  # standard errors


FIRST_CHOICE = "in scope: first choice accepted"
FIFTHS = 5
NO_TOPICS = ACTS | {OUTSIDE, "none", "either"}
MOST_CONFUSIONS = 12


@dataclass(frozen=True, slots=True)
class Message:
    text: str
    primaries: tuple[str, ...]  # what each reader chose; more than one where they differed
    accept: frozenset[str]
    kind: str = ""  # of statements of danger and what resembles them: explicit, indirect, idiom, ...

    @property
    def in_scope(self) -> bool:
        return not any(label in NO_TOPICS or label.startswith("safety-") for label in self.primaries)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval of Wilson."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return math.nan, math.nan
        z = _95_PERCENT**2 / self.of
        middle, spread = self.value + z / 2, math.sqrt(self.value * (1 - self.value) * z + z * z / 4)
        return (middle - spread) / (1 + z), (middle + spread) / (1 + z)


@dataclass
class Report:
    shares: dict[str, Share] = field(default_factory=dict)  # by what they are a share of
    by_label: dict[str, Share] = field(default_factory=dict)  # first choice accepted, by the readers' label
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)  # what it was, what it was taken for
    area: float = math.nan  # under the curve: how well the score tells outside from in scope; 0.5 is chance
    milliseconds: float = 0.0  # the median time for one message
    reliability: list[tuple[float, Share]] = field(default_factory=list)  # mean confidence, and how often it was right

    @property
    def first_choice(self) -> float:
        """The share of in-scope messages whose first choice is accepted; 1 where there are none."""
        share = self.shares.get(FIRST_CHOICE)
        return share.value if share else 1.0

    def table(self) -> str:
        """The figures for a person to read."""
        rows = [_row(name, share) for name, share in self.shares.items()]
        if not math.isnan(self.area):
            rows.append(f"{'outside or not: area under the curve':48} {self.area:6.3f}")
        rows.append(f"{'time for a message, median':48} {self.milliseconds:6.2f} ms")
        if self.reliability:
            rows += ["", "how sure it was, and how often it was right"]
            rows += [_row(f"  {confidence:.0%} sure", share) for confidence, share in self.reliability]
        rows += [
            "",
            "first choice accepted, by label",
            *(_row(f"  {name}", one) for name, one in self.by_label.items()),
        ]
        wrong = Counter({pair: count for pair, count in self.pairs.items() if pair[0] != pair[1]})
        rows += ["", "taken for something else most often"]
        rows += [f"  {count:3} {was} -> {taken}" for (was, taken), count in wrong.most_common(MOST_CONFUSIONS)]
        return "\n".join(rows)


def load_messages(paths: Iterable[Path]) -> list[Message]:
    """Raises PhrasesError with file and line."""
    return [
        _message(path, number, line) for path in paths for number, line in enumerate(_lines(path), 1) if line.strip()
    ]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PhrasesError(f"{path}: this file cannot be read ({error}).") from error


def _message(path: Path, number: int, line: str) -> Message:
    try:
        data = json.loads(line)
        if "expect" in data:
            return Message(data["text"], (data["expect"],), frozenset({data["expect"]}), data.get("kind", ""))
        primaries = tuple(data.get("primaries") or [data["primary"]])
        return Message(data["text"], primaries, frozenset(data["accept"]))
    except (ValueError, KeyError, TypeError) as error:
        raise PhrasesError(
            f"{path}:{number}: a line is a JSON object with `text`, and `primary` with `accept`, or `expect` ({error})."
        ) from error


def evaluate(reader: Reader, messages: Sequence[Message]) -> Report:
    report = Report()
    read: list[tuple[Message, Reading]] = []
    times: list[float] = []
    for message in messages:
        start = perf_counter()
        read.append((message, reader.read(message.text)))
        times.append((perf_counter() - start) * 1000)
    report.milliseconds = sorted(times)[len(times) // 2] if times else 0.0
    _topics(report, [(m, r) for m, r in read if m.in_scope])
    _outside(report, read)
    _acts(report, [(m, r) for m, r in read if m.primaries[0] in ACTS])
    _safety(report, read)
    return report


def _row(name: str, share: Share) -> str:
    low, high = share.interval
    return f"{name:48} {share.value:6.1%}  ({low:.1%} to {high:.1%}, {share.hits} of {share.of})"


Read = Sequence[tuple[Message, Reading]]


def _topics(report: Report, read: Read) -> None:
    hits: Counter[str] = Counter()
    first = third = 0
    for message, reading in read:
        ranked = [label.id for label in reading.labels if label.id not in ACTS and label.id != OUTSIDE]
        topics = [label for label in ranked if not label.startswith("safety-")]
        right = bool(topics) and topics[0] in message.accept
        first += right
        third += not message.accept.isdisjoint(topics[:3])
        hits[message.primaries[0]] += right
        taken = message.primaries[0] if right else topics[0] if topics else "nothing"
        report.pairs[message.primaries[0], taken] += 1
    if not read:
        return
    report.shares[FIRST_CHOICE] = Share(first, len(read))
    report.shares["in scope: one of three accepted"] = Share(third, len(read))
    totals = Counter(message.primaries[0] for message, _ in read)
    report.reliability = _reliability(read)
    report.by_label |= {label: Share(hits[label], count) for label, count in sorted(totals.items())}


def _reliability(read: Read) -> list[tuple[float, Share]]:
    """By fifths of the messages, from the least sure to the surest."""
    sure = sorted((reading.best.confidence, reading.best.id in message.accept) for message, reading in read)
    size = max(len(sure) // FIFTHS, 1)
    fifths = [sure[start : start + size] for start in range(0, size * FIFTHS, size)]
    return [(sum(c for c, _ in part) / len(part), Share(sum(r for _, r in part), len(part))) for part in fifths if part]


def _outside(report: Report, read: Read) -> None:
    outside = [reading for message, reading in read if message.primaries == (OUTSIDE,)]
    inside = [reading for message, reading in read if message.in_scope]
    if not outside:
        return
    answered = sum(reading.kind in {Kind.TOPIC, Kind.CHOICES} for reading in outside)
    report.shares["outside: answered as a topic or with choices"] = Share(answered, len(outside))
    report.shares["outside: answered as a topic"] = Share(
        sum(reading.kind is Kind.TOPIC for reading in outside), len(outside)
    )
    if not inside:
        return
    missed = sum(reading.kind in {Kind.OUTSIDE, Kind.ACT} for reading in inside)
    report.shares["in scope: taken for something outside"] = Share(missed, len(inside))
    threshold = sorted(reading.outside for reading in inside)[int(LET_THROUGH * len(inside)) - 1]
    through = sum(reading.outside <= threshold for reading in outside)
    report.shares["outside: let through with 90 % of in scope"] = Share(through, len(outside))
    pairs = [(a.outside > b.outside) + (a.outside == b.outside) / 2 for a in outside for b in inside]
    report.area = sum(pairs) / len(pairs)


def _acts(report: Report, read: Read) -> None:
    right = sum(reading.act in message.accept for message, reading in read)
    for message, reading in read:
        taken = message.primaries[0] if reading.act in message.accept else reading.act or reading.kind.value
        report.pairs[message.primaries[0], taken] += 1
    if read:
        report.shares["acts: understood"] = Share(right, len(read))


def _safety(report: Report, read: Read) -> None:
    danger = [r.safety for m, r in read if all(label.startswith("safety-") for label in m.primaries)]
    calm = [r.safety for m, r in read if not any(_dangerous(label) for label in m.accept.union(m.primaries))]
    for name, levels in (("danger", danger), ("no danger", calm)):
        if levels:
            certain = sum(level is Level.CERTAIN for level in levels)
            report.shares[f"{name}: heard at either level"] = _heard(levels)
            report.shares[f"{name}: heard as certain"] = Share(certain, len(levels))
    for kind in sorted({message.kind for message, _ in read if message.kind}):
        report.shares[f"  {kind}: heard at either level"] = _heard([r.safety for m, r in read if m.kind == kind])


def _heard(levels: Sequence[Level | None]) -> Share:
    return Share(sum(level is not None for level in levels), len(levels))


def _dangerous(label: str) -> bool:
    return label.startswith("safety-") or label == "either"
