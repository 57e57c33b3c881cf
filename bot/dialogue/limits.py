"""How much one person can send: so that a flood costs nobody else anything.

It goes by when things were sent, not by when they came in: what waited during an outage is no flood.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.messages import Incoming
from intents.reading import Reading

AT_ONCE = 20  # messages and presses after a quiet minute
PACE = timedelta(seconds=3)  # for each further one
REMEMBERED = timedelta(minutes=5)  # after their last message; until then what was held back is still listened to
HELD = 2000  # characters, the latest, of what was held back
LONGEST = 8000  # characters that are dealt with; more than either platform lets anybody type
URGENT = frozenset({"unsafe", "safe", "lines", "hour", "watched", "hide", "crisis", "number", "stop", "forget"})
"""First parts of presses, and commands, that are never held back."""


@dataclass(slots=True)
class _Bucket:
    at: datetime
    left: float = AT_ONCE
    told: bool = False
    held: str = ""
    admitted: deque[str] = field(default_factory=lambda: deque(maxlen=AT_ONCE))  # ids, in case one is repeated


@dataclass
class Limiter:
    """A bucket of turns for each person, which fills again with time. In memory only, and only while it matters."""

    _buckets: dict[str, _Bucket] = field(default_factory=dict)  # the longest unused first

    def admits(self, incoming: Incoming) -> bool:
        """Whether it is within what one person can send; a repetition of what was admitted is."""
        bucket = self._buckets.pop(incoming.person, None) or _Bucket(incoming.at)
        self._buckets[incoming.person] = bucket
        self._forget(incoming.at)
        if incoming.id in bucket.admitted:
            return True
        bucket.left = min(bucket.left + max((incoming.at - bucket.at) / PACE, 0), AT_ONCE)
        bucket.at = max(incoming.at, bucket.at)
        bucket.told &= bucket.left < AT_ONCE
        if bucket.left < 1:
            return False
        bucket.left -= 1
        bucket.admitted.append(incoming.id)
        return True

    def hold(self, incoming: Incoming) -> bool:
        """Remember the words of what is held back; whether the person is yet to be told, which is so once a flood."""
        bucket = self._buckets[incoming.person]
        bucket.held = f"{bucket.held}\n{incoming.typed}"[-HELD:]
        told, bucket.told = bucket.told, True
        return not told

    def release(self, person: str) -> str:
        """What was held back of their words since the last time."""
        bucket = self._buckets.get(person)
        if bucket is None:
            return ""
        held, bucket.held = bucket.held.strip(), ""
        return held

    def _forget(self, now: datetime) -> None:
        for person, bucket in list(self._oldest()):
            if now - bucket.at < REMEMBERED:
                return
            del self._buckets[person]

    def _oldest(self) -> list[tuple[str, _Bucket]]:
        """The two that were unused longest: for each one that comes two can go, so that the number stays bounded."""
        return [item for item, _ in zip(self._buckets.items(), range(2), strict=False)]


def is_urgent(incoming: Incoming, heard: Reading) -> bool:
    """Whether it is danger, or a way to help or out, which are open at any pace."""
    name = incoming.command.name if incoming.command else incoming.press.partition(":")[0]
    return bool(heard.hearing.alarms or {name, heard.command} & URGENT)


def shortened(incoming: Incoming) -> Incoming:
    """What is dealt with of something huge, once danger has been listened for in all of it."""
    if len(incoming.typed) <= LONGEST and len(incoming.press) <= LONGEST:
        return incoming
    words = incoming.command.words[:LONGEST] if incoming.command else ""
    command = replace(incoming.command, words=words) if incoming.command else None
    return replace(incoming, text=incoming.text[:LONGEST], press=incoming.press[:LONGEST], command=command)
