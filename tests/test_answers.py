"""What is typed into an exercise: a choice in other words, and whom a question is for."""

import pytest
from test_exercises import LIBRARY, Walker

from bot.dialogue.practice import choice_in

CHOSEN = [
    ("worst-hour", "someone", "yes but it's two in the morning", "yes"),
    ("worst-hour", "someone", "my mum, maybe", ""),
    ("space", "who", "he does", "theirs"),
    ("space", "who", "we both do", "both"),
    ("straight-question", "since", "i can't sleep", "sleep"),
    ("straight-question", "since", "we broke up, he left me and moved out", ""),
    ("ten-minutes", "part", "i go quiet", "quiet"),
]


@pytest.mark.parametrize(("exercise", "step", "said", "chosen"), CHOSEN)
def test_a_choice_can_be_typed(exercise: str, step: str, said: str, chosen: str) -> None:
    """Words that show a choice are taken for it, whoever they speak of; a stray small word in common is not enough."""
    assert choice_in(LIBRARY.exercises[exercise].step[step], said) == chosen


MEANT = [
    ("soft-start", "do you think he even loves me?", "do-which"),
    ("soft-start", "we broke up, he left me this morning and moved out", "do-which"),
    ("straight-question", "are you seeing somebody else?", "do"),
    ("straight-question", "are you leaving me for him?", "do"),
]


@pytest.mark.parametrize(("exercise", "said", "screen"), MEANT)
def test_a_question_to_the_partner_is_no_question_to_the_bot(exercise: str, said: str, screen: str) -> None:
    """What is written to the partner is an answer; what is asked of the bot, or told of the partner, is asked about."""
    walker = Walker()
    walker.press(f"do:{exercise}")
    walker.press(f"do:{exercise}:contact:no")
    walker.say("I felt like a guest in my own house.")
    if exercise == "straight-question":
        walker.press(f"do:{exercise}:since:sleep")
    walker.say(said)
    assert walker.state.screen.name == screen
