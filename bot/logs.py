"""Logs: structlog over the standard library's logging, readable on a terminal, else JSON.

What people write and the platforms' tokens never get into one. Of an exception only kind and place are kept. A
library's line is let through from WARNING on, as the bare pattern that stands in the library, without what would be
filled into it: addresses, updates, requests. Whose turn it is while a line is written is named by a pseudonym.
"""

import logging
import re
import sys
from dataclasses import dataclass
from hashlib import blake2b

import structlog
from structlog.types import EventDict, Processor

from bot.faults import place_of
from bot.messages import serving
from bot.settings import Settings

OURS = "rekindle"
SILENCED = "telegram"  # our platform reports its faults
TOKEN = re.compile(r"\d{5,}:[\w-]{20,}|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")  # Telegram's, Discord's


@dataclass
class Pseudonyms:
    """The same person has the same one for as long as the installation has its key. Without a key nobody has one."""

    key: bytes = b""

    def __call__(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        person = serving.get()
        if self.key and person:
            event["person"] = blake2b(person.encode("utf-8", "replace"), key=self.key, digest_size=6).hexdigest()
        return event


class Output(logging.StreamHandler):  # type: ignore[type-arg] # its parameter exists for type checkers only
    """To standard error. A line that cannot be written is left out, rather than shown with all that is in it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Nothing: the standard way prints the arguments."""


def set_up_logs(settings: Settings) -> Pseudonyms:
    """For the whole process. People are named in the log once the result has a key."""
    readable = settings.log_format == "readable" or (settings.log_format == "auto" and sys.stderr.isatty())
    shown: Processor = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    pseudonyms = Pseudonyms()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            unfill,
            pseudonyms,
            name_fault,
            blot_tokens,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
    )
    handler = Output()
    handler.setFormatter(formatter)
    handler.addFilter(may_be_said)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(OURS).setLevel(settings.log_level)
    return pseudonyms


def may_be_said(record: logging.LogRecord) -> bool:
    """Our own lines, and what libraries warn of, whatever the levels of their loggers are set to."""
    whose = record.name.partition(".")[0]
    return whose == OURS or (record.levelno >= logging.WARNING and whose != SILENCED)


def unfill(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Our own lines stay as they are; of a library's only the pattern does, and its first line."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] != OURS:
        event["event"] = next(iter(str(record.msg).splitlines()), "")
    return event


def name_fault(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Kind and place instead of an exception: its text and its lines may quote somebody."""
    fault = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException):
        event["fault"] = f"{type(fault).__name__} at {place_of(fault)}"
    return event


def blot_tokens(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: TOKEN.sub("[token]", value) if isinstance(value, str) else value for key, value in event.items()}
