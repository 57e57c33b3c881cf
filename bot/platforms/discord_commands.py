"""The slash commands, as content declares them: in servers, in private, and for people who install the app."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter, Signature
from typing import Any

import discord
from discord import app_commands

from bot.messages import Command
from bot.platforms.discord_completions import completions
from content import Command as Declared
from content import Library
from intents.reader import Reader

Tree = app_commands.CommandTree[Any]
Called = Callable[[discord.Interaction[Any], Command], Awaitable[None]]

WORDS = "words"  # the option for what stands after a command
COMPARED = ("name", "description", "required", "autocomplete", "min_length", "max_length", "choices", "nsfw")


def everywhere() -> tuple[app_commands.AppCommandContext, app_commands.AppInstallationType]:
    return (
        app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        app_commands.AppInstallationType(guild=True, user=True),
    )


def declare(tree: Tree, library: Library, reader: Reader, called: Called) -> None:
    completing = completions(library, reader)
    for declared in library.commands:
        hints = {option.name: option.description for option in declared.options}
        if declared.words:
            hints[WORDS] = declared.words
        command = _command(declared, hints, called)
        for option in hints:
            if complete := completing.get((declared.name, option)):
                command.autocomplete(option)(complete)
        tree.add_command(command)


def _command(declared: Declared, hints: Mapping[str, str], called: Called) -> app_commands.Command[Any, ..., None]:
    """What stands in its options is joined, in their order, to the words after it."""

    async def run(interaction: discord.Interaction[Any], **said: str) -> None:
        words = " ".join(filter(None, (said[option].strip() for option in hints)))
        await called(interaction, Command(declared.name, words))

    options = [Parameter(name, Parameter.KEYWORD_ONLY, default="", annotation=str) for name in hints]
    own = Parameter("interaction", Parameter.POSITIONAL_ONLY, annotation=discord.Interaction)
    run.__signature__ = Signature([own, *options])  # type: ignore[attr-defined]  # the library reads options from it
    app_commands.describe(**hints)(run)
    return app_commands.Command(name=declared.name, description=declared.description, callback=run)


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
