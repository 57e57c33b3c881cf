"""A reply as Telegram shows it: plain text with a bold title, and an inline keyboard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.constants import MessageLimit

from bot.messages import Choice, File, Reply, utf16_units

SHORT = 16  # characters of a label of which two fit beside each other on a phone
PRIVATE = "open:private"  # a link into the private chat
PHOTOS = ("image/jpeg", "image/png")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of Telegram."""

    text: str
    entities: tuple[MessageEntity, ...] = ()
    keyboard: InlineKeyboardMarkup | None = None
    file: File | None = None

    @property
    def is_photo(self) -> bool:
        return self.file is not None and self.file.media_type in PHOTOS


def parts(reply: Reply, me: str) -> Iterator[Part]:
    """One message for nearly every reply; a file that its text is too long for goes ahead of it."""
    title, text = _sound(reply.title), _sound(reply.text)
    entities = (MessageEntity(MessageEntity.BOLD, 0, utf16_units(title)),) if title else ()
    whole = f"{title}\n{text}" if title else text
    buttons = keyboard(reply.choices, me)
    file = reply.file
    if file and utf16_units(whole) > MessageLimit.CAPTION_LENGTH:
        yield Part(_sound(file.description)[: MessageLimit.CAPTION_LENGTH // 2], file=file)
        file = None
    *before, last = split(whole, MessageLimit.MAX_TEXT_LENGTH)
    for piece in before:
        yield Part(piece, entities)
        entities = ()
    yield Part(last, entities, buttons, file)


def keyboard(choices: Sequence[Choice], me: str) -> InlineKeyboardMarkup | None:
    """Two short labels in a row, or a long one alone."""
    rows: list[list[Choice]] = []
    for choice in choices:
        beside = rows[-1] if rows else []
        if len(beside) == 1 and len(choice.label) <= SHORT and len(beside[0].label) <= SHORT:
            beside.append(choice)
        else:
            rows.append([choice])
    return InlineKeyboardMarkup([[_button(choice, me) for choice in row] for row in rows]) if rows else None


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` UTF-16 units, cut between paragraphs, lines or words where there are any."""
    pieces = []
    while utf16_units(text) > limit:
        head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
        cuts = (head.rfind(between) for between in ("\n\n", "\n", " "))
        cut = next((cut for cut in cuts if cut > len(head) // 2), len(head))
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text]


def _button(choice: Choice, me: str) -> InlineKeyboardButton:
    label = _sound(choice.label)
    if choice.payload == PRIVATE and me:
        return InlineKeyboardButton(label, url=f"https://t.me/{me}?start=hello")
    return InlineKeyboardButton(label, callback_data=choice.payload)


def _sound(text: str) -> str:
    """Without the halves of characters that someone can type and no network carries."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
