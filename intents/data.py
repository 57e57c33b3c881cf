"""The data files of `intents/`, read in one way."""

from pathlib import Path
from typing import Any

import yaml

from intents.errors import PhrasesError

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's where present, ten times as fast


def read_yaml(path: Path) -> Any:
    """Strings, lists and mappings only. Raises PhrasesError with file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - it builds strings only
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PhrasesError(f"{path}:{line}: {error.problem}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PhrasesError(f"{path}:1: this file cannot be read ({error}).") from error
