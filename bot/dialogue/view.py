"""What a screen needs to be drawn: the words, the state, and what only this turn knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.dialogue.moves import Screen
from bot.dialogue.state import State
from bot.messages import Choice, Reply
from content import Library, Topic
from intents.safety import Hearing


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is known during this turn only and never kept."""

    quote: str = ""  # the person's own sentence that says most
    hearing: Hearing = field(default_factory=Hearing)
    kept: tuple[tuple[int, str], ...] = ()  # what they chose to keep, by number, the oldest first
    sealed: bool = False  # whether what is kept is sealed with a key


@dataclass(frozen=True, slots=True)
class View:
    library: Library
    state: State
    platform: str = "console"
    fresh: Fresh = field(default_factory=Fresh)

    def say(self, name: str, /, **slots: str) -> str:
        """A phrase, in the variant that is due."""
        return self.vary(self.library.phrases[name].says, **slots)

    def vary(self, variants: Sequence[str], /, **slots: str) -> str:
        """The variant that is due on this screen: another one each time it is shown."""
        text = variants[self._turn(self.state.screen.key) % len(variants)]
        return text.format(**self.partners, **slots)

    def lead(self, text: str) -> str:
        """The text, after what the screen says before it."""
        lead = self.state.screen.lead
        if not lead:
            return text
        variants = self.library.phrases[lead].says
        first = variants[self._turn(lead) % len(variants)]
        return f"{first}\n\n{text}"

    def button(self, phrase: str, key: str, payload: str) -> Choice:
        return Choice(self.library.phrases[phrase].buttons[key], payload)

    def buttons(self, phrase: str, payloads: Mapping[str, str]) -> tuple[Choice, ...]:
        """Several of a phrase, with what each of them means, by the label's name."""
        return tuple(self.button(phrase, key, payload) for key, payload in payloads.items())

    @property
    def partner(self) -> str:
        """The partner as the person calls them, else `your partner`."""
        if self.state.partner:
            return self.library.phrases["partner-noun"].says[0].format(noun=self.state.partner)
        return self.library.phrases["partner"].says[0]

    @property
    def partners(self) -> dict[str, str]:
        """What stands for the partner within a sentence and at its beginning."""
        return {"partner": self.partner, "Partner": capitalised(self.partner)}

    def topic(self, topic: str) -> Topic:
        return self.library.topics[topic]

    def _turn(self, key: str) -> int:
        return max(self.state.seen.get(key, 1) - 1, 0)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def plain(name: str, **payloads: str) -> Screen:
    """A screen that says one phrase, with its buttons: what each of them means, by the label's name."""

    def screen(view: View) -> tuple[Reply, ...]:
        choices = view.buttons(name, {key.rstrip("_"): payload for key, payload in payloads.items()})
        return (Reply(view.lead(view.say(name)), choices=choices),)

    return screen
