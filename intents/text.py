"""Text as the rest of the program reads it: one normaliser for what is typed, one tokeniser for what is compared."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ")
_MARKS_IN_A_ROW = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT = {"\n", "\t", "\u200d"}  # the last one joins emoji


def clean(text: str) -> str:
    """Valid Unicode in NFC, without control characters, lone surrogates and towers of accents."""
    if text.isascii() and text.isprintable():
        return text
    valid = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    shown = "".join(c for c in valid if c in _KEPT or unicodedata.category(c) not in _INVISIBLE)
    return _MARKS_IN_A_ROW.sub(r"\1", unicodedata.normalize("NFC", shown))


def plain(text: str) -> str:
    """Lower case, without accents and apostrophes: curly, straight or none."""
    lower = unicodedata.normalize("NFKD", text).casefold() if not text.isascii() else text.lower()
    bare = "".join(c for c in lower if not unicodedata.combining(c)) if not lower.isascii() else lower
    return bare.translate(_APOSTROPHES)


def tokens(text: str) -> list[str]:
    """The words, for comparison."""
    return _WORD.findall(plain(text))


def sentences(text: str) -> list[str]:
    """The sentences as they were typed."""
    return [sentence.strip() for sentence in _SENTENCE_END.split(text) if sentence.strip()]
