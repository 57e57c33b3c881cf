"""What goes in and comes out, the same on every platform."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from aiohttp import web

TEXT_UNITS = 2000  # UTF-16 code units of a reply: Discord's limit, the smaller one
TITLE_UNITS = 256
LABEL_LENGTH = 80
PAYLOAD_BYTES = 64  # Telegram's limit of callback data
MOST_CHOICES = 12
PAYLOAD = re.compile(r"[a-z]+(:[a-z0-9-]{1,24}){0,3}")
COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_]{0,31})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


class Place(StrEnum):
    PRIVATE = "private"
    SERVER = "server"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    words: str = ""  # what was typed after it


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that a person did: typed, pressed or called a command.

    `id` is the platform's own id of it, the same whenever the platform repeats it. `person` is identity, storage
    key and return address in one, such as `telegram:123`. Neither text, press nor command: something that is no
    text, such as a picture or a voice note. Press and text: the button's question was answered where it stood.
    """

    id: str
    person: str
    at: datetime
    text: str = ""
    press: str = ""
    command: Command | None = None
    place: Place = Place.PRIVATE
    receipt: str = ""  # what the platform calls the person's own message, where it can be taken back
    timer: str = ""  # what has fallen due; the person did nothing then
    repeatable: timedelta | None = None  # after its first try, for how long a timer may be tried again; None: always

    @property
    def typed(self) -> str:
        """All that the person typed, also behind a command."""
        return self.command.words if self.command else self.text


def parse_command(text: str) -> Command | None:
    """`/tip being heard` as a command; None for text that is none."""
    found = COMMAND.fullmatch(text.strip())
    return Command(found[1].lower(), (found[2] or "").strip()) if found else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, and what pressing it means, for ever.

    `asks` is a question of at most `TEXT_UNITS` UTF-16 units: a platform that can opens a field for the answer at
    once, and brings press and text together. Elsewhere it is a press like any other.
    """

    label: str
    payload: str
    asks: str | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.label) <= LABEL_LENGTH:
            raise ValueError(f"a button's label has 1 to {LABEL_LENGTH} characters: {self.payload}")
        if not PAYLOAD.fullmatch(self.payload) or len(self.payload) > PAYLOAD_BYTES:
            raise ValueError(f"not a payload: {self.payload}")
        if self.asks is not None and not 0 < utf16_units(self.asks.strip()) <= TEXT_UNITS:
            raise ValueError(f"a button's question has 1 to {TEXT_UNITS} UTF-16 units: {self.payload}")


@dataclass(frozen=True, slots=True)
class File:
    """A picture or an export that goes with a reply."""

    name: str
    media_type: str
    data: bytes
    description: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot says: plain text without markup, which the platform escapes, and buttons.

    `confirms`: what will be sent by itself has just been changed. Where others look on, it is told privately as well.
    """

    text: str
    title: str = ""
    choices: tuple[Choice, ...] = ()
    file: File | None = None
    confirms: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip() or utf16_units(self.text) > TEXT_UNITS:
            raise ValueError(f"a reply's text has 1 to {TEXT_UNITS} UTF-16 units, not {utf16_units(self.text)}")
        if utf16_units(self.title) > TITLE_UNITS:
            raise ValueError(f"a reply's title has at most {TITLE_UNITS} UTF-16 units")
        if len(self.choices) > MOST_CHOICES:
            raise ValueError(f"a reply has at most {MOST_CHOICES} choices, not {len(self.choices)}")
        if len({choice.payload for choice in self.choices}) < len(self.choices):
            raise ValueError(f"two choices of a reply mean the same: {[c.payload for c in self.choices]}")


def platform_of(person: str) -> str:
    return person.partition(":")[0]


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Outlet(Protocol):
    """Where the replies to one incoming message go."""

    async def send(self, reply: Reply) -> str:
        """Show the reply; the receipt names it to the platform later."""

    async def hide(self, receipts: Sequence[str]) -> int:
        """Take back what the receipts name; how many could be."""


Handle = Callable[[Incoming, Outlet], Awaitable[None]]
"""The one door of the dialogue."""


serving: ContextVar[str] = ContextVar("serving", default="")
"""The person whose turn it is: a log line that is written meanwhile carries their pseudonym."""


class Outcome(StrEnum):
    """What became of something that a person did."""

    ANSWERED = "answered"
    REPEATED = "repeated"  # said again, because the platform sent it again
    HELD = "held"  # too much at once from one person
    STORAGE = "storage"  # answered with a sentence only, because nothing can be stored
    INTERNAL = "internal"  # the same, because of a fault of ours


class Delivery(StrEnum):
    """What became of something that fell due."""

    SENT = "sent"
    UNREACHABLE = "unreachable"  # they blocked the bot, left, or closed private messages
    FAILED = "failed"
    SKIPPED = "skipped"  # too late, or no longer wanted


Deliver = Callable[[], Awaitable[int]]
"""Sends all that is due; how much that was."""

Scheduled = Callable[[Callable[[str], Outlet], Callable[[], datetime]], Deliver]
"""From where a person's replies go, and what time it is, to what sends all that is due."""


class Unreachable(Exception):
    """Nothing can be sent to this person until they write again."""


class Undelivered(Exception):
    """It did not arrive, or nobody knows whether it did, and sending it again could show it twice."""


class Platform(Protocol):
    """Translates between one service and the dialogue, and does nothing else."""

    name: str  # the part of a person's key before the colon

    async def run(self, handle: Handle) -> None:
        """Take in what people do until cancelled; then finish what was received, and leave in order."""

    async def turn(self, person: str) -> None:
        """Returns when one may be written to who does not wait for it; to be awaited before `send`, each time."""

    async def send(self, person: str, reply: Reply, nonce: str = "") -> str:
        """Write to a person first; the receipt names the message. Raises Unreachable.

        The same `nonce` within a few minutes is shown once, where the platform can tell. Raises Undelivered, too, where
        nobody knows what became of it.
        """

    async def hide(self, person: str, receipts: Sequence[str]) -> int:
        """Take back what the receipts name; how many could be."""

    @property
    def repeatable(self) -> timedelta | None:
        """For how long it is sure to show a nonce once; None where it knows no nonces."""

    @property
    def routes(self) -> "Sequence[web.RouteDef]":
        """What the HTTP server is to answer for it."""

    @property
    def waiting(self) -> int:
        """How many things that people did are not dealt with."""

    @property
    def ready(self) -> bool:
        """Whether it is connected and has heard from the service lately."""
