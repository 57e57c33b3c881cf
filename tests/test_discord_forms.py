"""A button that asks: the field that opens, what comes back from it, and that nothing of it is remembered."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from discord_client import Door, Person, find, payloads, plain, pressing, serving
from discord_server import Fault, Interaction, Message, Server, running

from bot.dialogue.dialogue import Dialogue
from bot.messages import TEXT_UNITS, Choice, Command, Incoming, Outlet, Place, Reply
from content import Library

USER, OTHER = 700000000000000000, 700000000000000100
QUESTION = "What would you like her to *hear*?"
SAID = "Put it here instead of there."
ASKING = Choice("Write it here", "do:hold:message", asks=QUESTION)
MODAL = 9


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Every request was right by Discord's own document."""
    async with running() as server:
        yield server
    assert server.complaints == []


async def echo(incoming: Incoming, outlet: Outlet) -> None:
    """Asks, until it is answered."""
    if incoming.press:
        await outlet.send(Reply(f"{incoming.press} - {incoming.text}"))
    else:
        await outlet.send(Reply(SAID, choices=(ASKING, Choice("Not now", "stop"))))


async def ask(server: Server, door: Door, **where: Any) -> Message:
    """The message with the button that asks."""
    called = await server.call(USER, "help", **where)
    await door.answered(f"i{called.id}")
    return server.messages[called.original]


async def open_form(server: Server, message: Message, user: int = USER, **where: Any) -> Interaction:
    message, item = find([message], ASKING.payload)
    pressed = await server.press(user, message, *pressing(item, ASKING.payload), **where)
    await server.until(lambda: pressed.acknowledged or server.messages[message.id] is not message)
    return pressed


def shown(form: dict[str, Any]) -> tuple[str, str, str]:
    """A form's title, its question and what stands above its field."""
    question, label = form["components"]
    return form["title"], plain(question["content"]), label["label"]


async def test_answer_arrives_with_the_press(server: Server, library: Library) -> None:
    """The press opens a field at once and is no turn of its own; sent in, press and text come together."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        pressed = await open_form(server, await ask(server, door))
        assert pressed.acknowledged == MODAL
        assert shown(pressed.form) == (ASKING.label, QUESTION, library.phrases["answer-hint"].says[0])
        turns = len(door.done)
        sent = await server.send_in(USER, pressed.form, "I heard you.\nI'm here.", server.seen_by(USER)[0])
        await door.answered(f"i{sent.id}")
    assert len(door.done) == turns + 1
    incoming = door.done[f"i{sent.id}"]
    assert (incoming.press, incoming.text, incoming.place) == (ASKING.payload, "I heard you.\nI'm here.", Place.PRIVATE)
    assert incoming.typed == incoming.text
    assert plain(server.messages[sent.original].body["content"]) == "do:hold:message - I heard you.\nI'm here."


@pytest.mark.parametrize("where", [{"context": 0}, {"context": 2}], ids=["server", "between two people"])
async def test_others_see_nothing(server: Server, library: Library, where: dict[str, Any]) -> None:
    """Where others look on, the answer to what was typed in a field is for its owner alone."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        message = await ask(server, door, **where)
        pressed = await open_form(server, message, **where)
        sent = await server.send_in(USER, pressed.form, "I heard you", message, **where)
        await door.answered(f"i{sent.id}")
    assert door.done[f"i{sent.id}"].place is Place.SERVER
    assert all(message.viewer == USER for message in server.messages.values())


async def test_restart_before_the_press(server: Server, library: Library) -> None:
    """A button from before a restart opens its field, which then quotes what the bot said above it."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        message = await ask(server, door, context=0)
    async with serving(server, library, door.handle):
        pressed = await open_form(server, message, context=0)
        assert shown(pressed.form)[:2] == (ASKING.label, SAID)
        sent = await server.send_in(USER, pressed.form, "I heard you", message, context=0)
        await door.answered(f"i{sent.id}")
    assert (door.done[f"i{sent.id}"].press, door.done[f"i{sent.id}"].text) == (ASKING.payload, "I heard you")
    assert server.messages[sent.original].viewer == USER


async def test_restart_while_typing(server: Server, library: Library) -> None:
    """What is typed in a field for so long that the process was restarted meanwhile arrives nevertheless."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        message = await ask(server, door)
        pressed = await open_form(server, message)
    async with serving(server, library, door.handle):
        sent = await server.send_in(USER, pressed.form, "I heard you", message)
        await door.answered(f"i{sent.id}")
    assert (door.done[f"i{sent.id}"].press, door.done[f"i{sent.id}"].text) == (ASKING.payload, "I heard you")


async def test_next_question(server: Server, library: Library) -> None:
    """Only the questions on somebody's screen are in memory; an older button quotes what stood above it."""
    door = Door(echo)
    async with serving(server, library, door.handle) as platform:
        message = await ask(server, door)
        assert list(platform._session.post.questions) == [USER]
        sent = await server.press(USER, message, *pressing(find([message], "stop")[1], "stop"))
        await door.answered(f"i{sent.id}")
        assert not platform._session.post.questions
        assert shown((await open_form(server, message)).form)[1] == SAID


async def test_dismissed_field(server: Server, library: Library) -> None:
    """A field that is never sent in leaves nothing behind."""
    door = Door(echo)
    async with serving(server, library, door.handle) as platform:
        await open_form(server, await ask(server, door))
        await ask(server, door)  # by then what the field left behind would be there
        assert not platform._session._connection._view_store._modals


async def test_nobody_else_is_asked(server: Server, library: Library) -> None:
    """Another member who presses a button that asks is told that it is not theirs."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        message = await ask(server, door, context=0)
        pressed = await open_form(server, message, OTHER, context=0)
        await server.until(lambda: pressed.original)
    assert not pressed.form
    assert server.messages[pressed.original].viewer == OTHER


async def test_too_late_for_a_field(server: Server, library: Library) -> None:
    """A press that Discord no longer waits for counts as a press, and is answered in private messages."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        message = await ask(server, door, context=0)
        item = find([message], ASKING.payload)[1]
        pressed = await server.press(USER, message, *pressing(item, ASKING.payload), context=0, expired=True)
        await door.answered(f"i{pressed.id}")
    assert (door.done[f"i{pressed.id}"].press, door.done[f"i{pressed.id}"].text) == (ASKING.payload, "")
    assert server.seen_by(USER)[-1].viewer is None


@pytest.mark.parametrize("after", [False, True], ids=["not carried out", "carried out"])
async def test_broken_connection(server: Server, library: Library, *, after: bool) -> None:
    """A field whose opening meets a broken connection is open once, and the press is still no turn."""
    door = Door(echo)
    async with serving(server, library, door.handle):
        message = await ask(server, door)
        server.faults.append(Fault("POST", r"/interactions/.*", 0, after=after))
        pressed = await open_form(server, message)
        sent = await server.send_in(USER, pressed.form, "I heard you", message)
        await door.answered(f"i{sent.id}")
    assert pressed.acknowledged == MODAL
    assert f"i{pressed.id}" not in door.done


@pytest.mark.parametrize("letter", ["x", "*", "\U0001f494", "\ud800"])
@pytest.mark.parametrize("others", [0, 8], ids=["button", "menu"])
async def test_longest_question(server: Server, library: Library, letter: str, others: int) -> None:
    """The longest label, payload and question there can be fit a button or a menu, and the field that opens."""
    payload = f"verb:{'y' * 18}:{'z' * 18}:{'w' * 18}"
    question = letter * (TEXT_UNITS // len(letter.encode("utf-16-le", "surrogatepass")) * 2)
    choices = (Choice("y" * 80, payload, question), *(Choice("no", f"no:{number}") for number in range(others)))

    async def handle(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply(SAID, choices=choices))

    door = Door(handle)
    async with serving(server, library, door.handle):
        message = await ask(server, door)
        assert [one for item in message.items for one in payloads(item)] == [choice.payload for choice in choices]
        item = find([message], payload)[1]
        pressed = await server.press(USER, message, *pressing(item, payload))
        await server.until(lambda: pressed.form)
        assert shown(pressed.form)[0] == "y" * 44 + "…"
        assert len(pressed.form["components"][0]["content"]) <= 4000
        sent = await server.send_in(USER, pressed.form, "words", message)
        await door.answered(f"i{sent.id}")
    assert door.done[f"i{sent.id}"].press == payload


@pytest.mark.parametrize("question", ["", "  ", "x" * (TEXT_UNITS + 1)])
def test_impossible_questions(question: str) -> None:
    """A choice whose question is empty or too long cannot be made."""
    with pytest.raises(ValueError, match="question"):
        Choice("Write", "do:it", question)


async def test_danger_is_heard(server: Server, library: Library, dialogue: Dialogue) -> None:
    """What is typed in a field is heard before the press is done; harmless words let it be done."""

    async def handle(incoming: Incoming, outlet: Outlet) -> None:
        if incoming.press:
            await dialogue.handle(incoming, outlet)
        else:
            await outlet.send(Reply(SAID, choices=(Choice("Write", "menu", QUESTION),)))

    door = Door(handle)
    async with serving(server, library, door.handle):
        person = Person(server=server, door=door, user=USER)
        for text, menu in (("I'll make tea tonight", True), ("i am going to kill myself tonight", False)):
            await person.say("hello")
            await person.press("Write")
            assert person.screen.text == f"Write\n{QUESTION}"
            await person.say(text)
            assert any(label in person.screen.text for label in library.phrases["menu"].says) == menu, text
    assert any("988" in reply.text or "findahelpline" in reply.text for reply in person.screen.replies)


async def test_exercise(server: Server, library: Library, dialogue: Dialogue) -> None:
    """In a server, where nothing can be typed, the questions of an exercise are answered in fields."""
    door = Door(dialogue.handle)
    write = library.phrases["do-write"].buttons["write"]
    async with serving(server, library, door.handle):
        person = Person(server=server, door=door, user=USER, place=Place.SERVER)
        await person.command(Command("talk", "i want to thank my wife properly, she does so much and i never say it"))
        await person.press("A thank-you that lands")
        await person.press(library.phrases["do-contact"].buttons["no"])
        for asked, said in (
            ("What's one thing your wife did", "you sat with my mum"),
            ("What did it take?", "a night"),
        ):
            assert asked in person.screen.text
            await person.press(write)
            assert asked in person.screen.text
            await person.say(said)
    assert all(message.viewer == USER for message in server.messages.values())


async def test_nothing_leaks(server: Server, library: Library, caplog: pytest.LogCaptureFixture) -> None:
    """What was typed in a field is in no log, not even when the turn fails."""
    caplog.set_level(logging.DEBUG)

    async def fail(incoming: Incoming, outlet: Outlet) -> None:
        await echo(incoming, outlet)
        if incoming.text:
            raise RuntimeError(incoming.text)

    door = Door(fail)
    async with serving(server, library, door.handle):
        message = await ask(server, door)
        sent = await server.send_in(USER, (await open_form(server, message)).form, "my husband Zebedee", message)
        await door.answered(f"i{sent.id}")
    assert "RuntimeError at test_discord_forms.py" in caplog.text
    assert "Zebedee" not in caplog.text
