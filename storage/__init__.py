"""What is remembered: one SQLite file, written by one thread."""

from storage.store import Store
from storage.errors import NewerDatabase, StorageUnavailable

__all__ = ["NewerDatabase", "StorageUnavailable", "Store"]
