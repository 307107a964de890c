"""What can be known of the image and of compose.yaml without a Docker engine."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()


def instructions() -> list[tuple[str, str]]:
    """(instruction, its arguments) of every line, comments dropped, continued lines joined."""
    lines = "\n".join(x for x in DOCKERFILE.splitlines() if not x.startswith("#")).replace("\\\n", " ").splitlines()
    return [(name, " ".join(rest.split())) for name, _, rest in (x.partition(" ") for x in lines) if name]


def arguments(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def uncommented() -> str:
    """compose.yaml as an operator makes it who takes every "# " off."""
    off = re.compile(r"^( +)# (?=PARLEY_|secrets:|- \w+$|\w+:$|file: )", re.MULTILINE)
    return off.sub(r"\1", COMPOSE)


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_classic_syntax_only() -> None:
    assert not DOCKERFILE.startswith("# syntax")
    assert "<<" not in DOCKERFILE
    assert "--link" not in DOCKERFILE
    assert "--mount" not in DOCKERFILE
    assert arguments("ADD") == []


def test_one_base_that_a_build_argument_chooses() -> None:
    assert len(arguments("ARG")) == 1
    assert [x.split()[0] for x in arguments("FROM")] == ["${BASE}", "${BASE}"]


def test_runs_the_bot_in_exec_form_and_not_as_root() -> None:
    names = [name for name, _ in instructions()]
    assert json.loads(arguments("CMD")[-1]) == ["python", "-m", "bot", "run"]
    assert arguments("USER") == ["10001:10001"]
    assert names.index("USER") < names.index("CMD")
    assert "--uid 10001" in DOCKERFILE
    assert arguments("VOLUME") == ['["/data"]']
    _, command = arguments("HEALTHCHECK")[0].split(" CMD ")
    assert json.loads(command) == ["python", "-m", "bot", "health"]


def test_only_hashed_wheels_are_installed() -> None:
    (install,) = [x for x in arguments("RUN") if "pip install" in x]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert install.endswith("-r requirements.lock")
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in "".join(x for x in lock.splitlines() if not x.startswith("#"))


def test_everything_copied_exists_and_reaches_the_build() -> None:
    copied = [x.split()[0] for x in arguments("COPY") if not x.startswith("--from")]
    let_in = [x[1:] for x in (ROOT / ".dockerignore").read_text().splitlines() if x.startswith("!")]
    assert sorted(copied) == sorted(let_in)
    for name in copied:
        assert (ROOT / name).exists(), name


def test_no_secret_is_baked_in() -> None:
    assert not re.search(r"PARLEY_\w*(TOKEN|SECRET|URL)", DOCKERFILE)


@pytest.mark.parametrize(
    "line",
    [
        "read_only: true",
        "- /tmp",
        "- ALL",
        "- no-new-privileges:true",
        "stop_grace_period: 15s",
        "- data:/data",
        "- ./feeds.toml:/app/feeds.toml:ro",
        "- 127.0.0.1:8787:8787 # health and metrics, for this machine only",
        "test: [CMD, python, -m, bot, health]",
    ],
)
def test_compose_keeps_the_container_small(line: str) -> None:
    service = COMPOSE.split("\n  postgres:\n")[0]
    assert line in [x.strip() for x in service.splitlines()]
    assert "privileged: true" not in COMPOSE
    assert "docker.sock" not in COMPOSE


def test_compose_hands_over_each_secret_as_a_file() -> None:
    text = uncommented()
    wanted = set(re.findall(r"^ +PARLEY_\w+_FILE: /run/secrets/(\w+)$", text, re.MULTILINE))
    granted = set(re.findall(r"^      - (\w+)$", text.split("\n  postgres:\n")[0], re.MULTILINE)) - {"ALL"}
    defined = dict(re.findall(r"^  (\w+):\n    file: (\S+)$", text, re.MULTILINE))
    assert wanted == granted
    assert wanted == set(defined) - {"postgres_password"}
    assert {"discord_token", "slack_bot_token", "slack_app_token", "database_url"} == wanted
    assert all(file == f"secrets/{name}" for name, file in defined.items())
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_compose_stores_no_secret_itself() -> None:
    assert not re.search(r"^\s*(# )?PARLEY_\w*(TOKEN|SECRET|DATABASE_URL):", COMPOSE, re.MULTILINE)
    assert "POSTGRES_PASSWORD:" not in COMPOSE
