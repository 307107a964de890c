"""What can be known of the image and of compose.yaml without a Docker engine."""

import json
import re
import shutil
import subprocess
import sys
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


PLATFORMS = {
    "discord": {"discord_token"},
    "slack": {"slack_bot_token", "slack_app_token"},
    "database": {"database_url"},
}


def uncommented(*platforms: str) -> str:
    """compose.yaml as an operator makes it who takes the "# " off these platforms' lines."""
    return re.sub(rf"^( +)# (?=(PARLEY_)?({'|'.join(platforms)})_)", r"\1", COMPOSE, flags=re.MULTILINE | re.IGNORECASE)


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


def test_the_finished_lexicon_is_left_in_the_image(tmp_path: Path) -> None:
    (command,) = [x for x in arguments("RUN") if "held_lexicon" in x]
    shutil.copytree(ROOT / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=env, check=True)
    (kept,) = (tmp_path / "bot" / "lexicons" / "__pycache__").glob("lexicon.*.pickle")
    # And it is read: no line of what builds it is run.
    starts = "from bot.lexicons import NONE, held_lexicon; import sys; held_lexicon(NONE); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", starts], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert kept.stat().st_size > 100_000
    assert "bot.lexicons.held" in done.stdout.split()
    assert "bot.lexicons.building" not in done.stdout.split()


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


@pytest.mark.parametrize("chosen", [["discord"], ["slack"], ["database"], ["discord", "slack"], list(PLATFORMS)])
def test_compose_hands_over_each_secret_as_a_file(chosen: list[str]) -> None:
    text = uncommented(*chosen)
    service = text.split("\n  postgres:\n")[0]
    secrets = set().union(*(PLATFORMS[p] for p in chosen))
    # A list between brackets, so that comments may stand in it and it may be empty.
    (granted,) = re.findall(r"^    secrets: \[\n((?:      .*\n)*)      \]\n    volumes:$", service, re.MULTILINE)
    names = re.findall(r"\w+(?=,)", re.sub(r"#.*", "", granted))
    assert sorted(names) == sorted(secrets)
    assert re.fullmatch(r"(\w+, *)*", " ".join(re.sub(r"#.*", "", granted).split()) + " ")
    wanted = re.findall(r"^      PARLEY_(\w+)_FILE: /run/secrets/(\w+)$", service, re.MULTILINE)
    assert {secret for _, secret in wanted} == secrets
    assert all(name.lower() == secret for name, secret in wanted)
    # Nothing else changed.
    assert len(text.splitlines()) == len(COMPOSE.splitlines())


def test_compose_defines_every_secret_without_an_edit() -> None:
    defined = dict(re.findall(r"^  (\w+):\n    file: (\S+)$", COMPOSE, re.MULTILINE))
    assert set(defined) == set().union(*PLATFORMS.values()) | {"postgres_password"}
    assert all(file == f"secrets/{name}" for name, file in defined.items())
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_compose_stores_no_secret_itself() -> None:
    assert not re.search(r"^\s*(# )?PARLEY_\w*(TOKEN|SECRET|DATABASE_URL):", COMPOSE, re.MULTILINE)
    assert "POSTGRES_PASSWORD:" not in COMPOSE
