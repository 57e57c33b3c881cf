"""A reply as Discord shows it: plain words under a bold title, buttons, or a menu where there are many.

What a button means stands in its `custom_id`, with whose it is: it works for ever, and for its owner alone. One that
opens a field for the answer to a question says so by a question mark at the end.
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
ASKS = "?"  # behind the payload of a choice that asks
LABEL_LENGTH = 45  # of a form's title, and of what stands above its field
ANSWER_LENGTH = 4000
ANSWER = "answer"
FORM = re.compile(r"m:(?P<payload>[a-z0-9:-]{1,64})")
MARKUP = re.compile(
    r"(?P<url>https?://[^\s<>]*[^\s<>.,:;!?\"'()\[\]*_~|])"
    r"|^[ \t]*\d+(?=[.)]\s)"  # a numbered list, which Discord would number anew
    r"|^[ \t]*(?=(?:#{1,3}|-#?|\+)\s|>)"  # headings, lists, quotes
    r"|(?=[\\*_~`|<\[\]@])",
    re.MULTILINE,
)


class Press(ui.DynamicItem[ui.Button[Any]], template=r"r:(?P<owner>\d{1,20}):(?P<meant>[a-z0-9:-]{1,64}\??)"):
    def __init__(self, owner: int, meant: str, label: str) -> None:
        super().__init__(ui.Button(label=label, custom_id=f"r:{owner}:{meant}"))
        self._owner, self._meant = owner, meant

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["owner"]), match["meant"], getattr(item, "label", None) or "-")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        interaction.client.dispatch(PRESSED, interaction, self._owner, self._meant, self.item.label)


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
        meant = self.item.values[0]
        labels = (option.label for option in self.item.options if option.value == meant)
        interaction.client.dispatch(PRESSED, interaction, self._owner, meant, next(labels, "-"))


def form(payload: str, label: str, question: str, hint: str) -> ui.Modal:
    """A field for the answer, under the question. What it belongs to stands in its `custom_id`: nothing is kept."""
    modal = ui.Modal(title=_cut(label), custom_id=f"m:{payload}")
    field = ui.TextInput[Any](custom_id=ANSWER, style=discord.TextStyle.paragraph, max_length=ANSWER_LENGTH)
    modal.add_item(ui.TextDisplay(question[:ANSWER_LENGTH]))
    modal.add_item(ui.Label(text=_cut(hint), component=field))
    modal.stop()  # else the library would remember it until it is sent in, which may never be
    return modal


def answered(interaction: discord.Interaction[Any]) -> tuple[str, str] | None:
    """The payload of the button that asked, and what was typed; None for what is no form of ours."""
    data: Any = interaction.data or {}
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    if not (found := FORM.fullmatch(data["custom_id"])):
        return None
    fields = (part["component"] for part in data["components"] if "component" in part)
    return found["payload"], next((field["value"] for field in fields if field["custom_id"] == ANSWER), "")


def _cut(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else f"{text[: LABEL_LENGTH - 1]}…"


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of Discord, made anew for each try: files are read once."""

    content: str
    view: Any  # a View, or MISSING
    embeds: list[discord.Embed] = field(default_factory=list)
    files: list[discord.File] = field(default_factory=list)


def shown(reply: Reply, owner: int, bot: int, hint: str, note: str = "") -> Shown:
    """As an embed only what, with its escapes, is too long for a message. The note comes behind the text."""
    title, text = escaped(reply.title), escaped(f"{reply.text}\n\n{note}" if note else reply.text)
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
        options = [discord.SelectOption(label=choice.label, value=_meant(choice)) for choice in meant]
        view.add_item(Menu(owner, options, hint))
    else:
        for choice in meant:
            view.add_item(Press(owner, _meant(choice), choice.label))
    for choice in choices:
        if choice.payload == PRIVATE:
            view.add_item(ui.Button(label=choice.label, url=f"https://discord.com/users/{bot}"))
    return view


def _meant(choice: Choice) -> str:
    return f"{choice.payload}{ASKS}" if choice.asks else choice.payload
