"""The soak, for a few seconds: that it runs, and that nothing is lost in it; `make soak` takes its time."""

import asyncio
import os
import sys
from pathlib import Path


async def test_a_short_soak() -> None:
    """With faults on both platforms and a full disk each message is answered once, and `/readyz` tells the truth."""
    soak = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("soak.py")),
        env={**os.environ, "SOAK_MINUTES": "0.2"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await soak.communicate()
    assert soak.returncode == 0, said.decode()
