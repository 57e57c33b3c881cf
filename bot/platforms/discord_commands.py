"""The slash commands, as content declares them: in servers, in private, and for people who install the app."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import discord
from discord import app_commands
from rapidfuzz import fuzz, process

from bot.messages import Command
from content import Command as Declared
from content import Library

Tree = app_commands.CommandTree[Any]
Called = Callable[[discord.Interaction[Any], Command], Awaitable[None]]

SUGGESTIONS = 25  # Discord's limit
LIKENESS = 45  # of 100, below which a title is no suggestion
TOPICS = {"tip"}  # commands whose words are a topic, most of the time
COMPARED = ("name", "description", "required", "autocomplete", "min_length", "max_length", "choices", "nsfw")


def everywhere() -> tuple[app_commands.AppCommandContext, app_commands.AppInstallationType]:
    return (
        app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        app_commands.AppInstallationType(guild=True, user=True),
    )


def declare(tree: Tree, library: Library, called: Called) -> None:
    titles = {topic.id: topic.title for topic in library.topics.values()}
    for declared in library.commands:
        command = _with_words(declared, called) if declared.words else _bare(declared, called)
        if declared.name in TOPICS:
            command.autocomplete("words")(_suggester(titles))
        tree.add_command(command)


def _bare(declared: Declared, called: Called) -> app_commands.Command[Any, ..., None]:
    async def run(interaction: discord.Interaction[Any]) -> None:
        await called(interaction, Command(declared.name))

    return app_commands.Command(name=declared.name, description=declared.description, callback=run)


def _with_words(declared: Declared, called: Called) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(words=declared.words or "")
    async def run(interaction: discord.Interaction[Any], words: str = "") -> None:
        await called(interaction, Command(declared.name, words.strip()))

    return app_commands.Command(name=declared.name, description=declared.description, callback=run)


def _suggester(
    titles: Mapping[str, str],
) -> Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    async def suggest(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=titles[topic], value=topic) for topic in suggestions(titles, typed)]

    return suggest


def suggestions(titles: Mapping[str, str], typed: str) -> list[str]:
    """Topics whose title or id resembles what was typed so far, the nearest first."""
    said = typed.strip().lower()
    if not said:
        return list(titles)[:SUGGESTIONS]
    names = {
        **{f"{topic} ": title.lower() for topic, title in titles.items()},
        **{topic: topic for topic in titles},
    }
    found = process.extract(said, names, scorer=fuzz.WRatio, score_cutoff=LIKENESS, limit=2 * SUGGESTIONS)
    return list(dict.fromkeys(key.strip() for _, _, key in found))[:SUGGESTIONS]


async def sync(client: discord.Client, tree: Tree) -> bool:
    """Tell Discord what the commands are, if it does not know; whether it was told.

    Payloads are compared as they are sent: discord.py 2.7.1 reads contexts back wrongly (its issue 10525).
    """
    wanted = [command.to_dict(tree) for command in tree.get_commands()]
    there = await client.http.get_global_commands(client.application_id or 0)
    if _essence(wanted) == _essence(there):
        return False
    await tree.sync()
    return True


def _essence(commands: Any) -> dict[str, Any]:
    """By name, without what Discord adds and what it leaves out because it is the default."""
    return {
        command["name"]: (_plain(command), [_plain(one) for one in command.get("options", ())]) for command in commands
    }


def _plain(payload: Any) -> dict[str, Any]:
    kept = {key: payload[key] for key in COMPARED if payload.get(key)}
    lists = {key: sorted(payload.get(key) or ()) for key in ("contexts", "integration_types")}
    return {**kept, **lists, "type": payload.get("type", 1)}
