"""What is remembered: one SQLite file, written by one thread."""

from storage.errors import NewerDatabase, StorageUnavailable
from storage.store import Change, Store
from storage.timers import Timer

__all__ = ["Change", "NewerDatabase", "StorageUnavailable", "Store", "Timer"]
