"""The look back as a picture: what can be seen of it, what it says to those who cannot, and how it arrives."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from conversation import START, Client
from discord_client import Door, Person
from discord_client import serving as on_discord
from discord_server import running as discord_server
from PIL import Image, ImageChops
from telegram_people import Phone
from telegram_people import serving as on_telegram
from telegram_server import TelegramServer

from bot.dialogue.dialogue import Dialogue
from bot.dialogue.progress import KEPT, WEEKS, outcomes, pictured
from bot.dialogue.respond import said_again
from bot.dialogue.screens import render
from bot.dialogue.state import Daily, State
from bot.dialogue.view import Fresh
from bot.messages import Command, File, Incoming, Place, Reply
from bot.pictures import DONE, GROUND, INK, INKS, NONE, OPEN, SKIPPED, WIDTH, Calendar, draw_calendar
from bot.platforms.telegram_replies import parts
from content import Library

MONDAY = date(2026, 1, 5)
READABLE = 4.5
CALENDAR = Calendar(
    title="Title",
    first=MONDAY,
    today=MONDAY + timedelta(days=7 * WEEKS - 3),
    outcomes={MONDAY: DONE, MONDAY + timedelta(weeks=1): SKIPPED, MONDAY + timedelta(weeks=2): OPEN},
    weekdays=("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"),
    months=tuple("JFMAMJJASOND"),
    legend={DONE: "done", SKIPPED: "skipped", OPEN: "open", NONE: "none"},
)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def luminance(colour: str) -> float:
    """As the guidelines for accessible content define it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def with_days(outcomes: dict[date, str], today: date) -> State:
    daily = Daily(days={day.isoformat(): outcome for day, outcome in outcomes.items()})
    return State(daily=daily).go("progress", today.isoformat())


def test_long_notes_are_looked_back_on(library: Library) -> None:
    """The latest notes are told of in as many messages as they need."""
    kept = tuple((number, "word " * 270) for number in range(4))
    state = with_days({date(2026, 3, 1): "done"}, date(2026, 3, 2))
    replies = render(library, state, "console", Fresh(kept=kept))
    assert "\n".join(reply.text for reply in replies).count("- word") == KEPT


# What is seen


@pytest.mark.parametrize("ink", [INK, *INKS.values()])
def test_everything_stands_out(ink: str) -> None:
    """Each colour has a contrast of 4.5 : 1 or more to the picture's own ground, so that no screen's theme matters."""
    assert contrast(ink, GROUND) >= READABLE


def test_no_other_colours() -> None:
    """What is drawn has those colours, apart from the edges where they meet."""
    counts = opened(draw_calendar(CALENDAR)).getcolors(1 << 20)
    assert counts
    common = {colour for count, colour in counts if count > 100}
    named = {tuple(int(ink[at : at + 2], 16) for at in (1, 3, 5)) for ink in (GROUND, INK, *INKS.values())}
    assert named <= common
    edges = sum(count for count, colour in counts if colour not in named)
    assert edges < 0.04 * sum(count for count, _ in counts)


def test_outcomes_differ_without_colour() -> None:
    """In black and white any two marks differ by half of the larger one or more."""
    days = CALENDAR.days
    shapes = [black_and_white(replace(CALENDAR, legend={}, outcomes=dict.fromkeys(days, mark))) for mark in INKS]
    empty = Image.new("L", shapes[0].size)
    frame = min(differing(shape, empty) for shape in shapes)  # the rest of the picture, and the smallest of the marks
    for one, other in combinations(shapes, 2):
        largest = max(differing(shape, empty) for shape in (one, other)) - frame
        assert differing(one, other) >= largest / 2


def black_and_white(calendar: Calendar) -> Image.Image:
    image = opened(draw_calendar(calendar))
    marked = ImageChops.difference(image, Image.new("RGB", image.size, GROUND))
    return marked.convert("L").point([0] * 60 + [255] * 196)


def differing(one: Image.Image, other: Image.Image) -> int:
    """Pixels."""
    return sum(ImageChops.difference(one, other).histogram()[1:])


@pytest.mark.parametrize("weekday", range(7))
def test_nothing_is_cut_off(weekday: int) -> None:
    """Whatever the day and however long the names of weekdays, a margin stays free all around."""
    image = opened(
        draw_calendar(
            replace(
                CALENDAR,
                today=CALENDAR.first + timedelta(days=7 * WEEKS - 7 + weekday),
                weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
                months=("September",) * 12,
            )
        )
    )
    box = ImageChops.difference(image, Image.new("RGB", image.size, GROUND)).getbbox()
    assert box
    left, top, right, bottom = box
    assert image.width == WIDTH
    assert min(left, top, image.width - right, image.height - bottom) >= 20


def test_words_are_handed_in() -> None:
    """Each word on the picture comes from content: changing any of them changes what is drawn."""
    drawn = draw_calendar(CALENDAR)
    assert drawn == draw_calendar(CALENDAR)
    assert drawn != draw_calendar(replace(CALENDAR, title="Another"))
    assert drawn != draw_calendar(replace(CALENDAR, weekdays=(*CALENDAR.weekdays[:6], "X")))
    assert drawn != draw_calendar(replace(CALENDAR, months=("X", *CALENDAR.months[1:])))
    assert drawn != draw_calendar(replace(CALENDAR, legend={**CALENDAR.legend, NONE: "X"}))


# What is told


def test_twelve_weeks_to_the_day() -> None:
    """The first day is the Monday eleven weeks before this week's; older days and days to come are left out."""
    today = MONDAY + timedelta(weeks=WEEKS - 1, days=2)
    days = (MONDAY - timedelta(days=1), MONDAY, today, today + timedelta(days=1))
    state = with_days(dict.fromkeys(days, "done"), today)
    assert list(outcomes(state, today)) == [MONDAY, today]


def test_words_say_what_the_picture_shows(library: Library) -> None:
    """The reply and the picture's description count the same days, for those who cannot see it."""
    today = MONDAY + timedelta(weeks=WEEKS - 1, days=2)
    days = {today - timedelta(days=n): "done" for n in range(5)}
    days |= {today - timedelta(days=n): "skipped" for n in range(5, 12)}
    days |= {today - timedelta(days=n): "sent" for n in range(12, 20)}
    days |= {today - timedelta(days=n): "shown" for n in range(20, 25)}
    state = with_days(days, today)
    incoming = Incoming("m1", "test:1", datetime.combine(today, START.time(), UTC))
    (said,) = pictured(library, state, said_again(library, state, incoming))
    assert said.file
    assert "5 done, 7 skipped, 13 left open" in said.text
    assert "this week: 3; the week before: 2" in said.text
    assert "run is 5" in said.text
    assert "done: 5; skipped: 7; left open: 13" in said.file.description
    assert f"from {MONDAY} to {today}" in said.file.description


def test_nothing_done_is_not_drawn(library: Library) -> None:
    """Nobody is shown a picture of what they left undone."""
    state = with_days({MONDAY: "sent", MONDAY + timedelta(days=1): "skipped"}, MONDAY + timedelta(days=3))
    replies = said_again(library, state, Incoming("m1", "test:1", START))
    assert pictured(library, state, replies) == replies
    assert replies[0].text in library.phrases["progress-none"].says


# How it comes


async def test_the_clock_of_the_turn(dialogue: Dialogue) -> None:
    """The picture ends with the local day of the message, and a message that is repeated gets the same bytes."""
    client = Client(dialogue.handle)
    await client.command(Command("daily", "22:00 every day Pacific/Apia"))
    await client.command(Command("daily", "now"))
    await client.press("Did it")
    pictures = []
    for _ in range(2):
        await dialogue.handle(Incoming("same", client.person, client.at, command=Command("progress")), client.screen)
        pictures.append(client.screen.replies[-1].file)
    assert pictures[0]
    assert pictures[0] == pictures[1]
    assert "to 2026-03-03" in pictures[0].description  # in London the second
    assert opened(pictures[0].data).width == WIDTH


async def test_what_was_kept_comes_first(dialogue: Dialogue) -> None:
    """The look-back opens with their own words; the counts and the picture follow in a message of their own."""
    client = Client(dialogue.handle)
    await client.command(Command("daily", "now"))
    await client.say("I thanked him for the shopping")
    await client.press("Keep this")
    await client.command(Command("progress"))
    first, second = client.screen.replies
    assert "I thanked him for the shopping" in first.text
    assert first.file is None
    assert second.file


async def test_in_a_group_nothing_is_shown(dialogue: Dialogue) -> None:
    """Where others read along, neither the counts nor the picture appear."""
    client = Client(dialogue.handle)
    await client.command(Command("daily", "now"))
    await client.press("Did it")
    client.place = Place.GROUP
    await client.command(Command("progress"))
    assert not [reply for reply in client.screen.replies if reply.file or "12" in reply.text]


def test_it_fits_below_the_picture(library: Library) -> None:
    """On Telegram counts and picture are one message, whichever variant is said."""
    file = File("rekindle.png", "image/png", b"x", "-")
    for first, second in zip(library.phrases["progress"].says, library.phrases["progress-weeks"].says, strict=True):
        (only,) = parts(Reply(f"{first} {second}", file=file), "Me")
        assert only.is_photo


async def test_on_telegram(dialogue: Dialogue) -> None:
    """It arrives as a photo with the counts below it."""
    async with TelegramServer() as server, on_telegram(server, dialogue.handle):
        phone = Phone(dialogue.handle, server=server, library=dialogue.library)
        await phone.command(Command("daily", "now"))
        await phone.press("Did it")
        await phone.command(Command("progress"))
        (*_, sent) = server.sent(phone.where)
        assert (sent.method, sent.form["photo"]) == ("sendPhoto", "rekindle.png")
        assert "1 done" in sent.words
        assert server.complaints == []


async def test_on_discord(dialogue: Dialogue) -> None:
    """It arrives as a picture with a description for those who cannot see it, and the counts above it."""
    door = Door(dialogue.handle)
    async with discord_server() as server, on_discord(server, dialogue.library, door.handle):
        person = Person(server=server, door=door)
        await person.command(Command("daily", "now"))
        await person.press("Did it")
        await person.command(Command("progress"))
        (file,) = person.shown[-1].body["attachments"]
        assert file["filename"] == "rekindle.png"
        assert "Days done: 1" in file["description"]
        assert "1 done" in person.screen.text
        assert [*server.complaints, *door.errors] == []
