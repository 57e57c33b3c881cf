"""Text that is too long for one message, in as few as the platforms' limit allows."""

from collections.abc import Sequence

from bot.messages import TEXT_UNITS, utf16_units


def paged(pieces: Sequence[str]) -> list[str]:
    """The pieces, none of which is longer than a message, joined as far as they fit."""
    pages = [pieces[0]]
    for piece in pieces[1:]:
        joined = f"{pages[-1]}\n\n{piece}"
        if utf16_units(joined) <= TEXT_UNITS:
            pages[-1] = joined
        else:
            pages.append(piece)
    return pages
