"""Logs: structlog over the standard library's logging, readable on a terminal, else JSON.

What people write and the platforms' tokens never get into one: of an exception only kind and place are kept, the
libraries that print addresses or whole updates are silenced, and what looks like a token is blotted out.
"""

import logging
import re
import sys
from pathlib import Path
from types import TracebackType

import structlog
from structlog.types import EventDict, Processor

from bot.settings import Settings

SILENCED = {
    "httpx": logging.WARNING,  # prints addresses, and Telegram's hold the token
    "httpcore": logging.WARNING,
    "telegram": logging.CRITICAL + 1,  # prints whole updates when it cannot read one; our platform reports its faults
    "aiohttp.access": logging.WARNING,
}
TOKEN = re.compile(r"\d{5,}:[\w-]{20,}|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")  # Telegram's, Discord's


def set_up_logs(settings: Settings) -> None:
    """To standard error, for the whole process."""
    readable = settings.log_format == "readable" or (settings.log_format == "auto" and sys.stderr.isatty())
    shown: Processor = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_fault,
            blot_tokens,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for name, level in SILENCED.items():
        logging.getLogger(name).setLevel(max(level, logging.getLevelName(settings.log_level)))


def name_fault(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Kind and place instead of an exception: its text and its lines may quote somebody."""
    fault = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException):
        event["fault"] = f"{type(fault).__name__} at {_place(fault.__traceback__)}"
    return event


def blot_tokens(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: TOKEN.sub("[token]", value) if isinstance(value, str) else value for key, value in event.items()}


def _place(frame: TracebackType | None) -> str:
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "an unknown place"
