"""A reply as Discord shows it: plain words under a bold title, buttons, or a menu where there are many.

What a button means stands in its `custom_id`, with whose it is: it works for ever, and for its owner alone.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any, Self

import discord
from discord import ui

from bot.messages import Choice, Reply, utf16_units

MOST_BUTTONS = 5  # a row of them; a menu reads better than two rows
CONTENT_UNITS = 2000
TITLE_LENGTH = 256
PRIVATE = "open:private"  # a link into the private chat
PRESSED = "press"  # the event that the client hears
MARKUP = re.compile(
    r"(?P<url>https?://[^\s<>]*[^\s<>.,:;!?\"'()\[\]*_~|])"
    r"|^[ \t]*\d+(?=[.)]\s)"  # a numbered list, which Discord would number anew
    r"|^[ \t]*(?=(?:#{1,3}|-#?|\+)\s|>)"  # headings, lists, quotes
    r"|(?=[\\*_~`|<\[\]@])",
    re.MULTILINE,
)


class Press(ui.DynamicItem[ui.Button[Any]], template=r"r:(?P<owner>\d{1,20}):(?P<payload>[a-z0-9:-]{1,64})"):
    def __init__(self, owner: int, payload: str, label: str = "-") -> None:
        super().__init__(ui.Button(label=label, custom_id=f"r:{owner}:{payload}"))
        self._owner, self._payload = owner, payload

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["owner"]), match["payload"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        interaction.client.dispatch(PRESSED, interaction, self._owner, self._payload)


class Menu(ui.DynamicItem[ui.Select[Any]], template=r"s:(?P<owner>\d{1,20})"):
    def __init__(self, owner: int, options: list[discord.SelectOption], hint: str | None = None) -> None:
        super().__init__(ui.Select(custom_id=f"s:{owner}", options=options, placeholder=hint))
        self._owner = owner

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["owner"]), item.options if isinstance(item, ui.Select) else [])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        interaction.client.dispatch(PRESSED, interaction, self._owner, self.item.values[0])


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of Discord, made anew for each try: files are read once."""

    content: str
    view: Any  # a View, or MISSING
    embeds: list[discord.Embed] = field(default_factory=list)
    files: list[discord.File] = field(default_factory=list)


def shown(reply: Reply, owner: int, bot: int, hint: str) -> Shown:
    """As an embed only what, with its escapes, is too long for a message."""
    title, text = escaped(reply.title), escaped(reply.text)
    content = f"**{title}**\n{text}" if title else text
    embeds = []
    if utf16_units(content) > CONTENT_UNITS:
        content, embeds = "", [discord.Embed(title=title[:TITLE_LENGTH] or None, description=text)]
    file = reply.file
    files = [discord.File(io.BytesIO(file.data), file.name, description=file.description)] if file else []
    return Shown(content, _view(reply.choices, owner, bot, hint), embeds, files)


def escaped(text: str) -> str:
    """Text that Discord shows letter for letter: no markup, no mention, and no preview of a linked page."""
    valid = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return MARKUP.sub(lambda found: f"<{found[0]}>" if found["url"] else f"{found[0]}\\", valid)


def _view(choices: tuple[Choice, ...], owner: int, bot: int, hint: str) -> Any:
    if not choices:
        return discord.utils.MISSING
    view = ui.View(timeout=None)
    meant = [choice for choice in choices if choice.payload != PRIVATE]
    if len(meant) > MOST_BUTTONS:
        options = [discord.SelectOption(label=choice.label, value=choice.payload) for choice in meant]
        view.add_item(Menu(owner, options, hint))
    else:
        for choice in meant:
            view.add_item(Press(owner, choice.payload, choice.label))
    for choice in choices:
        if choice.payload == PRIVATE:
            view.add_item(ui.Button(label=choice.label, url=f"https://discord.com/users/{bot}"))
    return view
