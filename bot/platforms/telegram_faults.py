"""What Telegram's errors mean: what the operator is told, and what is tried again, and when."""

import httpx
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.platforms.telegram_limits import seconds

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
REVOKED_PAUSE = 300  # seconds between two tries with a token that was refused


def kind_of(error: Exception) -> str:
    """Of a fault: never its text, in which the token or somebody's words may stand."""
    cause = error.__cause__
    return f"{type(error).__name__} ({type(cause).__name__})" if cause else type(error).__name__


def never_left(error: TelegramError) -> bool:
    return isinstance(error.__cause__, NEVER_LEFT)


def worth_repeating(error: TelegramError) -> bool:
    """Whether it surely was not shown: it never left, or the server said that it failed (502)."""
    if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
        return False
    return never_left(error) or not isinstance(error.__cause__, httpx.HTTPError)


def is_gone(error: TelegramError) -> bool:
    return isinstance(error, BadRequest) and "chat not found" in error.message.lower()


def pause(error: Exception, delay: float) -> float:
    if isinstance(error, RetryAfter):
        return seconds(error)
    return REVOKED_PAUSE if isinstance(error, InvalidToken) else delay


def sentence(error: Exception) -> str:
    """For the operator; only BadRequest's own words are free of tokens and of what people type."""
    if isinstance(error, InvalidToken):
        return (
            "does not accept the token: it was revoked or mistyped. Get one from @BotFather, set "
            "REKINDLE_TELEGRAM_TOKEN and start again. Everything else keeps running."
        )
    if isinstance(error, Conflict):
        return "another process asks for this bot's messages. Stop it, or give this one a bot of its own."
    if isinstance(error, BadRequest):
        return f"refuses a request: {error.message}"
    return f"cannot be reached ({kind_of(error)}). Trying on."
