"""How the bot behaves towards people in servers, in private and with the app of their own, in a simulated Discord."""

import asyncio
from typing import Any

import discord
import pytest
import simcord
from discord_client import Door, plain

from bot.dialogue.dialogue import Dialogue
from bot.messages import Choice, Incoming, Outlet, Reply
from bot.platforms.discord_client import Client
from content import Library
from intents.reader import Reader

pytestmark = pytest.mark.simcord(shard_count=1)
STALL = 4  # seconds; Discord waits three


@pytest.fixture
def door(dialogue: Dialogue) -> Door:
    return Door(dialogue.handle)


@pytest.fixture
def simcord_bot(library: Library, reader: Reader, door: Door) -> Client:
    return Client(library, reader, door.handle, asyncio.Event())


@pytest.fixture
def server(simcord_env: simcord.Env) -> Any:
    return simcord_env.create_guild()


def last(person: simcord.UserHandle) -> discord.Message:
    message = person.dm_channel.last_message
    assert message
    return message


async def test_command_in_a_server(simcord_env: simcord.Env, server: Any) -> None:
    """A command in a server is acknowledged at once and answered to its owner alone."""
    ann = server.add_member(simcord_env.create_user("ann"))
    result = await ann.slash(server.create_text_channel("general"), "talk", words="he never listens to me")
    assert result.acknowledged
    assert result.response.ephemeral
    assert result.response.components


async def test_command_in_private(simcord_env: simcord.Env) -> None:
    """In private messages commands are there as well, and their answers stay."""
    ann = simcord_env.create_user("ann")
    result = await ann.slash("help")
    assert not result.response.ephemeral


async def test_free_conversation(simcord_env: simcord.Env) -> None:
    """Private messages are answered in private, without any command."""
    ann = simcord_env.create_user("ann")
    await ann.send_dm("he never listens to me")
    answer = last(ann)
    assert answer.content
    assert answer.components


async def test_menu(simcord_env: simcord.Env, library: Library) -> None:
    """More than five choices are a menu, and choosing from it works."""
    ann = simcord_env.create_user("ann")
    result = await ann.slash("topics")
    (row,) = result.response.components
    menu = row["components"][0]
    if len(library.groups) > 5:
        assert menu["type"] == 3
        chosen = await ann.select(result.response, [menu["options"][0]["value"]])
        assert chosen.response.content


async def test_autocomplete(simcord_env: simcord.Env, server: Any, library: Library) -> None:
    """Words for `/tip` are completed from the titles; nothing is completed with all of them, up to Discord's 25."""
    ann = server.add_member(simcord_env.create_user("ann"))
    channel = server.create_text_channel("general")
    offered = await ann.autocomplete(channel, "tip", "words", "forgiv")
    assert offered[0]["value"] == "forgiveness"
    assert len(await ann.autocomplete(channel, "tip", "words", "")) == min(25, len(library.topics))
    assert await ann.autocomplete(channel, "tip", "words", "qqqq") == []


async def test_suggestion_is_understood(simcord_env: simcord.Env, library: Library) -> None:
    """What the completion puts in leads to that very topic."""
    ann = simcord_env.create_user("ann")
    result = await ann.slash("tip", words="appreciation")
    topic = library.topics["appreciation"]
    assert any(line.split("{")[0] in plain(result.response.content) for line in topic.reflections)


async def test_button_after_restart(
    simcord_env: simcord.Env, server: Any, library: Library, reader: Reader, door: Door
) -> None:
    """A button from before a restart is answered, still for its owner alone."""
    ann = server.add_member(simcord_env.create_user("ann"))
    result = await ann.slash(server.create_text_channel("general"), "talk", words="he never listens to me")
    await simcord_env.restart_bot(Client(library, reader, door.handle, asyncio.Event()))
    pressed = await ann.click(result.response, label=result.response.components[0]["components"][0]["label"])
    assert pressed.response.ephemeral
    assert pressed.response.content


async def test_slow_core(simcord_env: simcord.Env, server: Any, door: Door) -> None:
    """A stall of four seconds in the core costs nobody their answer."""

    async def stall() -> None:
        await asyncio.sleep(STALL)  # the very thing under test

    door.before = stall
    ann = server.add_member(simcord_env.create_user("ann"))
    result = await ann.slash(server.create_text_channel("general"), "help")
    assert result.acknowledged
    assert result.response.ephemeral
    assert result.response.content


async def test_private_messages_closed(simcord_env: simcord.Env) -> None:
    """A person who closes their private messages in mid conversation causes no error."""
    ann = simcord_env.create_user("ann")
    simcord_env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    await ann.send_dm("he never listens to me")
    await ann.send_dm("thanks")
    assert last(ann).content


async def test_many_replies(library: Library, reader: Reader) -> None:
    """Every one of several replies to a command in a server is for its owner alone."""

    async def handle(_: Incoming, outlet: Outlet) -> None:
        for number in range(3):
            await outlet.send(Reply(f"reply {number}"))

    async with simcord.run(Client(library, reader, handle, asyncio.Event()), shard_count=1) as env:
        server = env.create_guild()
        ann = server.add_member(env.create_user("ann"))
        result = await ann.slash(server.create_text_channel("general"), "help")
        answers = [message for message in (result.response, *result.followups) if message]
        assert [message.content for message in answers] == [
            "reply 0",
            "reply 1",
            "reply 2",
        ]
        assert all(message.ephemeral for message in answers)


WRITE = Choice("Write it here", "do:hold:message", asks="What would you like to say?")


async def asking(incoming: Incoming, outlet: Outlet) -> None:
    """Asks, until it is answered."""
    said = Reply(f"{incoming.press}: {incoming.text}") if incoming.press else Reply("Put it here", choices=(WRITE,))
    await outlet.send(said)


async def test_form(library: Library, reader: Reader) -> None:
    """A button that asks opens a field at once, also after a restart, and the answer is for its owner alone."""
    async with simcord.run(Client(library, reader, asking, asyncio.Event()), shard_count=1) as env:
        server = env.create_guild()
        ann = server.add_member(env.create_user("ann"))
        result = await ann.slash(server.create_text_channel("general"), "help")
        assert result.response
        assert (await ann.click(result.response, label=WRITE.label)).modal
        await env.restart_bot(Client(library, reader, asking, asyncio.Event()))
        pressed = await ann.click(result.response, label=WRITE.label)
        assert pressed.modal
        assert pressed.modal["title"] == WRITE.label
        answer = (await ann.submit_modal(pressed, {"answer": "I heard you"})).response
        assert answer
        assert answer.content == "do:hold:message: I heard you"
        assert answer.ephemeral


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
async def test_daily_in_a_server(simcord_env: simcord.Env, server: Any, library: Library, *, closed: bool) -> None:
    """`/daily` with its options, in a server, is confirmed in private messages, or says that it cannot be."""
    if closed:
        simcord_env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    user = simcord_env.create_user("ann")
    ann = server.add_member(user)
    channel = server.create_text_channel("general")
    offered = await ann.autocomplete(channel, "daily", "zone", "paris")
    result = await ann.slash(channel, "daily", time="08:30", days="weekdays", zone=offered[0]["value"])
    assert result.response.ephemeral
    phrase = library.phrases["cannot-confirm" if closed else "confirmed-privately"].says[0]
    assert plain(result.response.content).endswith(phrase)
    if not closed:
        assert last(user).content in result.response.content
