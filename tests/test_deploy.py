"""What `deploy/` promises: that its parts fit the program, and one another."""

import asyncio
import json
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from audit import judge

from bot.dialogue.dialogue import Dialogue
from bot.metrics import Metrics
from bot.schedule import Schedule
from bot.settings import SECRETS, Settings, load_settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "rekindle.service").read_text(encoding="utf-8")
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
SECRET_SETTINGS = {f"REKINDLE_{name}_FILE".upper() for name in SECRETS}


def _yaml(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def _queries() -> list[tuple[str, str]]:
    """Each question to Prometheus, with the place where it is asked."""
    asked = [(rule["alert"], rule["expr"]) for group in _yaml("alerts.yml")["groups"] for rule in group["rules"]]
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    asked += [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
    return asked + [(f"${one['name']}", one["query"]) for one in board["templating"]["list"] if one["type"] == "query"]


QUERIES = _queries()


@pytest.fixture
def figures(dialogue: Dialogue) -> dict[str, set[str]]:
    """Names on the program's page of figures, each with the labels that it can have."""
    metrics = Metrics()
    schedule = Schedule(dialogue, lambda _: pytest.fail("nothing is due"), lambda: datetime.now(UTC))
    with metrics.watching(dialogue.store, [], schedule):
        found: dict[str, set[str]] = {}
        for family in metrics.registry.collect():
            labels = set(getattr(metrics.registry._names_to_collectors[family.name], "_labelnames", ()))
            ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
            found |= {f"{family.name}{end}": labels | ({"le"} if end == "_bucket" else set()) for end in ends}
    return found


def test_figures_exist(figures: dict[str, set[str]]) -> None:
    """Every figure that an alert or the dashboard asks for is one that the program gives, with those labels."""
    for where, query in QUERIES:
        asked = set(re.findall(r"\brekindle_\w+", query))
        assert asked or "up{" in query, where
        assert asked <= figures.keys(), where
        given = {"instance", "job"}.union(*(figures[name] for name in asked))
        picks = " , ".join(re.findall(r"\{([^}]*)\}", query))
        labels = set(re.findall(r"(\w+)\s*(?:=|!)", picks))
        labels |= {label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}
        assert labels <= given, where


def test_outcomes_exist() -> None:
    """Each outcome that an alert or the dashboard picks is one that the program counts from its start on."""
    page = Metrics().text().decode()
    picked = re.findall(r'outcome=~?"([^"]+)"', " ".join(query for _, query in QUERIES))
    assert picked
    for outcome in "|".join(picked).split("|"):
        assert f'outcome="{outcome}"' in page


def test_alerts_say_how_to_mend() -> None:
    """An alert has a name of its own, a severity, what is wrong, and how to mend it."""
    rules = [rule for group in _yaml("alerts.yml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "mend"}


def test_a_replica_forgets_as_promised() -> None:
    """What was erased is gone from a replica within the three days that `/privacy` names, with half of them to spare.

    A snapshot lives for its retention and until the next look; then the files of the longest level go.
    """
    config = _yaml("litestream.yml")
    hours = [config["snapshot"]["retention"], config["snapshot"]["interval"], config["levels"][-1]["interval"]]
    longest = sum(int(each.removesuffix("h")) for each in hours)
    meeting = (ROOT / "content/system/meeting.yaml").read_text(encoding="utf-8")
    assert "up to three days longer" in meeting
    assert longest <= 36
    assert f"{longest} hours" in README
    assert config["dbs"][0]["truncate-page-n"] == 1


def test_containers_are_confined() -> None:
    """Each container is read-only, without capabilities, no root, bounded, and shows its port to the host alone."""
    services = _yaml("compose.yaml")["services"]
    assert services.keys() == {"bot", "replica"}
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == "10001:10001"
        assert service["mem_limit"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert services["replica"]["profiles"] == ["replica"]


def test_secrets_come_as_files() -> None:
    """Unit and container hand over every secret as a file, and name no setting that does not exist."""
    unit = dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT, re.MULTILINE))
    bot = _yaml("compose.yaml")["services"]["bot"]
    known = {f"REKINDLE_{name}".upper() for name in Settings.model_fields} | SECRET_SETTINGS
    for environment in (unit, bot["environment"]):
        assert environment.keys() >= SECRET_SETTINGS
        assert environment.keys() <= known
    credentials = re.findall(r"^LoadCredential=([\w-]+):/etc/rekindle/\1$", UNIT, re.MULTILINE)
    assert {f"%d/{name}" for name in credentials} == {unit[name] for name in SECRET_SETTINGS}
    assert {f"/run/secrets/{name}" for name in bot["secrets"]} == {bot["environment"][name] for name in SECRET_SETTINGS}
    for name in (*credentials, *bot["secrets"]):
        assert f"/{name}" in README


def test_an_empty_secret_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of a secret may be empty, as README has it made: the platform is off, and notes are not sealed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    for name in SECRET_SETTINGS:
        monkeypatch.setenv(name, str(tmp_path / "empty"))
        monkeypatch.delenv(name.removesuffix("_FILE"), raising=False)
    settings = load_settings()
    assert not any(getattr(settings, name) for name in SECRETS)


def test_a_secret_in_no_encoding_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with bytes that are no text is read as a token that no platform takes, and breaks nothing beside it."""
    (tmp_path / "token").write_bytes(b"\xff1234\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REKINDLE_DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    token = load_settings().discord_token
    assert token
    assert token.get_secret_value() == "\ufffd1234"


def test_image_is_pinned_and_unprivileged() -> None:
    """Every stage pins Python's minor version, packages come with hashes, and the program runs under a number."""
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"python:3.11-slim"}
    installs = [line for line in lines if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    sources = {part for parts in copies for part in parts}
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!") for line in let_in if line.startswith("!")} == sources


async def _analyze(*arguments: str) -> str:
    """What systemd-analyze says; a test that needs it is skipped where it is not."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze here")
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=-1, stderr=-2)
    said, _ = await process.communicate()
    if b"Unknown" in said and b"--offline" in said:
        pytest.skip("this systemd-analyze is too old")
    return said.decode()


async def test_unit_is_confined() -> None:
    """systemd-analyze rates the exposure of the service below 2.0, of 10."""
    said = await _analyze("security", "--offline=true", "--no-pager", str(DEPLOY / "rekindle.service"))
    rated = re.search(r"Overall exposure level for rekindle\.service: ([\d.]+)", said)
    assert rated, said
    assert float(rated[1]) < 2


async def test_unit_is_valid(tmp_path: Path) -> None:
    """systemd-analyze has nothing to say about the unit, with a program that is there as the one to start."""
    unit = tmp_path / "rekindle.service"
    local = re.sub(r"(?m)^(ExecStart=)\S+", rf"\g<1>{sys.executable}", UNIT)
    unit.write_text(re.sub(r"(?m)^Documentation=.*\n", "", local), encoding="utf-8")
    assert await _analyze("verify", "--man=no", str(unit)) == ""


@pytest.mark.parametrize(
    ("report", "said", "code", "told"),
    [
        ("", "requests.exceptions.ConnectionError: HTTPSConnectionPool(...)", 0, "NOTHING WAS AUDITED"),
        ("", "ERROR: requirements.txt is not there", 1, "is not there"),
        ('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}', "", 0, "NOTHING WAS AUDITED"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', "", 0, "1 packages, none known"),
        (
            '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}',
            "",
            1,
            "a 1: X-1, mended in 2",
        ),
    ],
)
def test_audit_tells_findings_from_silence(report: str, said: str, code: int, told: str) -> None:
    """A finding and a fault of the audit fail; a service out of reach does not, and is never told as a clean result."""
    assert judge(report, said)[0] == code
    assert told in judge(report, said)[1]


async def test_no_notes_key_in_the_tree() -> None:
    """No file that git has holds a key for notes; `make secrets` finds tokens and private keys, but not these."""
    process = await asyncio.create_subprocess_exec("git", "-C", str(ROOT), "ls-files", "-z", stdout=-1)
    names, _ = await process.communicate()
    key = re.compile(rb"(?<![\w-])[\w-]{43}=(?![\w=-])")
    assert names
    files = [ROOT / name for name in names.decode().split("\0") if name and not name.endswith(".onnx")]
    assert not [str(file) for file in files if file.is_file() and key.search(file.read_bytes())]
