"""What is made of a text."""

from dataclasses import dataclass, field
from enum import StrEnum

from intents.safety import Hearing, Level

OUTSIDE = "out-of-scope"

ACTS = frozenset(
    {
        *("greeting", "thanks", "goodbye", "yes", "no", "stop", "repeat", "back", "skip", "more"),
        *("help", "menu", "daily-prompts", "privacy", "about-bot"),
        *("misunderstood", "tried-it", "just-listen", "update"),
    }
)
"""Labels of what is said to the bot itself."""
SAFETY = ("safety-suicide", "safety-violence", "safety-child")
_SAFETY_WEIGHT = {Level.POSSIBLE: 0.5, Level.CERTAIN: 1.0}  # among the confidences of `all_labels`


class Kind(StrEnum):
    TOPIC = "topic"  # one need is clear
    CHOICES = "choices"  # a few are likely; the person decides
    ACT = "act"  # talk to the bot itself
    OUTSIDE = "outside"  # nothing that it knows about
    SAFETY = "safety"  # danger is certain; nothing else matters


@dataclass(frozen=True, slots=True)
class Label:
    id: str
    confidence: float  # 0 to 1; all labels of a reading sum to 1
    angle: str = ""  # the side that the words show, where they show one


@dataclass(frozen=True, slots=True)
class Reading:
    """The safety level comes from rules and is never voted away by the ranked labels."""

    kind: Kind = Kind.OUTSIDE
    hearing: Hearing = field(default_factory=Hearing)
    labels: tuple[Label, ...] = ()  # every label, best first
    command: str = ""  # the act that the whole message is, in so many words: "stop", "back", ...
    leaning: str = ""  # "yes", "no" or "sometimes", where the message begins with such a word
    gives_up: bool = False  # in an exercise these words mean that they cannot go on
    human: bool = True  # outside: a person's trouble rather than a task
    words: int = 0  # how many were typed
    question: bool = False
    quote: str = ""  # of a long message, the sentence that says most
    partner: str = ""  # the noun for the partner, from a closed list
    country: str = ""  # the ISO code, where the whole text names a place

    @property
    def safety(self) -> Level | None:
        return self.hearing.alarms[0].level if self.hearing.alarms else None

    @property
    def act(self) -> str:
        """What is asked of the bot itself; empty where nothing is."""
        return self.command or (self.best.id if self.kind is Kind.ACT else "")

    @property
    def outside(self) -> float:
        """How likely it is that nothing here answers it, from 0 to 1."""
        return next((label.confidence for label in self.labels if label.id == OUTSIDE), 0.0)

    @property
    def all_labels(self) -> list[Label]:
        """Every label, those of danger among them, best first."""
        heard = {alarm.label: _SAFETY_WEIGHT[alarm.level] for alarm in reversed(self.hearing.alarms)}
        labels = {label.id: label for label in self.labels} | {
            name: Label(name, heard.get(name, 0.0)) for name in SAFETY
        }
        return sorted(labels.values(), key=lambda label: -label.confidence)

    @property
    def best(self) -> Label:
        return self.labels[0] if self.labels else Label(OUTSIDE, 1.0)
