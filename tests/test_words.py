import re
from pathlib import Path

import pytest

from bot.dialogue.screens import SCREENS
from content import Library

SOURCE = sorted((Path(__file__).parents[1] / "bot" / "dialogue").glob("*.py"))
NAMES = {
    "phrase": re.compile(r"""(?:say|plain|said|_plain|_say)\(\s*"([a-z-]+)\""""),
    "lead": re.compile(r"""lead="([a-z-]+)\""""),
    "button": re.compile(r"""button\("([a-z-]+)", "([a-z_-]+)\""""),
    "screen": re.compile(r"""\.go\("([a-z-]+)\""""),
}


@pytest.mark.parametrize("path", SOURCE, ids=lambda path: path.stem)
def test_every_phrase_that_is_named_is_written(path: Path, library: Library) -> None:
    """Each phrase, button and screen that the dialogue names in its code exists."""
    text = path.read_text(encoding="utf-8")
    for kind in ("phrase", "lead"):
        for name in NAMES[kind].findall(text):
            assert name in library.phrases
    for phrase, key in NAMES["button"].findall(text):
        assert key in library.phrases[phrase].buttons
    for name in NAMES["screen"].findall(text):
        assert name in SCREENS


def quoted(code: str) -> set[str]:
    return set(re.findall(r"""(?:"[a-z-]+"|'[a-z-]+')""", code))


def test_every_phrase_that_is_written_is_named(library: Library) -> None:
    """No phrase lies about that nothing says."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (Path(__file__).parents[1] / "bot").glob("**/*.py"))
    fixed = {f"went-{name}" for name in ("helped", "badly", "didnt", "changed", "brushed", "nerve")}
    unused = [name for name in library.phrases if not {f'"{name}"', f"'{name}'"} & quoted(code) and name not in fixed]
    assert not [name for name in unused if not name.startswith(("notice-", "ask-"))]
