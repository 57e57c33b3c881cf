import re
from pathlib import Path

from conversation import Client, _act

from bot.dialogue.dialogue import Dialogue
from bot.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


async def test_the_conversation_is_what_one_would_see(dialogue: Dialogue) -> None:
    """The README's conversation is word for word what the bot says to these messages."""
    block = re.search(r"```conversation\n(.*?)```", README, re.DOTALL)
    assert block
    client = Client(dialogue.handle)
    for turn in re.split(r"^you: ", block[1], flags=re.MULTILINE)[1:]:
        said, _, shown = turn.partition("\n")
        await _act(client, said)
        labels = " ".join(f"[{choice.label}]" for choice in client.screen.choices)
        answered = f"{client.screen.text} {labels}"
        assert shown.replace("bot:", "").split() == answered.split()


def test_every_setting_is_in_the_readme() -> None:
    """Each setting that exists is named in the README."""
    missing = [name for name in Settings.model_fields if f"REKINDLE_{name}".upper() not in README]
    assert not missing
