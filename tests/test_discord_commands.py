"""Options of slash commands, what is offered while they are filled in, and what is confirmed privately."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from discord_client import Door, Person, plain, serving
from discord_server import Fault, Message, Server, running

from bot.dialogue.dialogue import Dialogue
from bot.messages import Command, Place
from bot.platforms.discord import Discord
from bot.platforms.discord_completions import LONGEST, MOST, SPANS, Topics, days_near, times_near, zones_near
from content import Library
from intents.reader import Reader
from intents.times import read_time
from intents.zones import table

USER = 700000000000000000
MESSAGES = Path(__file__).parents[1] / "intents" / "evaluation" / "topics.jsonl"
SET = {"time": "08:30", "days": "weekdays", "zone": "Europe/Paris"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Every request was right by Discord's own document."""
    async with running() as server:
        yield server
    assert server.complaints == []


@pytest.fixture
def door(dialogue: Dialogue) -> Door:
    return Door(dialogue.handle)


@pytest.fixture
async def bot(server: Server, library: Library, door: Door) -> AsyncIterator[Discord]:
    async with serving(server, library, door.handle) as platform:
        yield platform


async def daily(server: Server, door: Door, said: dict[str, str], context: int = 0) -> Message:
    """The answer to `/daily` with these options, in a server unless it says otherwise."""
    called = await server.fill_in(USER, "daily", said, context=context)
    await door.answered(f"i{called.id}")
    return server.messages[called.original]


def private(server: Server) -> list[Message]:
    """What stands in the person's private messages."""
    return [message for message in server.seen_by(USER) if message.viewer is None]


def notes(library: Library, message: Message) -> list[str]:
    """Which of the sentences about private messages it says."""
    phrases = ("confirmed-privately", "cannot-confirm")
    return [name for name in phrases if library.phrases[name].says[0] in plain(message.body["content"])]


# Options


@pytest.mark.usefixtures("bot")
async def test_options_are_declared(server: Server, library: Library) -> None:
    """An option of content is one on Discord, optional, with its description; the free words come last."""
    declared = next(command for command in library.commands if command.name == "daily")
    sent = next(command for command in server.commands if command["name"] == "daily")
    assert [option["name"] for option in sent["options"]] == [*(one.name for one in declared.options), "words"]
    assert [option["description"] for option in sent["options"]][:-1] == [one.description for one in declared.options]
    assert [bool(option.get("autocomplete")) for option in sent["options"]] == [True, True, True, False]
    assert not any(option.get("required") for option in sent["options"])


async def test_changed_options_are_sent(server: Server, library: Library, door: Door) -> None:
    """An option whose description differs, or that is missing, is mended; else nothing is sent."""
    async with serving(server, library, door.handle):
        options = next(command["options"] for command in server.commands if command["name"] == "daily")
    options[0]["description"] = "Something else"
    for _ in range(2):
        async with serving(server, library, door.handle):
            options = next(command["options"] for command in server.commands if command["name"] == "daily")
    del options[1]
    async with serving(server, library, door.handle):
        pass
    assert len(server.sent("PUT", ".*")) == 3


@pytest.mark.usefixtures("bot")
async def test_options_are_joined(server: Server, door: Door) -> None:
    """What stands in the options reaches the dialogue as the words after the command, in the order of content."""
    called = await server.fill_in(USER, "daily", {"words": "please", **dict(reversed(SET.items()))})
    await door.answered(f"i{called.id}")
    assert door.done[f"i{called.id}"].command == Command("daily", "08:30 weekdays Europe/Paris please")


@pytest.mark.usefixtures("bot")
async def test_options_set_the_prompts(server: Server, door: Door, library: Library) -> None:
    """Time, days and zone in their options are all that it takes."""
    answer = plain((await daily(server, door, SET, context=1)).body["content"])
    assert "08:30" in answer
    assert library.phrases["daily-weekdays"].says[0] in answer
    assert "Paris" in answer


# Offers


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("option", "typed", "first"),
    [("time", "8pm", "20:00"), ("days", "week", "weekdays"), ("zone", "new y", "America/New_York")],
)
async def test_offers(server: Server, option: str, typed: str, first: str) -> None:
    """Each option of `/daily` offers what the dialogue can read."""
    asked = await server.complete(USER, "daily", typed, option, context=0)
    await server.until(lambda: asked.acknowledged)
    assert asked.offered[0]["value"] == first


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["08:00", "12:30", "19:00", "21:30"]),
        ("8", ["08:00", "20:00"]),
        ("half past seven", ["07:30", "19:30"]),
        ("noon", ["12:00"]),
        ("21:", ["21:30", "21:00"]),
        ("nonsense", []),
    ],
)
def test_times(library: Library, typed: str, offered: list[str]) -> None:
    """A time as people say it is offered as it stands on the clock, in both readings where there are two."""
    assert times_near(library.phrases["daily-time"].buttons.values(), typed) == offered


USUAL = {"every day": "every day", "Monday to Friday": "weekdays", "Monday": "Monday", "Thursday": "Thursday"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", list(USUAL.values())),
        ("fri", ["weekdays", "fri"]),
        ("mon", ["weekdays", "Monday", "mon"]),
        ("weekd", ["weekdays"]),
        ("Monday", ["weekdays", "Monday"]),
        ("mon wed fri", ["mon wed fri"]),
        ("nonsense", []),
        ("mon " * LONGEST, []),
    ],
)
def test_days(typed: str, offered: list[str]) -> None:
    """Days are offered by any of their words, and as they were typed where that can be read."""
    assert [value for _, value in days_near(USUAL, typed)] == offered


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("paris", "Europe/Paris"),
        ("par", "Europe/Paris"),
        ("new y", "America/New_York"),
        ("leeds", "Europe/London"),
        ("york", "Europe/London"),
        ("europe/par", "Europe/Paris"),
        ("america/new_york", "America/New_York"),
        ("india", "Asia/Kolkata"),
        ("utc+5:30", "Asia/Kolkata"),
    ],
)
def test_zones(typed: str, zone: str) -> None:
    """A city, a country, an offset or the beginning of one leads to the zone."""
    assert zone in zones_near(typed)[:5]


@pytest.mark.parametrize("typed", ["", "a", "nowhere at all", "\ud800", "x" * 6000])
def test_as_many_as_discord_takes(library: Library, reader: Reader, typed: str) -> None:
    """Whatever is typed, there are at most 25 offers, none of them empty or twice."""
    topics = Topics(library, reader).near(typed)
    days = [value for _, value in days_near(USUAL, typed)]
    for offered in (topics, zones_near(typed), days, times_near(["08:00"], typed)):
        assert len(offered) <= MOST
        assert len(set(offered)) == len(offered)
        assert all(0 < len(one) <= LONGEST for one in offered)


def test_whatever_is_offered_is_read(library: Library) -> None:
    """Every time, every usual choice of days and every zone that can be offered is understood in one line."""
    phrases = library.phrases
    for time in phrases["daily-time"].buttons.values():
        for day in (*SPANS.values(), *phrases["weekdays"].says):
            wish = read_time(f"{time} {day} Europe/Paris")
            assert (f"{wish.times[0]:%H:%M}", wish.zone, wish.snag) == (time, "Europe/Paris", None)
            assert wish.days == read_time(day).days
            assert wish.days
    assert all(read_time(phrases[name].says[0]).days == read_time(typed).days for name, typed in SPANS.items())
    zones = {*table().offers, *(zone for zones in table().names.values() for zone in zones)}
    assert [zone for zone in sorted(zones) if read_time(f"08:30 weekdays {zone}").zone != zone] == []


def test_words_about_a_need_find_its_topic(library: Library, reader: Reader) -> None:
    """Among the first five offers for what people write is a fitting topic, nine times of ten; titles come first."""
    rows = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["primary"] in library.topics][::3]
    topics = Topics(library, reader)
    found = sum(bool({row["primary"], *row["accept"]} & set(topics.near(row["text"])[:5])) for row in rows)
    assert found / len(rows) >= 0.9
    assert [topics.near(topic.title.lower())[0] for topic in library.topics.values()] == list(library.topics)


@pytest.mark.parametrize(
    ("typed", "topic"), [("cheating", "infidelity"), ("jealous", "trust-and-honesty"), ("forg", "forgiveness")]
)
def test_one_word_finds_a_topic(library: Library, reader: Reader, typed: str, topic: str) -> None:
    """A word that no title has leads to the topic that is about it, and the beginning of a title to its topic."""
    assert Topics(library, reader).near(typed)[0] == topic


@pytest.mark.parametrize("typed", ["suicide", "i want to die", "he hits me and i am afraid of him"])
def test_danger_is_not_completed(library: Library, reader: Reader, typed: str) -> None:
    """Where danger is heard no topic is offered, so that what is sent is what was written."""
    assert Topics(library, reader).near(typed) == []


async def test_nothing_typed_is_logged(
    server: Server, library: Library, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """What is typed into an option is in no log, not even when its offers come too late or cannot be sent."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("discord").setLevel(logging.NOTSET)  # as it is before the platform runs
    async with serving(server, library, door.handle):
        server.faults += [Fault("POST", r"/interactions/.*", 404, code=10062), Fault("POST", r"/interactions/.*", 0)]
        for _ in range(3):
            asked = await server.complete(USER, "tip", "my husband Zebedee ignores me")
            await server.until(lambda asked=asked: server.sent("POST", rf"/interactions/{asked.id}/.*"))  # type: ignore[misc]
    assert asked.offered
    assert "Zebedee" not in caplog.text
    assert str(USER) not in caplog.text


# Confirming in private messages


@pytest.mark.usefixtures("bot")
async def test_confirmed_privately(server: Server, door: Door, library: Library) -> None:
    """What a command in a server set up, changed or turned off is told in private messages, too, and that is said."""
    for times, said in enumerate((SET, {"time": "21:00"}, {"words": "off"}), 1):
        answer = await daily(server, door, said)
        assert answer.viewer == USER
        assert notes(library, answer) == ["confirmed-privately"]
        assert len(private(server)) == times
        assert plain(answer.body["content"]).startswith(plain(private(server)[-1].body["content"]))
        assert [item["custom_id"] for item in private(server)[-1].items] == [item["custom_id"] for item in answer.items]


@pytest.mark.usefixtures("bot")
async def test_questions_are_not_confirmed(server: Server, door: Door, library: Library) -> None:
    """Neither a question of the set-up nor looking at what is set goes into private messages; the end of it does."""
    answer = await daily(server, door, {"time": "08:30"})
    assert not notes(library, answer)
    assert not private(server)
    answer = await daily(server, door, {"zone": "Paris"})
    assert notes(library, answer)
    assert not notes(library, await daily(server, door, {}))
    assert len(private(server)) == 1


@pytest.mark.usefixtures("bot")
async def test_set_up_by_buttons(server: Server, door: Door, library: Library) -> None:
    """Where the last answer is a button in a server, its confirmation is private as well."""
    await daily(server, door, {"time": "08:30"})
    asked = await daily(server, door, {"zone": "usa"})
    item = asked.items[0]
    value = item["options"][0]["value"] if item["type"] == 3 else ""
    pressed = await server.press(USER, asked, item["custom_id"], value, context=0)
    await door.answered(f"i{pressed.id}")
    assert notes(library, server.messages[pressed.original]) == ["confirmed-privately"]
    assert len(private(server)) == 1


@pytest.mark.usefixtures("bot")
async def test_private_messages_closed(server: Server, door: Door, library: Library) -> None:
    """Who cannot be written to learns it in the answer, which stands nevertheless."""
    server.dm_closed.add(USER)
    answer = await daily(server, door, SET)
    assert notes(library, answer) == ["cannot-confirm"]
    assert "08:30" in answer.body["content"]
    assert answer.items
    assert not door.errors


@pytest.mark.usefixtures("bot")
async def test_broken_while_confirming(server: Server, door: Door, library: Library) -> None:
    """A private message that fails in passing is sent again, and shown once."""
    server.faults.append(Fault("POST", r"/channels/\d+/messages", 503, after=True))
    assert notes(library, await daily(server, door, SET)) == ["confirmed-privately"]
    assert len(private(server)) == 1


@pytest.mark.usefixtures("bot")
async def test_in_private_once(server: Server, door: Door, library: Library) -> None:
    """In private messages the answer itself is the confirmation."""
    assert not notes(library, await daily(server, door, SET, context=1))
    assert len(private(server)) == 1


@pytest.mark.usefixtures("bot")
async def test_both_are_hidden(server: Server, door: Door, library: Library) -> None:
    """Taking back what was said takes the private copy back as well."""
    person = Person(server=server, door=door, user=USER, place=Place.SERVER)
    await daily(server, door, SET)
    await person.command(Command("hide"))
    await person.press(library.phrases["hide-ask"].buttons["all"])
    assert [message.id for message in server.seen_by(USER)] == [person.shown[-1].id]
