import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEAVES = ("intents", "content", "storage")
PLATFORM_LIBRARIES = {"discord", "telegram", "httpx"}


def _modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).glob("**/*.py"))]


def _imports(path: Path) -> set[str]:
    """The full names of the modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", _modules(*LEAVES), ids=_named)
def test_leaves_know_nothing_of_the_house(path: Path) -> None:
    """`intents`, `content` and `storage` import neither one another nor `bot`."""
    own = path.relative_to(ROOT).parts[0]
    others = {"bot", *LEAVES} - {own}
    assert not {name for name in _imports(path) if name.partition(".")[0] in others}


@pytest.mark.parametrize("path", _modules("bot/dialogue"), ids=_named)
def test_dialogue_knows_no_platform(path: Path) -> None:
    """The conversation imports no platform, no schedule, no settings and no command line."""
    allowed = ("bot.aside", "bot.dialogue", "bot.messages", "bot.pictures", "bot.recurrence")
    assert not {name for name in _imports(path) if name.startswith("bot.") and not name.startswith(allowed)}


@pytest.mark.parametrize("path", _modules("bot/platforms"), ids=_named)
def test_platforms_do_not_know_one_another(path: Path) -> None:
    """A platform translates between its library and `bot.messages`; it reads no content folder and no database."""
    folder = path.parent.name
    own = f"bot.platforms.{folder if folder != 'platforms' else path.stem.partition('_')[0]}"
    names = _imports(path)
    assert not {name for name in names if name.startswith("bot.platforms") and not name.startswith(own)}
    assert not {name for name in names if name.partition(".")[0] in {"sqlite_utils", "yaml"}}


@pytest.mark.parametrize("path", _modules("bot", *LEAVES), ids=_named)
def test_platform_libraries_stay_in_their_module(path: Path) -> None:
    """discord.py and python-telegram-bot are imported by their own platform alone."""
    if "platforms" not in path.parts:
        assert PLATFORM_LIBRARIES.isdisjoint(name.partition(".")[0] for name in _imports(path))


@pytest.mark.parametrize("path", _modules("bot", *LEAVES), ids=_named)
def test_modules_are_small(path: Path) -> None:
    """No module is longer than 300 lines: what grows beyond it is two things."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
