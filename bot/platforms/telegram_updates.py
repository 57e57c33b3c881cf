"""What Telegram says happened, as what the dialogue takes in."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.messages import Command, Incoming, Place, parse_command

ASKED_FOR = ("message", "edited_message", "callback_query", "my_chat_member")
GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
OUT = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
IN = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR)
ADDRESSEE = re.compile(r"\s*/\w+@(\w+)")
INTRODUCTION = Command("start")


@dataclass(frozen=True, slots=True)
class Translator:
    """Knows by what name the bot is called, and which commands are its own."""

    me: str
    commands: Collection[str]

    def read(self, update: Update, now: datetime) -> Incoming | None:
        """None for what asks for no answer."""
        key = f"u{update.update_id}"
        if update.callback_query:
            return _pressed(key, update.callback_query, now)
        if update.my_chat_member:
            return _moved(key, update.my_chat_member)
        message = update.message or update.edited_message
        if message and message.chat.type == ChatType.PRIVATE:
            return _said(key, message)
        if update.message and update.message.chat.type in GROUPS:
            return self._called(key, update.message)
        return None

    def _called(self, key: str, message: Message) -> Incoming | None:
        """In a group only commands, and only those that can be meant for this bot."""
        text = message.text or ""
        command = parse_command(text)
        if not command:
            return None
        if addressee := ADDRESSEE.match(text):
            meant = addressee[1].lower() == self.me.lower()
        else:
            meant = command.name in self.commands
        person = person_of(message.chat)
        return Incoming(key, person, message.date, command=command, place=Place.GROUP) if meant else None


def person_of(chat: Chat) -> str:
    return f"telegram:{chat.id}"


def _said(key: str, message: Message) -> Incoming | None:
    """Words, also those below a picture or forwarded; else something that is no text.

    An edited message is taken as said anew: what stands there now is what the person means, and danger may be
    in it. Nothing typed is kept, so that what was meant before cannot be taken back.
    """
    text = message.text or message.caption or ""
    if not text and (message.edit_date or not message.effective_attachment):
        return None  # a service message, or a picture that was turned
    command = parse_command(text)
    return Incoming(
        key,
        person_of(message.chat),
        message.edit_date or message.date,
        text="" if command else text,
        command=command,
        receipt=str(message.message_id),
    )


def _pressed(key: str, query: CallbackQuery, now: datetime) -> Incoming | None:
    """A press has no date of its own; its message may be old. In a group the only button is a link."""
    chat = query.message.chat if query.message else None
    if not query.data or (chat and chat.type != ChatType.PRIVATE):
        return None
    return Incoming(key, f"telegram:{chat.id if chat else query.from_user.id}", now, press=query.data)


def _moved(key: str, change: ChatMemberUpdated) -> Incoming | None:
    """Added to a group, the bot says once that it talks in private only. Removed or blocked: silence."""
    came = change.old_chat_member.status in OUT and change.new_chat_member.status in IN
    if not came or change.chat.type not in GROUPS:
        return None
    return Incoming(key, person_of(change.chat), change.date, command=INTRODUCTION, place=Place.GROUP)
