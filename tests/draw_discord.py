"""Draws how a reply looks on Discord, from what the bot really sends there: `make picture`."""

import asyncio
import sys
import tempfile
import textwrap
from pathlib import Path

from discord_client import Door, Person, serving
from discord_server import Message, running
from PIL import Image, ImageDraw, ImageFont

from bot.dialogue.dialogue import Dialogue
from content import load_library
from intents.reader import Reader
from storage import Store

SAID = "my husband never says thank you for anything i do around the house"
WIDTH, LINE, LEFT = 760, 24, 76  # pixels
PAPER, TEXT, DIM, NAME, BUTTON, FACE = "#313338", "#dbdee1", "#949ba4", "#f2f3f5", "#4e5058", "#5b7f6b"
LETTERS = 76  # in a line


async def reply() -> Message:
    """What stands on the screen after that message."""
    with tempfile.TemporaryDirectory() as folder:
        async with running() as server, Store(Path(folder) / "x.sqlite") as store:
            door = Door(Dialogue(load_library(), Reader.load(), store, lambda _: None).handle)
            async with serving(server, load_library(), door.handle):
                person = Person(server=server, door=door)
                await person.say(SAID)
                return person.shown[-1]


def draw(message: Message, path: Path) -> None:
    content = message.body["content"].replace("\\", "")
    lines = [part for line in content.split("\n") for part in textwrap.wrap(line, LETTERS) or [""]]
    labels = [item["label"] for item in message.items]
    image = Image.new("RGB", (WIDTH, 116 + LINE * len(lines) + 48 * ((len(labels) + 2) // 3)), PAPER)
    pen, font, bold = ImageDraw.Draw(image), ImageFont.load_default(16), ImageFont.load_default(17)
    top = _speaker(pen, 16, "you", DIM, bold)
    for line in textwrap.wrap(SAID, LETTERS):
        pen.text((LEFT, top), line, TEXT, font)
        top += LINE
    top = _speaker(pen, top + 16, "Rekindle", FACE, bold)
    for line in lines:
        pen.text((LEFT, top), line, TEXT, font)
        top += LINE
    _buttons(pen, top + 10, labels, font)
    image.save(path)


def _speaker(
    pen: ImageDraw.ImageDraw, top: int, name: str, face: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> int:
    pen.ellipse((18, top, 58, top + 40), face)
    pen.text((LEFT, top), name, NAME, font)
    return top + LINE + 4


def _buttons(
    pen: ImageDraw.ImageDraw, top: int, labels: list[str], font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    left = LEFT
    for label in labels:
        width = round(pen.textlength(label, font)) + 32
        if left + width > WIDTH - 20:
            left, top = LEFT, top + 48
        pen.rounded_rectangle((left, top, left + width, top + 38), 6, BUTTON)
        pen.text((left + 16, top + 9), label, NAME, font)
        left += width + 10


if __name__ == "__main__":
    draw(asyncio.run(reply()), Path(sys.argv[1]))
