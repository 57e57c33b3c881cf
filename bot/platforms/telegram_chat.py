"""Sending to one chat. What may have been shown is not sent again; what was not is sent until it is."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from telegram import InputFile, LinkPreviewOptions, Message
from telegram.constants import ChatAction
from telegram.error import ChatMigrated, Forbidden, InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.messages import Reply, Unreachable
from bot.platforms.telegram_faults import is_gone, kind_of, never_left, worth_repeating
from bot.platforms.telegram_limits import Budget
from bot.platforms.telegram_replies import Part, parts

log = logging.getLogger("rekindle.telegram")

REFUSALS = 6  # answers like 502 to one message, after which it is given up
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)  # a helpline's page is nobody's business


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds. Tests compress it."""

    poll: int = 25  # how long Telegram may keep a request for updates open
    stale: float = 60  # after so long without an answer to one, the connection is made anew
    pace: float = 0.25  # between two requests while something is being answered
    held: float = 10  # how long an unanswered update keeps its place at Telegram
    typing: float = 0.6  # from when somebody who waits is shown that something comes
    drain: float = 20  # for what was received when the process is told to stop
    first_delay: float = 1  # before something is tried again; doubled each time
    longest_delay: float = 30

    def delays(self) -> Iterator[float]:
        delay = self.first_delay
        while True:
            yield delay
            delay = min(2 * delay, self.longest_delay)


@dataclass
class Chat:
    """Where the replies to one person go. `began` is told before the first: the turn is committed then."""

    bot: ExtBot[Budget]
    id: int
    me: str
    timing: Timing
    budget: Budget = Budget.CONVERSATION
    began: Callable[[], None] = field(default=lambda: None)

    async def send(self, reply: Reply) -> str:
        self.began()
        shown = [await self._insist(part) for part in parts(reply, self.me)]
        return ",".join(str(message.message_id) for message in shown if message)

    async def hide(self, receipts: Sequence[str]) -> int:
        self.began()
        messages = [int(message) for receipt in receipts for message in receipt.split(",") if message]
        return sum(await asyncio.gather(*map(self._delete, messages)))

    async def show_typing(self) -> None:
        await asyncio.sleep(self.timing.typing)
        try:
            await self.bot.send_chat_action(self.id, ChatAction.TYPING)
        except TelegramError as error:
            log.debug("typing was not shown: %s", type(error).__name__)

    async def _insist(self, part: Part) -> Message | None:
        """None when nobody knows whether it was shown, or Telegram will not have it."""
        refusals = 0
        for delay in self.timing.delays():
            try:
                return await self._post(part)
            except ChatMigrated as moved:
                self.id = moved.new_chat_id
                continue
            except Forbidden:
                raise Unreachable from None
            except InvalidToken:  # nothing can be sent to anybody
                raise
            except TelegramError as error:
                refusals += not never_left(error)
                if is_gone(error):
                    raise Unreachable from None
                if not worth_repeating(error) or refusals >= REFUSALS:
                    log.warning("a reply was given up: %s", kind_of(error))
                    return None
            await asyncio.sleep(delay)
        raise AssertionError  # delays never end

    async def _post(self, part: Part) -> Message:
        if not part.file:
            return await self.bot.send_message(
                self.id,
                part.text,
                entities=part.entities,
                reply_markup=part.keyboard,
                link_preview_options=NO_PREVIEW,
                rate_limit_args=self.budget,
            )
        file = InputFile(part.file.data, part.file.name)
        if part.is_photo:
            return await self.bot.send_photo(
                self.id,
                file,
                caption=part.text,
                caption_entities=part.entities,
                reply_markup=part.keyboard,
                rate_limit_args=self.budget,
            )
        return await self.bot.send_document(
            self.id,
            file,
            caption=part.text,
            caption_entities=part.entities,
            reply_markup=part.keyboard,
            rate_limit_args=self.budget,
        )

    async def _delete(self, message: int) -> bool:
        try:
            return await self.bot.delete_message(self.id, message)
        except TelegramError:  # older than two days, or gone already
            return False
