"""scripts/run on odd machines, with stand-ins for Python: nothing is installed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "grep", "rm", "mkdir", "cp", "chmod", "touch", "ln", "id")
# Old or new, with or without a venv module, as $VERSION and $VENV say; notes down each call.
PYTHON = """#!/usr/bin/env bash
echo "${0##*/} $*" >>"$CALLS"
case "$*" in
    --version) echo "Python $VERSION" ;;
    *version_info*) [[ $VERSION != 3.9 ]] ;;
    "-m venv --without-pip"*) exit 1 ;;
    "-m venv "*) [[ $VENV == yes ]] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip install"*) [[ $INSTALLS == yes ]] || { echo "ERROR: $INSTALLS"; exit 1; } ;;
    "-P -m bot env") env ;;
    "-P -m bot"*) echo "bot: ${*:4} in $PWD with $PYTHONPATH" ;;
esac
"""


class Machine:
    """A checkout, a PATH of a few tools, and a python3 that only pretends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "check out"
        self.calls = folder / "calls"
        tools = folder / "bin"
        tools.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (tools / tool).symlink_to(found)
        (tools / "python3").write_text(PYTHON)
        (tools / "python3").chmod(0o755)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for lock in ("requirements.lock", "requirements-dev.lock"):
            shutil.copy(ROOT / lock, self.root / lock)

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        world = {"PATH": str(self.folder / "bin"), "CALLS": str(self.calls)}
        world |= {"VERSION": "3.12.1", "VENV": "yes", "INSTALLS": "yes"} | env
        command = [str(self.root / "scripts" / "run"), *arguments]
        return subprocess.run(command, env=world, cwd=self.folder, capture_output=True, text=True, check=False)

    def installs(self) -> int:
        return self.calls.read_text().count("-m pip install")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_start_sets_up_and_the_second_only_starts(machine: Machine) -> None:
    first = machine.run("once", "two words")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"bot: once two words in {machine.folder} with {machine.root}\n"
    assert "1/2  making .venv with Python 3.12.1" in first.stderr
    assert "2/2  installing" in first.stderr
    assert "--require-hashes" in machine.calls.read_text()
    machine.calls.write_text("")
    second = machine.run()
    assert second.stdout == f"bot: run in {machine.folder} with {machine.root}\n"
    assert second.stderr == ""
    assert machine.calls.read_text().count("\n") == 1


def test_a_changed_lock_is_installed_into_the_same_environment(machine: Machine) -> None:
    machine.run()
    with (machine.root / "requirements.lock").open("a") as lock:
        lock.write("\n")
    again = machine.run()
    assert again.returncode == 0
    assert "1/2" not in again.stderr
    assert machine.installs() == 2


def test_an_install_that_fails_is_taken_up_again(machine: Machine) -> None:
    failed = machine.run(INSTALLS="Connection refused")
    assert failed.returncode == 1
    assert "ERROR: Connection refused" in failed.stderr
    assert "Is this machine online?" in failed.stderr
    assert "Run the same command again" in failed.stderr
    assert "bot:" not in failed.stdout
    assert machine.run().returncode == 0
    assert machine.installs() == 2


def test_an_environment_of_a_vanished_python_is_made_anew(machine: Machine) -> None:
    machine.run()
    python = machine.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/absent/python")
    again = machine.run()
    assert again.returncode == 0, again.stderr
    assert "1/2" in again.stderr


def test_after_the_tests_setup_nothing_is_left_to_do(machine: Machine) -> None:
    machine.run()
    setup = f'root="{machine.root}"; source "$root/scripts/setup"; set_up test requirements-dev.lock x'
    world = {"PATH": str(machine.folder / "bin"), "CALLS": str(machine.calls)}
    world |= {"VERSION": "3.12.1", "VENV": "yes", "INSTALLS": "yes"}
    for _ in range(2):
        subprocess.run(["bash", "-euc", setup], env=world, capture_output=True, check=True)
        assert machine.run().stderr == ""
    assert machine.installs() == 2


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"VERSION": "3.9"}, "Python 3.11 or newer is needed, and none was found."),
        ({"PYTHON": "/absent/python"}, "Python 3.11 or newer is needed, and none was found."),
        ({"VENV": "no"}, "can make no virtual environment."),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_brings_it(
    machine: Machine, env: dict[str, str], told: str
) -> None:
    result = machine.run(**env)
    assert result.returncode == 1
    assert told in result.stderr
    assert "sudo apt install" in result.stderr
    assert not (machine.root / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("closed", ["", ".venv"])
def test_what_may_not_be_written_is_told_in_one_message(machine: Machine, closed: str) -> None:
    folder = machine.root / closed
    folder.mkdir(exist_ok=True)
    folder.chmod(0o555)
    result = machine.run()
    folder.chmod(0o755)
    assert result.returncode == 1
    assert "may not write there." in result.stderr
    assert result.stderr.count("\n") == 2
    assert "-m venv" not in machine.calls.read_text()


def environment(result: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert result.returncode == 0, result.stderr
    return dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PARLEY_X=plain", "plain"),
        ("  export PARLEY_X = plain  ", "plain"),
        ('PARLEY_X="two words # in quotes"   # a comment', "two words # in quotes"),
        ("PARLEY_X='$(touch run) `touch run` $HOME'", "$(touch run) `touch run` $HOME"),
        ("PARLEY_X=$(touch run);touch run", "$(touch run);touch run"),
        ("PARLEY_X=a#b=c   # a comment", "a#b=c"),
        ("PARLEY_X=", ""),
        ("PARLEY_X=  # nothing yet", ""),
        ("\ufeffPARLEY_X=windows\r", "windows"),
    ],
)
def test_settings_are_read_from_the_env_file_and_never_run(machine: Machine, line: str, value: str) -> None:
    (machine.root / ".env").write_text(f"{line}\n# a comment\n\nHTTPS_PROXY=http://proxy:1", encoding="utf-8")
    result = machine.run("env")
    assert environment(result)["PARLEY_X"] == value
    assert environment(result)["HTTPS_PROXY"] == "http://proxy:1"
    assert not (machine.folder / "run").exists()


def test_the_environment_wins_over_the_env_file_which_sets_nothing_but_settings(machine: Machine) -> None:
    (machine.root / ".env").write_text("PARLEY_X=file\nPATH=/absent\n")
    result = machine.run("env", PARLEY_X="world")
    assert environment(result)["PARLEY_X"] == "world"
    assert environment(result)["PATH"] != "/absent"
    assert "line 2: PATH is none of Parley's settings" in result.stderr


def test_lines_that_cannot_be_read_are_all_named_and_not_shown(machine: Machine) -> None:
    (machine.root / ".env").write_text("# tokens\nxoxb-secret\nPARLEY_X=1\nhunter 2=3\n")
    result = machine.run()
    assert result.returncode == 1
    told = ["parley: .env: these lines are not KEY=value:", "        line 2", "        line 4"]
    assert result.stderr.splitlines() == told


def test_the_example_can_be_copied_as_it_is(machine: Machine) -> None:
    shutil.copy(ROOT / ".env.example", machine.root / ".env")
    machine.run()
    assert machine.run().stderr == ""


@pytest.mark.parametrize("script", ["scripts/run", "scripts/test", "scripts/lock", ".ci/run"])
def test_scripts_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_text().startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [(["--help"], 0, "attribution, poll"), (["latency", "nonsense"], 2, "bench: no part is called nonsense;")],
)
def test_bench_helps_before_it_measures_anything(arguments: list[str], code: int, told: str) -> None:
    result = subprocess.run([ROOT / "scripts" / "bench", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == code
    assert told in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
