"""Conversations as text files, and a client that can only press a button that is on the screen.

A file begins with the fact that it proves, as a paragraph. Then, one to a line:

    person: words, [A button's label] or /command words after it
    bot: what the replies must contain
    bot not: what they must not contain
    buttons: labels that must be on the screen, separated by |
    no button: labels that must not be
    later: 3 days (or hours, minutes)
    due: 3 days; the same, and what falls due meanwhile is on the screen then
    place: server, or any other place of `Incoming`

In what the bot says, `{name}` is any variant of a phrase, `{topic:listening}` any first words about that topic,
`{topic:listening:mine}` those for one side and `{step:listening:ask-first}` that step's title.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from bot.messages import Choice, Command, Incoming, Outlet, Place, Reply, parse_command
from content import Library

START = datetime(2026, 3, 2, 21, 15, tzinfo=UTC)
LINE = re.compile(r"(person|bot not|bot|buttons|no button|later|due|place): ?(.*)")


@dataclass
class Screen:
    """What a person sees."""

    replies: list[Reply] = field(default_factory=list)

    async def send(self, reply: Reply) -> str:
        self.replies.append(reply)
        return f"receipt-{id(reply)}"

    async def hide(self, receipts: Sequence[str]) -> int:
        return len(receipts)

    @property
    def text(self) -> str:
        return "\n\n".join(f"{reply.title}\n{reply.text}" for reply in self.replies)

    @property
    def choices(self) -> list[Choice]:
        return [choice for reply in self.replies for choice in reply.choices]


@dataclass
class Client:
    """One person in front of a screen."""

    handle: Callable[[Incoming, Outlet], Awaitable[None]]
    person: str = "test:1"
    at: datetime = START
    place: Place = Place.PRIVATE
    screen: Screen = field(default_factory=Screen)
    pass_time: "Callable[[Client, datetime], Awaitable[None]] | None" = field(default=None, kw_only=True)
    _ids: Iterator[int] = field(default_factory=count)

    async def say(self, text: str) -> None:
        await self._do(text=text)

    async def command(self, command: Command) -> None:
        await self._do(command=command)

    async def press(self, label: str) -> None:
        shown = {choice.label: choice.payload for choice in self.screen.choices}
        assert label in shown, f"no button {label!r} is on the screen, only {list(shown)}"
        await self._do(press=shown[label])

    async def _do(self, *, text: str = "", press: str = "", command: Command | None = None) -> None:
        self.screen = Screen()
        self.at += timedelta(seconds=20)
        key = f"{self.person}-{next(self._ids)}"
        await self.handle(Incoming(key, self.person, self.at, text, press, command, self.place), self.screen)


async def play(path: Path, client: Client, library: Library) -> None:
    """Play a conversation file; an AssertionError names the line that was not so."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := LINE.fullmatch(line):
            try:
                await _play_line(found[1], found[2], client, library)
            except AssertionError as error:
                raise AssertionError(f"{path.name}:{number}: {line}\n{error}\n{client.screen.text}") from None


async def _play_line(kind: str, rest: str, client: Client, library: Library) -> None:
    labels = [label.strip() for label in rest.split("|")]
    shown = [choice.label for choice in client.screen.choices]
    if kind == "person":
        await _act(client, rest)
    elif kind == "bot":
        assert expected(rest, library).search(client.screen.text), "the bot did not say this"
    elif kind == "bot not":
        assert not expected(rest, library).search(client.screen.text), "the bot said this"
    elif kind == "buttons":
        assert set(labels) <= set(shown), f"the buttons are {shown}"
    elif kind == "no button":
        assert set(labels).isdisjoint(shown), f"the buttons are {shown}"
    elif kind in {"later", "due"}:
        amount, unit = rest.split()
        to = client.at + timedelta(**{f"{unit.rstrip('s')}s": float(amount)})
        if kind == "due":
            assert client.pass_time, "nothing is scheduled here"
            client.screen = Screen()
            await client.pass_time(client, to)
        client.at = to
    else:
        client.place = Place(rest)


async def _act(client: Client, text: str) -> None:
    if text.startswith("[") and text.endswith("]"):
        await client.press(text[1:-1])
    elif command := parse_command(text):
        await client.command(command)
    else:
        await client.say(text)


def expected(text: str, library: Library) -> re.Pattern[str]:
    """What a `bot:` line wants to see, as an expression to search for."""
    parts = re.split(r"(\{[^}]+\})", text)
    return re.compile(
        "".join(_reference(part[1:-1], library) if part[:1] == "{" else re.escape(part) for part in parts)
    )


def _reference(name: str, library: Library) -> str:
    if name.startswith("topic:"):
        topic_id, _, angle = name.removeprefix("topic:").partition(":")
        topic = library.topics[topic_id]
        sides = (
            [topic.angles[angle].reflections]
            if angle
            else [topic.reflections, *(a.reflections for a in topic.angles.values())]
        )
        return _any_of([line for side in sides for line in side])
    if name.startswith("step:"):
        topic_id, step = name.removeprefix("step:").split(":")
        return _any_of([library.topics[topic_id].step[step].title])
    return _any_of(library.phrases[name].says)


def _any_of(texts: "list[str] | tuple[str, ...]") -> str:
    return "(?:" + "|".join(re.sub(r"\\\{[^}]+\\\}", r"[\\s\\S]+", re.escape(text)) for text in texts) + ")"
