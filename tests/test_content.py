import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from content import ContentError, Library, load_library
from content.library import BUILT_IN
from content.schema import schemas

TOPIC = (BUILT_IN / "topics" / "listening.yaml").read_text(encoding="utf-8")


def _faults(folder: Path, name: str, text: str) -> str:
    (folder / "topics").mkdir(exist_ok=True)
    (folder / "topics" / name).write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_library(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("weight: light", "weight: medium", "listening.yaml:4: weight:"),
        ("weight: light", "weight: light\nweight: heavy", "listening.yaml:5: 'weight' stands here twice"),
        ("id: listening", "id: hearing", "listening.yaml:1: id: is 'hearing'"),
        ("group: talking", "group: talk", "group: 'talk' is none of talking"),
        ("summary: ", "sumary: ", "sumary: extra inputs are not permitted"),
        ("weight: light", "weight: [light", "listening.yaml:"),
        ("why: >-\n", "why: >-\n  Great job, communication is key.\n", "is a stock phrase"),
        ("title: Spot", "plan: maybe\n    title: Spot", "steps.0.plan: input should be a valid boolean"),
        ("title: Spot", "title: Tonight, spot", "the day stands before it already"),
        ("why: >-\n", "why: >-\n  {wife} and\n", "{wife} is no slot here"),
        ("why: >-\n", "why: >-\n  {partner and\n", "a brace without its partner"),
    ],
)
def test_faults_name_file_line_and_mend(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """Each mistake in a content file is answered with file, line and what to do."""
    assert old in TOPIC
    assert fault in _faults(tmp_path, "listening.yaml", TOPIC.replace(old, new, 1))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    """A writer sees every mistake in one run, not only the first."""
    broken = TOPIC.replace("weight: light", "weight: medium").replace("guarded: no", "guarded: maybe")
    assert _faults(tmp_path, "listening.yaml", broken).count("listening.yaml:") == 2


def test_values_stay_what_was_typed(tmp_path: Path) -> None:
    """`9:30` is what was typed, and not a number of seconds."""
    (tmp_path / "topics").mkdir()
    followup = next(line for line in TOPIC.splitlines() if line.startswith("followup:"))
    changed = TOPIC.replace(followup, "followup: 9:30", 1)
    (tmp_path / "topics" / "listening.yaml").write_text(changed, encoding="utf-8")
    topic = load_library(tmp_path).topics["listening"]
    assert topic.followup == "9:30"


def test_an_operator_adds_a_topic(tmp_path: Path) -> None:
    """A topic in the operator's own folder stands beside the built-in ones, in the menu's group that it names."""
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "pets.yaml").write_text(TOPIC.replace("id: listening", "id: pets"), encoding="utf-8")
    library = load_library(tmp_path)
    assert len(library.topics) == len(load_library().topics) + 1
    assert library.topics["pets"] in library.in_group("talking")


def test_a_group_that_is_too_full(tmp_path: Path) -> None:
    """More topics than a message has buttons are refused before anybody opens the menu."""
    for number in range(10):
        (tmp_path / "topics").mkdir(exist_ok=True)
        text = TOPIC.replace("id: listening", f"id: pets-{number}")
        (tmp_path / "topics" / f"pets-{number}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match="more than 11 topics"):
        load_library(tmp_path)


def test_the_twenty_eight_topics_are_there(library: Library) -> None:
    """Every tip of the two documents and every situation that they name has its topic, reached from the menu."""
    assert len(library.topics) == 28
    assert sum(len(library.in_group(group.id)) for group in library.groups) == 28
    for group in library.groups:
        assert 2 <= len(library.in_group(group.id)) <= 10


def test_schemas_are_what_the_models_say() -> None:
    """The JSON Schemas in the repository are generated from the models and accept the project's own files."""
    for path, text in schemas().items():
        assert path.read_text(encoding="utf-8") == text
    schema = json.loads((BUILT_IN / "schemas" / "topic.json").read_text(encoding="utf-8"))
    for path in sorted((BUILT_IN / "topics").glob("*.yaml")):
        jsonschema.validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader), schema)  # noqa: S506


@pytest.mark.parametrize("command", ["check", "chat"])
def test_bad_content_is_one_sentence_and_exit_code_1(tmp_path: Path, command: str) -> None:
    """The command line says file, line and mend, and shows no traceback."""
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "listening.yaml").write_text(TOPIC.replace("weight: light", "weight: medium"), "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "bot", command],
        env={"REKINDLE_CONTENT": str(tmp_path), "REKINDLE_DATABASE": str(tmp_path / "x.sqlite")},
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "listening.yaml:4" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
