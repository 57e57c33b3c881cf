"""The real platform and the unmodified library against a gateway and REST server of our own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from conversation import play
from discord_client import FAST, Door, Person, find, on_discord, payloads, plain, serving, until_ready
from discord_server import APP, CHANNEL, EPHEMERAL, Fault, Request, Server, contract_is_known, dm_of, running

from bot.dialogue.dialogue import Dialogue
from bot.messages import MOST_CHOICES, TEXT_UNITS, Choice, File, Incoming, Outlet, Reply, Unreachable
from bot.platforms.discord import Discord, Timing
from content import Library
from intents.reader import Reader
from storage import Store

USER, OTHER = 700000000000000000, 700000000000000100
FILES = sorted(
    path
    for path in (Path(__file__).parent / "conversations").glob("**/*.txt")
    if "place: group" not in path.read_text(encoding="utf-8")  # Discord's groups take no bots
    and "\ndue:" not in path.read_text(encoding="utf-8")  # what falls due is played where the clock is ours
)
MESSAGES = r"/channels/\d+/messages"
ORIGINAL = r"/webhooks/\d+/[^/]+/messages/@original"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Every request was right by Discord's own document."""
    async with running() as server:
        yield server
    assert server.complaints == []


@pytest.fixture
def door(dialogue: Dialogue) -> Iterator[Door]:
    door = Door(dialogue.handle)
    yield door
    assert door.errors == []


@pytest.fixture
async def bot(server: Server, library: Library, door: Door) -> AsyncIterator[Discord]:
    async with serving(server, library, door.handle) as platform:
        yield platform


@pytest.fixture
def person(server: Server, door: Door, bot: Discord) -> Person:
    return Person(server=server, door=door, user=USER)


def is_private(request: Request) -> bool:
    return request.path == f"/channels/{dm_of(USER)}/messages"


def titles(library: Library) -> list[str]:
    return [topic.title for topic in library.topics.values()]


# Conversations


@pytest.mark.skipif(not contract_is_known(), reason="the folder with Discord's own document is not at hand")
def test_requests_are_checked() -> None:
    """Where Discord's document is at hand, every request of these tests is checked against it."""
    assert contract_is_known()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    library: Library, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Server, Door]]:
    """One bot that all files talk to, each as a person of its own."""

    def fail(error: Exception) -> None:
        raise error

    async with running() as server, Store(tmp_path_factory.mktemp("world") / "rekindle.sqlite") as store:
        door = Door(Dialogue(library, reader, store, fail).handle)
        async with serving(server, library, door.handle):
            yield server, door


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_conversation(path: Path, world: tuple[Server, Door], library: Library) -> None:
    """Each conversation file goes in private messages as it does in the terminal."""
    server, door = world
    person = Person(server=server, door=door, user=USER + 1000 * FILES.index(path))
    await play(path, person, on_discord(library))
    assert not [*server.complaints, *door.errors]


async def test_files(person: Person) -> None:
    """An export comes as an attachment with a description."""
    await person.say("he never listens to me")
    called = await person.server.call(USER, "export")
    await person.door.answered(f"i{called.id}")
    (file,) = person.server.messages[called.original].body["attachments"]
    assert (file["filename"], bool(file["description"])) == ("rekindle.json", True)


async def test_pictures(person: Person, library: Library) -> None:
    """A picture, or anything else without words, is answered with what the bot can read."""
    picture = {
        "id": "1",
        "filename": "us.png",
        "size": 1,
        "url": "https://x.test/us.png",
        "proxy_url": "https://x.test/us.png",
    }
    key = await person.server.say(USER, "", attachments=[picture])
    await person.door.answered(f"m{key}")
    assert plain(person.server.seen_by(USER)[-1].body["content"]).startswith(tuple(library.phrases["text-only"].says))


# Slash commands


async def test_commands_are_declared_once(server: Server, library: Library, door: Door) -> None:
    """The commands of content are sent once; another start compares them and sends nothing."""
    for _ in range(2):
        async with serving(server, library, door.handle):
            pass
    (put,) = server.sent("PUT", ".*")
    assert [command["name"] for command in put.body] == [command.name for command in library.commands]
    assert all(command["contexts"] == [0, 1, 2] for command in put.body)
    assert all(command["integration_types"] == [0, 1] for command in put.body)
    words = {command["name"] for command in put.body if command["options"]}
    assert words == {command.name for command in library.commands if command.words}


async def test_changed_commands_are_sent(server: Server, library: Library, door: Door) -> None:
    """A description or a context that differs is mended."""
    async with serving(server, library, door.handle):
        pass
    for key, other in (("description", "Something else"), ("contexts", [0])):
        server.commands[0][key] = other
        async with serving(server, library, door.handle):
            pass
    assert len(server.sent("PUT", ".*")) == 3


async def test_suggestions(person: Person) -> None:
    """What was typed of a topic is completed with the topics that it resembles; the value is a topic's id."""
    completed = await person.server.complete(USER, "tip", "listning")
    await person.server.until(lambda: completed.offered)
    assert completed.offered[0]["value"] == "listening"


@pytest.mark.parametrize(
    "where",
    [{"context": 0}, {"context": 0, "guild": 5}, {"context": 2}],
    ids=["server", "user-installed in a server without the bot", "user-installed between two people"],
)
async def test_others_see_nothing(person: Person, where: dict[str, Any]) -> None:
    """Where others look on, every answer to a command or a button is for its owner alone."""
    called = await person.server.call(USER, "talk", "he never listens to me", **where)
    await person.door.answered(f"i{called.id}")
    shown = person.server.messages[called.original]
    assert shown.viewer == USER
    pressed = await person.server.press(USER, shown, shown.items[0]["custom_id"], **where)
    await person.door.answered(f"i{pressed.id}")
    assert person.server.messages[pressed.original].viewer == USER
    assert all(message.ephemeral for message in person.server.messages.values())
    assert not person.server.sent("POST", MESSAGES)


async def test_further_answers_are_for_the_owner_alone(server: Server, library: Library) -> None:
    """A second reply to one command in a server is ephemeral, too, and so are its buttons."""

    async def handle(_: Incoming, outlet: Outlet) -> None:
        for number in range(3):
            await outlet.send(Reply(f"reply {number}", choices=(Choice("On", "more"),)))

    door = Door(handle)
    async with serving(server, library, door.handle):
        called = await server.call(USER, "help", context=0)
        await door.answered(f"i{called.id}")
    assert [message.body["content"] for message in server.seen_by(USER)] == ["reply 0", "reply 1", "reply 2"]
    assert all(message.viewer == USER for message in server.messages.values())


async def test_further_answers_without_a_server(server: Server, library: Library) -> None:
    """Who installed the app for themselves, and cannot be written to, gets every reply to a command nevertheless."""

    async def handle(_: Incoming, outlet: Outlet) -> None:
        for number in range(3):
            await outlet.send(Reply(f"reply {number}"))

    door = Door(handle)
    server.dm_closed.add(USER)
    async with serving(server, library, door.handle):
        called = await server.call(USER, "help")
        await door.answered(f"i{called.id}")
    assert [message.body["content"] for message in server.seen_by(USER)] == ["reply 0", "reply 1", "reply 2"]


async def test_what_is_held_back_leaves_no_sign(server: Server, library: Library) -> None:
    """Where nothing is answered, because too much came at once, Discord does not go on showing that something comes."""

    async def handle(incoming: Incoming, outlet: Outlet) -> None:
        if incoming.command and incoming.command.name == "help":
            await outlet.send(Reply("How it works"))

    door = Door(handle)
    async with serving(server, library, door.handle):
        held, answered = await server.call(USER, "topics", context=0), await server.call(USER, "help", context=0)
        await server.until(lambda: held.withdrawn and answered.original)
    assert not answered.withdrawn


async def test_command_in_private(person: Person) -> None:
    """In private messages a command is answered for good, and the answer can be hidden later."""
    called = await person.server.call(USER, "help")
    await person.door.answered(f"i{called.id}")
    assert not person.server.messages[called.original].ephemeral
    await person.server.call(USER, "hide")
    await person.server.until(lambda: len(person.server.seen_by(USER)) == 2)
    message, item = find(person.server.seen_by(USER), "hide:all")
    pressed = await person.server.press(USER, message, item["custom_id"])
    await person.door.answered(f"i{pressed.id}")
    assert [one.id for one in person.server.seen_by(USER)] == [pressed.original]


async def test_hiding_in_a_server(person: Person) -> None:
    """What only its owner sees in a server is taken back as well."""
    called = await person.server.call(USER, "talk", "he never listens to me", context=0)
    await person.door.answered(f"i{called.id}")
    asked = await person.server.call(USER, "hide", context=0)
    await person.door.answered(f"i{asked.id}")
    message, item = find(person.server.seen_by(USER), "hide:all")
    pressed = await person.server.press(USER, message, item["custom_id"], context=0)
    await person.door.answered(f"i{pressed.id}")
    assert [one.id for one in person.server.seen_by(USER)] == [pressed.original]


async def test_nobody_else_presses(person: Person, library: Library) -> None:
    """Another member who presses somebody's button changes nothing and is told so, alone."""
    await person.say("he never listens to me")
    shown = person.shown[0]
    turns = len(person.door.done)
    pressed = await person.server.press(OTHER, shown, shown.items[0]["custom_id"], context=0)
    await person.server.until(lambda: pressed.original)
    assert person.server.messages[pressed.original].viewer == OTHER
    assert plain(person.server.messages[pressed.original].body["content"]) in library.phrases["not-yours"].says
    assert len(person.door.done) == turns


# Looks


async def test_markup_stays_text(server: Server, library: Library) -> None:
    """What looks like markup, a mention or a link is shown as it was typed, and pings nobody."""
    words = "**bold** @everyone <@123456789012345678> [x](https://a.test/b_c)\n# big\n> quoted\n1. one \ud800"

    async def handle(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply(words, "A *title*"))

    door = Door(handle)
    async with serving(server, library, door.handle):
        await door.answered(f"m{await server.say(USER, 'hello')}")
    (request,) = server.sent("POST", MESSAGES)
    assert request.body["allowed_mentions"] == {"parse": []}
    content = request.body["content"]
    assert plain(content).endswith(words.replace("\ud800", "\ufffd"))
    assert content.startswith("**A \\*title\\***\n\\*\\*bold\\*\\* \\@everyone \\<\\@123")
    assert "\n\\# big\n\\> quoted\n1\\. one" in content


@pytest.mark.parametrize("letter", ["x", "*", "\U0001f494", "<@1>"])
async def test_longest_replies(server: Server, library: Library, letter: str) -> None:
    """The longest reply there can be is one message, whatever it consists of."""
    units = len(letter.encode("utf-16-le")) // 2
    text = letter * (TEXT_UNITS // units)
    choices = tuple(Choice("y" * 80, f"verb:{number}:{'z' * 24}:{'z' * 24}") for number in range(MOST_CHOICES))

    async def handle(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply(text, letter * (256 // units), choices))

    door = Door(handle)
    async with serving(server, library, door.handle):
        await door.answered(f"m{await server.say(USER, 'hello')}")
    assert door.errors == []
    (message,) = server.seen_by(USER)
    assert plain(message.body["content"] or message.body["embeds"][0]["description"]).endswith(text)
    assert [payload for item in message.items for payload in payloads(item)] == [one.payload for one in choices]


async def test_link_into_private(server: Server, library: Library) -> None:
    """The choice to talk in private is a link to the bot."""

    async def handle(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply("Here", choices=(Choice("Talk in private", "open:private"),)))

    door = Door(handle)
    async with serving(server, library, door.handle):
        await door.answered(f"m{await server.say(USER, 'hello')}")
    assert server.seen_by(USER)[0].items[0]["url"] == f"https://discord.com/users/{APP}"


# Faults


async def test_resume_in_mid_conversation(person: Person, server: Server) -> None:
    """What is written while the connection is broken is answered once it is resumed, and nothing twice."""
    await person.say("he never listens to me")
    await server.drop()
    await server.until(lambda: 6 in server.received)
    await person.say("thanks")
    assert len(person.shown) == 1
    assert server.received.count(2) == 1
    assert len(server.sent("PUT", ".*")) == 1


async def test_missed_events(person: Person, server: Server) -> None:
    """An event from the time without a connection is dealt with after the RESUME."""
    await person.say("he never listens to me")
    for socket in list(server.sockets):
        server.sockets.discard(socket)
        session = next(iter(server.sessions.values()))
        session.socket = None
        key = await server.say(USER, "thanks")
        await socket.response.close(code=1012)
    await person.door.answered(f"m{key}")
    assert len(server.seen_by(USER)) == 2


async def test_asked_to_reconnect(person: Person, server: Server) -> None:
    """When Discord asks for a new connection, the session goes on there."""
    await server.ask_to_reconnect()
    await server.until(lambda: 6 in server.received)
    await person.say("he never listens to me")
    assert len(person.shown) == 1


async def test_session_invalidated(person: Person, server: Server) -> None:
    """A session that is over is begun anew, at the same API, without sending the commands again."""
    await person.say("he never listens to me")
    await server.invalidate()
    await server.until(lambda: server.sessions)
    await person.say("thanks")
    assert server.received.count(2) == 2
    assert len(server.sent("PUT", ".*")) == 1


@pytest.mark.parametrize("after", [False, True], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("status", [503, 0], ids=["503", "broken connection"])
async def test_nothing_is_doubled(person: Person, server: Server, status: int, *, after: bool) -> None:
    """A message that fails is sent again under its nonce and shown once, also if it had come through."""
    server.faults.append(Fault("POST", MESSAGES, status, after=after))
    await person.say("he never listens to me")
    first, second = server.sent("POST", MESSAGES)
    assert first.body["nonce"] == second.body["nonce"]
    assert second.body["enforce_nonce"]
    assert len(server.seen_by(USER)) == 1


@pytest.mark.parametrize("path", [r"/interactions/.*", ORIGINAL], ids=["acknowledgement", "answer"])
@pytest.mark.parametrize("after", [False, True], ids=["not carried out", "carried out"])
async def test_interactions_survive(person: Person, server: Server, path: str, *, after: bool) -> None:
    """A command whose acknowledgement or answer meets a broken connection is answered once."""
    server.faults.append(Fault("PATCH" if path == ORIGINAL else "POST", path, 0, after=after))
    called = await server.call(USER, "help", context=0)
    await person.door.answered(f"i{called.id}")
    assert [one.id for one in server.seen_by(USER)] == [called.original]
    assert server.messages[called.original].ephemeral


async def test_rate_limit(person: Person, server: Server) -> None:
    """A 429 is waited out."""
    server.faults += [Fault("POST", MESSAGES, 429), Fault("POST", MESSAGES, 429)]
    await person.say("he never listens to me")
    assert len(person.shown) == 1


async def test_too_late(person: Person, server: Server) -> None:
    """Somebody whose command Discord no longer waits for is answered in private messages."""
    called = await server.call(USER, "help", context=0, expired=True)
    await person.door.answered(f"i{called.id}")
    assert [is_private(request) for request in server.sent("POST", MESSAGES)] == [True]
    assert len(server.seen_by(USER)) == 1


async def test_slow_core(person: Person, server: Server) -> None:
    """A command is acknowledged before anything is worked out, so that a stall costs no answer."""
    seen: list[int] = []

    async def stall() -> None:
        seen.append(called.acknowledged)

    person.door.before = stall
    called = await server.call(USER, "help", context=0)
    await person.door.answered(f"i{called.id}")
    assert seen == [5]
    assert server.messages[called.original].ephemeral


async def test_pressed_twice(person: Person, server: Server) -> None:
    """A button that is pressed twice is answered twice, and nothing breaks."""
    await person.say("he never listens to me")
    shown = person.shown[0]
    first, second = [await server.press(USER, shown, shown.items[0]["custom_id"]) for _ in range(2)]
    await person.door.answered(f"i{first.id}", f"i{second.id}")
    assert first.original
    assert second.original


async def test_button_after_restart(server: Server, library: Library, door: Door) -> None:
    """A button from before a restart does what it says."""
    async with serving(server, library, door.handle):
        person = Person(server=server, door=door, user=USER)
        await person.say("he never listens to me")
    async with serving(server, library, door.handle):
        await person.press(person.screen.choices[0].label)
    assert len(person.shown) == 1


async def test_repeated_message(person: Person, server: Server) -> None:
    """A message that Discord hands out twice, also after a restart, is answered once."""
    key = await server.say(USER, "he never listens to me")
    await person.door.answered(f"m{key}")
    person.door.done.clear()
    event = next(iter(server.sessions.values())).events[-1]["d"]
    await server.emit("MESSAGE_CREATE", event)
    await person.door.answered(f"m{key}")
    assert len(server.seen_by(USER)) == 1


async def test_private_messages_closed(person: Person, bot: Discord, server: Server) -> None:
    """Who closed their private messages is unreachable until they write again."""
    server.dm_closed.add(USER)
    with pytest.raises(Unreachable):
        await bot.send(f"discord:{USER}", Reply("Your question for today"))
    server.dm_closed.clear()
    receipt = await bot.send(f"discord:{USER}", Reply("Your question for today"), "a-nonce-of-a-timer:2026-03-29")
    again = await bot.send(f"discord:{USER}", Reply("Your question for today"), "a-nonce-of-a-timer:2026-03-29")
    assert receipt == again
    assert await bot.hide(f"discord:{USER}", [receipt]) == 1
    assert await bot.hide(f"discord:{USER}", [receipt]) == 0
    assert person.door.done == {}


async def test_unreachable_in_a_conversation(person: Person, server: Server) -> None:
    """Somebody who closes their private messages while they are answered breaks nothing."""
    server.dm_closed.add(USER)
    await person.door.answered(f"m{await server.say(USER, 'he never listens to me')}")
    assert isinstance(person.door.errors.pop(), Unreachable)
    server.dm_closed.clear()
    await person.say("thanks")
    assert len(person.shown) == 1


async def test_gateway_that_never_comes_back(server: Server, library: Library, door: Door) -> None:
    """Without a connection for too long the session is given up and begun anew; the commands are not sent again."""
    async with serving(server, library, door.handle, Timing(0.2, FAST.pauses, FAST.starts)) as platform:
        server.resume_status = server.gateway_status = 503
        await server.drop()
        await server.until(lambda: -503 in server.received)
        assert not platform.ready
        await server.until(lambda: len(server.sent("GET", "/users/@me")) >= 3)
        server.resume_status = server.gateway_status = 200
        await server.until(lambda: len(server.sockets) == 1)
        await server.until(lambda: server.received[-1] == 2)
        await until_ready(platform)
        assert platform.ready
        person = Person(server=server, door=door, user=USER)
        await person.say("he never listens to me")
    assert len(person.shown) == 1
    assert len(server.sent("PUT", ".*")) == 1
    assert not platform.ready


async def test_refused_token(server: Server, library: Library, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """A token that is refused is told once, in a sentence without it, and tried again later."""
    server.faults.append(Fault("GET", "/users/@me", 401))
    timing = Timing(refused=0, starts=(0,))
    async with serving(server, library, door.handle, timing) as platform:
        assert platform.ready
    assert caplog.text.count("does not accept the token") == 1
    assert "a.token.of-nobody" not in caplog.text


async def test_a_token_that_is_revoked_later(
    server: Server, library: Library, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """Revoked while it runs: it is not ready, says so once in a sentence without it, and does not knock again soon."""
    caplog.set_level(logging.INFO, "rekindle")
    async with serving(server, library, door.handle) as platform:
        server.faults += [Fault("GET", "/users/@me", 401)] * 9
        asked = len(server.requests)
        await server.drop(4004)
        async with asyncio.timeout(10):
            while "does not accept the token" not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not platform.ready
        assert len(server.requests) == asked
    assert "Discord: connected." in caplog.messages
    assert caplog.text.count("does not accept the token") == 1
    assert "a.token.of-nobody" not in caplog.text


def _connected_times(server: Server, times: int) -> bool:
    return server.received.count(2) + server.received.count(6) == times


async def test_close_codes(person: Person, server: Server) -> None:
    """After every close code that Discord can mean in passing the conversation goes on."""
    for times, code in enumerate((1000, 4000, 4007, 4008, 4009), 2):
        await server.drop(code)
        await server.until(partial(_connected_times, server, times))
        await person.say("thanks")
        assert len(person.shown) == 1


async def test_two_shards(library: Library, door: Door) -> None:
    """As many shards as Discord recommends run in one process, and ready means all of them."""
    async with running(2) as server, serving(server, library, door.handle) as platform:
        assert {session.shard for session in server.sessions.values()} == {0, 1}
        assert platform.ready
        person = Person(server=server, door=door, user=USER)
        await person.say("he never listens to me")
    assert len(person.shown) == 1


async def test_300_people(bot: Discord, server: Server, door: Door) -> None:
    """300 people who write at once are all answered, each in their own private messages."""
    people = [USER + 1000 * number for number in range(300)]
    keys = [f"m{await server.say(user, 'he never listens to me')}" for user in people]
    await door.answered(*keys)
    assert [len(server.seen_by(user)) for user in people] == [1] * 300


async def test_orderly_end(server: Server, library: Library, door: Door) -> None:
    """A turn that has begun is finished before the connection goes."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await go_on.wait()

    door.before = wait
    async with serving(server, library, door.handle):
        key = await server.say(USER, "he never listens to me")
        await begun.wait()
        asyncio.get_running_loop().call_later(0, go_on.set)
    assert f"m{key}" in door.done
    assert len(server.seen_by(USER)) == 1


# Privacy


async def test_nothing_leaks(
    server: Server, library: Library, dialogue: Dialogue, caplog: pytest.LogCaptureFixture
) -> None:
    """What people write is in no log, what is sent for a server is for one person, and no audit reason is given."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("discord").setLevel(logging.NOTSET)  # as it is before the platform runs
    door = Door(dialogue.handle)
    about = "my husband Zebedee"
    async with serving(server, library, door.handle):
        person = Person(server=server, door=door, user=USER)
        await person.say(f"{about} never listens to me")
        called = await server.call(USER, "talk", f"{about} hides his phone", context=0)
        await door.answered(f"i{called.id}")
        server.faults.append(Fault("POST", MESSAGES, 400, code=50035))
        await door.answered(f"m{await server.say(USER, f'{about} again')}")
    assert "Zebedee" not in caplog.text
    assert "HTTPException 400/50035" in caplog.text
    assert not [request for request in server.requests if "X-Audit-Log-Reason" in request.headers]
    assert not [request for request in server.requests if "threads" in request.path or str(CHANNEL) in request.path]
    for request in server.sent("POST", r"/interactions/.*"):
        assert request.body["data"]["flags"] == EPHEMERAL


async def test_intents(bot: Discord, server: Server) -> None:
    """Only guilds and private messages are asked for: no privileged intent, nothing that is said in a server."""
    assert server.intents == (1 << 0) | (1 << 12)


async def test_file_name(server: Server, library: Library) -> None:
    """A file is sent again whole when the first try fails."""

    async def handle(_: Incoming, outlet: Outlet) -> None:
        await outlet.send(Reply("Here", file=File("a.json", "application/json", b"{}", "All of it")))

    door = Door(handle)
    async with serving(server, library, door.handle):
        server.faults.append(Fault("POST", MESSAGES, 503))
        await door.answered(f"m{await server.say(USER, 'hello')}")
    assert len(server.sent("POST", MESSAGES)) == 2
    assert server.seen_by(USER)[0].body["attachments"][0]["filename"] == "a.json"
