"""What anybody might do, at random: presses of what is on the screen, words, commands, and any text at all."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conversation import START

from bot.dialogue.respond import Turn, respond
from bot.dialogue.state import State
from bot.messages import Choice, Command, Incoming
from content import Library
from intents.reader import Reader

# fmt: off
HOSTILE = (
    "", " ", "\n\n", "\x00", "a" * 100_000, "word " * 20_000, "😀" * 3000, "👩‍👩‍👧‍👦🏳️‍🌈", "Z̸̧̢̛͎a̷l̴g̵o̶ " * 300,
    "\u202eright to left\u202c مرحبا שלום", "\ud800", "\udfff lone \ud83d", "*_`~[x](y)<b>&amp;</b>|>#",
    "{x} {0} {partner} {{", "%s %(x)s ${x}", "'; drop table people; --", "@everyone <@123> <#1>", "\u200b\u200b",
    "1", "99999999999999999999", "²", "/", "/ ", "//start", "/start@bot topic_nowhere", "topic:listening", "٣", "ﷺ",
    "\ufeff", "Ⅷ", "\x1b[31mred", "-1", "0",
)
WORDS = (
    "yes", "no", "sometimes", "stop", "back", "skip", "repeat", "menu", "more", "why", "all", "help", "thanks",
    "bye",
    "hi", "you don't get it", "we tried that already", "i just need to vent", "it went badly", "number", "hide",
    "so",
    "are you human", "what do you store", "my bf", "he cheated on me", "my wife never listens", "i miss my ex",
    "should we get divorced", "she asked for space", "what is the capital of peru", "my dog died", "im 15",
    "ireland",
    "i'm safe now", "tomorrow at 8",
    "9ish", "stop these", "make it later", "hold", "i cant do this", "practice", "plans", "go on", "leave it",
    "my answer",
    "i heard you when you said you need space", "always the same", "turn on daily prompts", "paris",
    "i want to check his phone",
    "she never touches me anymore and i feel like a piece of furniture in my own flat",
)
DANGER = (
    "he hit me last night", "i want to kill myself", "im afraid of my husband", "i choked my wife",
    "im 12 and he touches me",
)
COMMANDS = (
    "start", "talk", "topics", "tip", "crisis", "country", "hide", "privacy", "export", "forget", "stop", "help",
    "daily", "kept", "progress", "practice", "plan", "nope",
)
STALE = (
    "topic:gone", "step:listening:gone", "do:apology", "nonsense", "next:listening:x", "wrong", "safe:what",
    "went:x",
    "more", "prompt:show:2026-03-02", "prompt:done:gone:x", "prompt:wait:never", "daily:in:nowhere",
    "daily:at:9999",
    "daily:deck:gone", "checkin:ask:gone", "unkeep:1", "keep", "kept", "daily:fit:what", "prompt:another:x",
    "do:gone", "do:hold:message", "do:hold", "do:loop", "do:loop:mine:x", "do:apology:contact:none",
    "answer:leave:hold:message",
    "answer:new:hold:x", "fix:hold", "fix:hold:gone", "leave:hold", "careful:loop", "careful:gone", "skip",
    "practice:gone",
    "look:show:hold", "look:send", "look:later:gone", "plan", "plan:about:reconnect", "plan:start:gone",
    "plan:show:2026-03-02",
    "plan:start:reconnect", "plan:later", "plan:on", "plan:fit:over", "plan:changed", "plan:off", "running:pause",
    "running:keep", "running:keep", "running:x",
)
# fmt: on


@dataclass
class Walker:
    """A person whose every move is a number, so that a failure can be walked again."""

    library: Library
    reader: Reader
    state: State = field(default_factory=State)
    at: datetime = START
    choices: Sequence[Choice] = ()
    turns: int = 0

    def move(self, chance: random.Random, text: str | None = None) -> Turn:
        """One move; the state goes through JSON as it does on disk."""
        self.at += timedelta(minutes=chance.choice((0.1, 1, 20, 300, 2000, 6000)))
        self.turns += 1
        turn = respond(
            self.library,
            self.state,
            incoming := self._incoming(chance, text),
            self.reader.read(incoming.typed),
        )
        self.state = State.model_validate_json(turn.state.model_dump_json())
        self.choices = [choice for reply in turn.replies for choice in reply.choices]
        return turn

    def _incoming(self, chance: random.Random, text: str | None) -> Incoming:
        key = f"m{self.turns}"
        kind = (
            "text"
            if text is not None
            else chance.choice(("press", "press", "press", "text", "text", "command", "stale"))
        )
        if kind == "press" and self.choices:
            return Incoming(key, "test:1", self.at, press=chance.choice(list(self.choices)).payload)
        if kind == "stale":
            return Incoming(key, "test:1", self.at, press=chance.choice(STALE))
        if kind == "command":
            words = chance.choice(("", "listening", "the spark has gone", "dublin", chance.choice(HOSTILE)[:200]))
            return Incoming(key, "test:1", self.at, command=Command(chance.choice(COMMANDS), words))
        return Incoming(key, "test:1", self.at, text=chance.choice((*WORDS, *HOSTILE[:8])) if text is None else text)
