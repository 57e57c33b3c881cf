"""The JSON Schemas of content files, generated so that editors complete and check them while one writes."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from content.guided import Exercise, Plan
from content.model import Command, Deck, Group, Helplines, Phrase, Topic

FOLDER = Path(__file__).parent / "schemas"
KINDS: dict[str, TypeAdapter[Any]] = {
    "topic": TypeAdapter(Topic),
    "deck": TypeAdapter(Deck),
    "exercise": TypeAdapter(Exercise),
    "plan": TypeAdapter(Plan),
    "system": TypeAdapter(dict[str, Phrase]),
    "groups": TypeAdapter(list[Group]),
    "commands": TypeAdapter(list[Command]),
    "helplines": TypeAdapter(Helplines),
}


def schemas() -> dict[Path, str]:
    """Each schema's file and what is to stand in it."""
    return {
        FOLDER / f"{kind}.json": json.dumps(adapter.json_schema(by_alias=True), indent=2, ensure_ascii=False) + "\n"
        for kind, adapter in KINDS.items()
    }


def main(arguments: list[str]) -> int:
    """Write the schemas; with `--check` only say whether they are as the models want them."""
    stale = {path: text for path, text in schemas().items() if not path.exists() or path.read_text("utf-8") != text}
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path} is not what the models say; run `make schema`.\n")
        return bool(stale)
    FOLDER.mkdir(exist_ok=True)
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
