class StorageError(Exception):
    """Something is wrong with the database; the message is one sentence for the operator.

    StorageError
    ├── StorageUnavailable   it cannot be read or written at the moment
    └── NewerDatabase        a later version of the program wrote it
    """


class StorageUnavailable(StorageError):
    """The request was not carried out, and nothing of it was kept."""


class NewerDatabase(StorageError):
    """This version does not know the schema, and leaves the file as it is."""
