import asyncio
import io

from rich.console import Console

from bot.messages import Choice, Reply
from bot.platforms.console import Terminal


def test_a_number_means_one_button() -> None:
    """Where two replies carry buttons they are numbered on; once something was typed, the numbers are words again."""
    shown = io.StringIO()
    terminal = Terminal(Console(file=shown, width=80), "{path}")
    replies = (
        Reply("An answer", choices=(Choice("Listen", "listen"), Choice("Menu", "menu"))),
        Reply("A question", choices=(Choice("Pause", "running:pause"), Choice("Keep", "running:keep"))),
    )
    for reply in replies:
        asyncio.run(terminal.send(reply))
    assert "[3] Pause" in shown.getvalue()
    assert terminal.take("3").press == "running:pause"
    assert (terminal.take("3").press, terminal.take("3").text) == ("", "3")
