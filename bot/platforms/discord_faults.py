"""What the log says about a fault."""

import logging
from pathlib import Path

import discord

log = logging.getLogger("rekindle.discord")


def tell(error: BaseException) -> None:
    """Kind, number and place of a fault: its own words may quote somebody."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "an unknown place"
    code = f" {error.status}/{error.code}" if isinstance(error, discord.HTTPException) else ""
    log.error("Discord: a turn failed: %s%s at %s", type(error).__name__, code, where)
