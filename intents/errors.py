class PhrasesError(Exception):
    """The data of `intents/` cannot be used; the message names file, line and mend."""
