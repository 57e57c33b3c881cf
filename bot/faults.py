"""What a log says of a fault: its own words may quote somebody."""

from pathlib import Path


def place_of(error: BaseException) -> str:
    """Where it happened: file and line, such as `topics.py:120`."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "an unknown place"
