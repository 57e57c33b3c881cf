"""What the program does not do behind anybody's back."""

import asyncio
import os
import sys
from pathlib import Path


async def test_the_model_reports_to_nobody(tmp_path: Path) -> None:
    """Reading a text leaves nothing in the home folder: onnxruntime would put an id there and report to its maker.

    It does not where it takes itself to be under test, so that the variables by which it does are taken away.
    """
    hidden = ("CI", "ORT_", "PYTEST_", "GITHUB_", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    program = "from intents.reader import Reader; print(Reader.load().read('my wife never listens').kind)"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=kept | {"HOME": str(tmp_path)}, stdout=-1, stderr=-2
    )
    said, _ = await process.communicate()
    assert said.split() == [b"topic"]
    assert list(tmp_path.rglob("*")) == []
