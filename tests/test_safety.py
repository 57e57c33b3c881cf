"""What danger is heard, what is not, and that no text can slow the hearing down."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from intents.errors import PhrasesError
from intents.safety import FOLDER, Alarm, Ear, Hearing, Hint, Kind, Level, both

EAR = Ear.load()


def level(text: str, kind: Kind | None = None) -> int:
    """The highest level, of one kind or of any; 0 for none."""
    alarms = EAR.hear(text).alarms
    return max((int(alarm.level) for alarm in alarms if kind in (None, alarm.kind)), default=0)


def first(text: str) -> Kind | None:
    alarms = EAR.hear(text).alarms
    return alarms[0].kind if alarms else None


def examples(section: str) -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.glob("*.yaml")):
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it builds strings only
        for text in data.get(section, ()):
            yield path.stem, text


def heard(name: str, text: str) -> int:
    """The level at which the kind or hint of a file is heard."""
    if name in set(Hint):
        return 2 if Hint(name) in EAR.hear(text).hints else 0
    return level(text, Kind(name))


@pytest.mark.parametrize(("name", "text"), list(examples("heard")))
def test_heard(name: str, text: str) -> None:
    """What a rule file calls heard is certain, or gives its hint."""
    assert heard(name, text) == 2


@pytest.mark.parametrize(("name", "text"), list(examples("heard-possible")))
def test_heard_possible(name: str, text: str) -> None:
    """What a rule file calls possible is heard at either level, as some danger."""
    assert level(text) >= 1, name


@pytest.mark.parametrize(("name", "text"), list(examples("quiet")))
def test_quiet(name: str, text: str) -> None:
    """What a rule file calls quiet is not heard as its kind."""
    assert heard(name, text) == 0


def test_every_kind_and_hint_has_examples() -> None:
    """Each kind of danger and each hint has a file with messages that are heard and messages that are not."""
    for name in [*Kind, *Hint]:
        data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        assert len(data["heard"]) + len(data.get("heard-possible", ())) >= 8
        assert 8 <= len(data["quiet"]) <= 20


CERTAIN = [
    ("I want to commit suicide", Kind.SUICIDE),
    ("kms", Kind.SUICIDE),
    ("I want to end it all", Kind.SUICIDE),
    ("no reason to stay around", Kind.SUICIDE),
    ("going to unalive myself", Kind.SUICIDE),
    ("I was raped", Kind.VIOLENCE),
    ("I am being abused", Kind.VIOLENCE),
    ("I was beaten up by my husband", Kind.VIOLENCE),
    ("He says he'll kill himself if I leave", Kind.THREAT_IF_LEFT),
    ("I am forced to have sex and I am only 12 years old", Kind.CHILD),
    ("He checks my phone and I'm scared of him", Kind.VIOLENCE),
    ("I walk on eggshells and he threatens me", Kind.VIOLENCE),
    ("He checks my messages and punishes me for what he finds", Kind.VIOLENCE),
    ("I'm walking on eggshells, he won't let me go out", Kind.VIOLENCE),
]


@pytest.mark.parametrize(("text", "kind"), CERTAIN)
def test_certain(text: str, kind: Kind) -> None:
    """Danger that is said outright is certain, and first of its kind."""
    assert EAR.hear(text).alarms[0] == Alarm(Level.CERTAIN, kind)


POSSIBLE = [
    ("He goes through my phone", Kind.VIOLENCE),
    ("I'm walking on eggshells", Kind.VIOLENCE),
    ("My sister is suicidal", Kind.OTHER_SUICIDE),
    ("My boyfriend told me he wants to die", Kind.OTHER_SUICIDE),
]


@pytest.mark.parametrize(("text", "kind"), POSSIBLE)
def test_possible_only(text: str, kind: Kind) -> None:
    """A sign that may be harmless, or another person at risk, is possible and no more."""
    assert EAR.hear(text).alarms[0] == Alarm(Level.POSSIBLE, kind)


@pytest.mark.parametrize(
    "text", ["unalive", "s*icide", "I just lost my job. What are the bridges taller than 25 meters"]
)
def test_suicide_at_either_level(text: str) -> None:
    """Evasions, and a loss followed by a question about heights, are heard as suicide."""
    assert first(text) is Kind.SUICIDE


QUIET = [
    "I don't want to die, I want us to be fine",
    "this traffic is killing me",
    "I'd kill for a hug",
    "I am depressed",
    "im 15",
    "I hear voices",
    "I have bulimia",
    "He is not violent",
    "She has never hit me",
    "I don't think he would ever hurt me",
    "My husband doesn't hit me",
    "I never hit her",
    "I'm not suicidal",
    "I am not afraid of him",
    "The kids never get hit",
    "",
    "\ud800 \u0000 ...",
]


@pytest.mark.parametrize("text", QUIET)
def test_no_alarm(text: str) -> None:
    """Idioms, denials, low mood and an age alone raise no alarm."""
    assert EAR.hear(text).alarms == ()


@pytest.mark.parametrize(
    "text",
    [
        "I can't believe he hit me",
        "I don't know why he hit me",
        "I never told anyone that he choked me",
        "Dinner was not ready so he slapped me",
        "I'm not happy and he hit me last night",
        "I can't stop cutting myself",
    ],
)
def test_negations_that_deny_nothing(text: str) -> None:
    """A negation of something else does not take the danger away."""
    assert level(text) == 2


HINTS = [
    ("I am depressed", Hint.LOW_MOOD),
    ("im 15", Hint.MINOR),
    ("I hear voices", Hint.PSYCHOSIS),
    ("I have bulimia", Hint.EATING),
    ("I want to check his phone", Hint.SURVEILLANCE),
    ("How do I track my wife", Hint.SURVEILLANCE),
    ("I want to spy on her", Hint.SURVEILLANCE),
    ("I want to test if he is loyal", Hint.TESTING),
]


@pytest.mark.parametrize(("text", "hint"), HINTS)
def test_hints(text: str, hint: Hint) -> None:
    """What changes the answer without being danger is a hint."""
    assert hint in EAR.hear(text).hints


CHORES = "On Monday we did the laundry and he washed the car while I vacuumed the stairs and planned the meals. "


def test_buried_threat() -> None:
    """One threat in the middle of four hundred words about chores is found."""
    text = CHORES * 11 + "Then he said he would kill me. " + CHORES * 11
    assert len(text.split()) >= 400
    assert level(CHORES * 22) == 0
    assert EAR.hear(text).alarms[0] == Alarm(Level.CERTAIN, Kind.VIOLENCE)


SAID = ["I am forced to have sex", "they force me to have sex", "he makes me have sex with him",
        "I was forced into sex", "somebody forces me to sleep with him"]  # fmt: skip
AGE = ["I am only 12 years old", "I'm only 12", "im 12", "I am just twelve", "I'm 11 years old"]


@pytest.mark.parametrize("age", AGE)
@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("order", ["{said} and {age}", "{age} and {said}"])
def test_child_paraphrases(said: str, age: str, order: str) -> None:
    """Fifty ways of saying that a child is forced to have sex are certain, as a child in danger."""
    assert EAR.hear(order.format(said=said, age=age)).alarms[0] == Alarm(Level.CERTAIN, Kind.CHILD)


def test_who_is_hurt_comes_before_who_hurts() -> None:
    """A victim who hits back is a victim; the one who hits is not taken for one."""
    assert first("I hit him back after he choked me") is Kind.VIOLENCE
    assert first("I slapped my wife") is Kind.OWN_VIOLENCE
    assert level("I slapped my wife", Kind.VIOLENCE) == 0


def test_order_of_kinds() -> None:
    """The alarm to answer first stands in front: level first, then the kind."""
    kinds = [alarm.kind for alarm in EAR.hear("He hit me last night and I want to kill myself").alarms]
    assert kinds == [Kind.SUICIDE, Kind.VIOLENCE]


def test_labels() -> None:
    """Each kind has the label of the answer it gets."""
    assert Alarm(Level.CERTAIN, Kind.THREAT_IF_LEFT).label == "safety-violence"
    assert Alarm(Level.POSSIBLE, Kind.OTHER_SUICIDE).label == "safety-suicide"


def test_past_is_possible() -> None:
    """Violence that is long over is possible; with a sign that it still weighs, certain."""
    assert level("My ex hit me years ago") == 1
    assert level("My ex hit me years ago and I still have nightmares") == 2


def test_both() -> None:
    """Of two hearings all alarms are kept, the worse in front, with the hints of both."""
    mild = Hearing((Alarm(Level.POSSIBLE, Kind.VIOLENCE),), frozenset({Hint.MINOR}))
    grave = Hearing((Alarm(Level.CERTAIN, Kind.SUICIDE),))
    expected = Hearing((*grave.alarms, *mild.alarms), mild.hints)
    assert both(mild, grave) == both(grave, mild) == expected


def test_bad_pattern(tmp_path: Path) -> None:
    """A pattern with an open bracket or an unknown list is refused with a sentence."""
    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for line in ("(hit me", "hit <nobody-knows>", "[me]"):
        (tmp_path / "violence.yaml").write_text(f"certain:\n  - '{line}'\n", encoding="utf-8")
        with pytest.raises(PhrasesError):
            Ear.load(tmp_path)


HOSTILE = [
    "he hit me ",
    "he ",
    "i want to ",
    "not ",
    "my husband my wife he she they hit hurt kill ",
    "if i leave he says he will kill ",
    "s*i*c*i*d*e ",
    "a" * 50 + " ",
    "kill, ",
    "*@$!",
    "i am 12 and sex ",
]


def seconds(text: str) -> float:
    """The best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        EAR.hear(text)
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("part", HOSTILE)
def test_linear_time(part: str) -> None:
    """Four times the text costs about four times the time, and 100,000 characters stay under two seconds."""
    short, long = (part * (size // len(part)) for size in (25_000, 100_000))
    took = seconds(long)
    assert took < 2
    assert took < 8 * seconds(short) + 0.05


def test_linear_time_of_unknown_words() -> None:
    """Words that were never seen cost no more than their number."""
    start = time.perf_counter()
    EAR.hear(" ".join(f"qz{number}xw" for number in range(12_000)))
    assert time.perf_counter() - start < 2
