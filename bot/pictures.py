"""Pictures, drawn from data alone: the same data makes the same bytes. Every word on them is handed in."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

WIDTH = 900  # pixels; a phone shows it at well under half of that
MARGIN, GAP, CORNER, STROKE = 36, 8, 10, 6
TITLE, TEXT = 44, 32  # pixels; about 19 and 14 on a phone
LINE = TEXT + 2 * GAP
WEEK = 7
DONE, SKIPPED, OPEN, NONE = "done", "skipped", "open", "none"

# A ground of its own, dark enough for the night: what stands on it has a contrast of 4.5 : 1 or more on any screen.
GROUND = "#1f2630"
INK = "#f4efe6"
INKS = {DONE: "#7fd1ae", SKIPPED: "#c9b8f0", OPEN: "#f2c57c", NONE: "#a3adb8"}


@dataclass(frozen=True, slots=True)
class Calendar:
    """What became of the days of some weeks, and the words for it."""

    title: str
    first: date  # a Monday
    today: date  # the last day that is drawn, with a frame around it
    outcomes: Mapping[date, str]  # done, skipped or open; a day that is missing has none
    weekdays: Sequence[str]  # short, Monday first
    months: Sequence[str]  # short, January first
    legend: Mapping[str, str]  # what each outcome is called

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.today - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the squares are, in pixels."""

    left: int
    top: int
    cell: int

    def place(self, number: int) -> tuple[int, int]:
        """The upper left corner of a day's square, by the number of days since the first."""
        week, weekday = divmod(number, WEEK)
        return self.left + week * (self.cell + GAP), self.top + weekday * (self.cell + GAP)


def draw_calendar(calendar: Calendar) -> bytes:
    """A PNG with a column for each week and a row for each weekday; a mark's shape says as much as its colour."""
    grid = _grid(calendar)
    _, foot = grid.place(WEEK - 1)
    foot += grid.cell + 3 * GAP
    rows = (len(calendar.legend) + 1) // 2
    image = Image.new("RGB", (WIDTH, foot + rows * LINE - 2 * GAP + MARGIN), GROUND)
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN), calendar.title, INK, _font(TITLE), anchor="lt")
    _months(draw, calendar, grid)
    for weekday, name in enumerate(calendar.weekdays):
        draw.text((MARGIN, grid.place(weekday)[1] + grid.cell / 2), name, INK, _font(TEXT), anchor="lm")
    for number, day in enumerate(calendar.days):
        _mark(draw, calendar.outcomes.get(day, NONE), *grid.place(number), grid.cell)
    x, y = grid.place(len(calendar.days) - 1)
    frame = (x - GAP / 2, y - GAP / 2, x + grid.cell + GAP / 2, y + grid.cell + GAP / 2)
    draw.rounded_rectangle(frame, CORNER, outline=INK, width=STROKE // 2)
    for number, (outcome, name) in enumerate(calendar.legend.items()):
        x, y = MARGIN + number % 2 * (WIDTH // 2 - MARGIN), foot + number // 2 * LINE
        _mark(draw, outcome, x, y, TEXT)
        draw.text((x + TEXT + 2 * GAP, y + TEXT / 2), name, INK, _font(TEXT), anchor="lm")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _grid(calendar: Calendar) -> _Grid:
    """As large as the names of the weekdays leave room for."""
    left = MARGIN + round(max(_font(TEXT).getlength(name) for name in calendar.weekdays)) + 3 * GAP
    weeks = (len(calendar.days) + WEEK - 1) // WEEK
    return _Grid(left, MARGIN + TITLE + 3 * GAP + LINE, (WIDTH - MARGIN - left) // weeks - GAP)


def _months(draw: ImageDraw.ImageDraw, calendar: Calendar, grid: _Grid) -> None:
    """A month's name above the first week that begins in it, where there is room for it."""
    mondays = calendar.days[::WEEK]
    changes = [week for week, (one, two) in enumerate(pairwise(mondays), 1) if one.month != two.month]
    free_until = WIDTH
    for week in reversed([0, *changes]):  # the latest first: the oldest is the one that can be spared
        x, name = grid.place(week * WEEK)[0], calendar.months[mondays[week].month - 1]
        if x + draw.textlength(name, _font(TEXT)) + GAP <= free_until:
            draw.text((x, grid.top - 2 * GAP), name, INK, _font(TEXT), anchor="ls")
            free_until = x


def _mark(draw: ImageDraw.ImageDraw, outcome: str, x: float, y: float, size: float) -> None:
    """A full square with a tick, a bar, a ring, or a dot."""
    ink, middle = INKS[outcome], (x + size / 2, y + size / 2)
    if outcome == DONE:
        draw.rounded_rectangle((x, y, x + size, y + size), CORNER, fill=ink)
        tick = [(x + size * across, y + size * down) for across, down in ((0.25, 0.52), (0.43, 0.7), (0.76, 0.32))]
        draw.line(tick, GROUND, STROKE, joint="curve")
    elif outcome == SKIPPED:
        box = (x + size * 0.15, middle[1] - STROKE, x + size * 0.85, middle[1] + STROKE)
        draw.rounded_rectangle(box, STROKE, fill=ink)
    elif outcome == OPEN:
        draw.circle(middle, size * 0.36, outline=ink, width=STROKE)
    else:
        draw.circle(middle, STROKE, fill=ink)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """The one that comes with the library, so that it looks the same on every machine."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType; install its wheel, which has it.")
    return font
