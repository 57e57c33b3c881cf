"""A conversation in the terminal. A number presses a button."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.dialogue.dialogue import Dialogue
from bot.messages import Choice, Command, Deliver, File, Incoming, Reply, Scheduled, parse_command

PERSON = "console:me"
WIDTH = 88  # columns; longer lines are hard to read
START = Command("start")


class Terminal:
    """Shows replies, and remembers which buttons are on the screen."""

    def __init__(self, console: Console, saved: str) -> None:
        self.choices: tuple[Choice, ...] = ()
        self._console = console
        self._saved = saved  # the sentence that says where a file went

    async def send(self, reply: Reply) -> str:
        if reply.title:
            self._console.print(Text(reply.title, style="bold"))
        self._console.print(Padding(Text(reply.text), (0, 0, 0, 2)))
        if reply.file:
            self._console.print(Padding(Text(self._saved.format(path=_save(reply.file)), style="dim"), (0, 0, 0, 2)))
        for number, choice in enumerate(reply.choices, len(self.choices) + 1):
            self._console.print(Padding(Text(f"[{number}] {choice.label}", style="cyan"), (0, 0, 0, 4)))
        self._console.print()
        self.choices += reply.choices  # numbered on, so that a number means one thing while it is on the screen
        return ""

    async def hide(self, receipts: Sequence[str]) -> int:
        """A terminal can only be cleared as a whole."""
        self._console.clear()
        return len(receipts)

    def take(self, line: str) -> Incoming:
        """What a line means: a command, the number of a button, or words. The buttons are gone afterwards."""
        now, key = datetime.now(UTC), uuid4().hex
        choices, self.choices = self.choices, ()
        if command := parse_command(line):
            return Incoming(key, PERSON, now, command=command)
        number = line.strip()
        if number.isdecimal() and 0 < int(number) <= len(choices):
            return Incoming(key, PERSON, now, press=choices[int(number) - 1].payload)
        return Incoming(key, PERSON, now, text=line)


def _save(file: File) -> Path:
    path = Path(file.name).absolute()
    path.write_bytes(file.data)
    return path


def chat(dialogue: Dialogue, schedule: Scheduled, start: str = "") -> None:
    """Talk until the input ends. Input that is no terminal is one message a line. What is due comes before a line.

    `start` is a button's payload to begin with, such as `do:apology`.
    """
    console = Console(width=min(WIDTH, Console().width), highlight=False, emoji=False)
    terminal = Terminal(console, dialogue.library.phrases["file-saved"].says[0])
    deliver = schedule(lambda _: terminal, lambda: datetime.now(UTC))
    with asyncio.Runner() as runner:
        try:
            runner.run(dialogue.store.release())
            runner.run(_all_due(deliver))
            if start or sys.stdin.isatty():
                command = None if start else START
                begin = Incoming(uuid4().hex, PERSON, datetime.now(UTC), press=start, command=command)
                runner.run(dialogue.handle(begin, terminal))
            for line in _lines(console):
                runner.run(_all_due(deliver))
                runner.run(dialogue.handle(terminal.take(line), terminal))
        except KeyboardInterrupt:
            console.print()
        finally:
            runner.run(dialogue.store.close())


async def _all_due(deliver: Deliver) -> None:
    await deliver()


def _lines(console: Console) -> Iterator[str]:
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    while True:
        try:
            yield console.input("> ")
            console.print()
        except EOFError:
            console.print()
            return
