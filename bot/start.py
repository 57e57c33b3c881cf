"""Putting the parts together: what every command that talks to people needs."""

import logging
from dataclasses import replace

from bot.dialogue.dialogue import Dialogue
from bot.faults import place_of
from bot.settings import Settings, SettingsError
from content import House, load_library
from intents.reader import Reader
from storage import Store
from storage.errors import StorageError
from storage.seal import Seal

log = logging.getLogger("rekindle")


def open_dialogue(settings: Settings) -> Dialogue:
    """Raises ContentError, PhrasesError or StorageError, each with a sentence for the operator."""
    house = House(settings.operator, settings.retention_days)
    library = replace(load_library(settings.content), house=house)
    reader = Reader.load()
    return Dialogue(library, reader, Store(settings.database), report, open_seal(settings))


def open_seal(settings: Settings) -> Seal:
    """Raises SettingsError for something that is no key."""
    keys = settings.notes_key.get_secret_value() if settings.notes_key else ""
    try:
        return Seal([key.strip() for key in keys.split(",") if key.strip()])
    except ValueError as error:
        raise SettingsError(
            "REKINDLE_NOTES_KEY: a key is 32 bytes in URL-safe base64; make one with "
            "`python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`."
        ) from error


async def renew_seals(store: Store, seal: Seal) -> None:
    """Finishes what an operator began who changed the key. Raises StorageUnavailable."""
    done = await store.reseal(seal)
    if done.renewed:
        log.info(
            "%d kept sentences were sealed anew with the first key of REKINDLE_NOTES_KEY. "
            "Any other key there is needed for older backups alone.",
            done.renewed,
        )
    if done.lost:
        log.warning(
            "%d kept sentences are sealed with a key that REKINDLE_NOTES_KEY does not have. Add it there, "
            "after the first and a comma; without it nobody can read them again.",
            done.lost,
        )


def report(error: Exception) -> None:
    """The kind of a fault and where it happened, never what somebody wrote; of the database what it says itself."""
    if isinstance(error, StorageError):
        log.error("%s", error)
        return
    log.error("a turn failed: %s at %s", type(error).__name__, place_of(error))
