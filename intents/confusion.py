"""A picture of what was taken for what."""

from collections import Counter
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL, MARGIN = 22, 190  # pixels
INK, PAPER, RIGHT, WRONG = (30, 30, 30), (255, 255, 255), (52, 120, 90), (190, 70, 50)


def draw(pairs: Counter[tuple[str, str]], path: Path) -> None:
    """Rows are what the messages were, columns what they were taken for; the darker, the larger the row's share."""
    labels = sorted({label for pair in pairs for label in pair})
    size = MARGIN + CELL * len(labels) + 10
    image = Image.new("RGB", (size, size), PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    totals = Counter[str]()
    for (was, _), count in pairs.items():
        totals[was] += count
    for number, label in enumerate(labels):
        at = MARGIN + number * CELL
        pen.text((8, at + 4), label, INK, font)
        image.paste(_sideways(label, font), (at + 2, 4))
    for (was, taken), count in pairs.items():
        left, top = MARGIN + labels.index(taken) * CELL, MARGIN + labels.index(was) * CELL
        color = _mixed(RIGHT if was == taken else WRONG, count / totals[was])
        pen.rectangle((left, top, left + CELL - 2, top + CELL - 2), color)
        pen.text((left + 4, top + 4), str(count), INK, font)
    image.save(path)


def _sideways(label: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    word = Image.new("RGB", (MARGIN - 8, CELL - 4), PAPER)
    ImageDraw.Draw(word).text((0, 2), label, INK, font)
    return word.rotate(90, expand=True)


def _mixed(color: tuple[int, int, int], share: float) -> tuple[int, ...]:
    strength = 0.25 + 0.75 * share
    return tuple(round(paper + (ink - paper) * strength) for ink, paper in zip(color, PAPER, strict=True))
