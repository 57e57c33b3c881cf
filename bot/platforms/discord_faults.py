"""What the log says about a fault."""

import logging

import discord

from bot.faults import place_of

log = logging.getLogger("rekindle.discord")


def tell(error: BaseException) -> None:
    """Kind, number and place of a fault: its own words may quote somebody."""
    code = f" {error.status}/{error.code}" if isinstance(error, discord.HTTPException) else ""
    log.error("Discord: a turn failed: %s%s at %s", type(error).__name__, code, place_of(error))
