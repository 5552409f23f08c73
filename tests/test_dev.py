"""`./dev` makes its environment once, repairs it, says in one line what is missing, and steps aside."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = ["venv", "pip constraints.txt"]
PROJECT = """
[build-system]
requires = ["hatchling"]
[project]
name = "ctxstress"
[tool.hatch]
[tool.ruff]
line-length = 110
"""
# Stands for a Python, and for all commands of the environments it makes: notes what it should have done.
INTERPRETER = """#!/bin/sh
here=$(dirname "$0")
case "$1 $2" in
  "-c "*) cat "$here/answer.json" ;;
  "-m venv")
    echo venv >> log
    mkdir -p "$3/bin"
    for name in python ctxstress pytest ruff mypy lint-imports; do cp "$0" "$3/bin/$name"; done ;;
  "-m pip")
    sleep "${PIP_TAKES:-0}"
    echo "pip $PIP_CONSTRAINT" >> log
    echo "pip says no"
    exit "${PIP_EXITS:-0}" ;;
  *)
    name=$(basename "$0")
    echo "$name $* in $(basename "$PWD")"
    test "$name" != "$FAILS" ;;
esac
"""


@dataclass(frozen=True)
class Clone:
    """A repository with our `dev`, a project of its own, and an interpreter that only pretends."""

    root: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.root / "dev"), "--python", str(self.root / "python"), *arguments]

    def dev(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, env=os.environ | variables, check=False
        )

    def execute(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.dev("exec", *command, **variables)

    def answer(self, version: tuple[int, int] = (3, 12), has_venv: bool = True) -> None:
        answer = [str(self.root / "python"), *version, False, has_venv]
        (self.root / "answer.json").write_text(json.dumps(answer), "utf-8")

    def done(self) -> list[str]:
        """What the pretended interpreter was asked to do since the last time."""
        log = self.root / "log"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    # A space in the path, because pip splits several of its settings there.
    root = tmp_path / "a clone"
    root.mkdir()
    shutil.copy(ROOT / "dev", root)
    (root / "pyproject.toml").write_text(PROJECT, "utf-8")
    (root / "constraints.txt").write_text("click==8.5.1\n", "utf-8")
    (root / "python").write_text(INTERPRETER, "utf-8")
    (root / "python").chmod(0o755)
    made = Clone(root)
    made.answer()
    return made


def test_the_first_run_installs_and_the_second_does_not(clone: Clone) -> None:
    first = clone.execute("true")
    assert (first.returncode, clone.done()) == (0, INSTALLED)
    assert first.stderr == "Preparing the environment, once (about a minute) …\n"
    second = clone.execute("true")
    assert (second.returncode, second.stderr, clone.done()) == (0, "", [])


def test_an_interrupted_installation_is_made_again(clone: Clone) -> None:
    failed = clone.execute("true", PIP_EXITS="1")
    assert failed.returncode == 2
    assert "pip says no" in failed.stderr
    assert clone.done() == INSTALLED
    assert clone.execute("true").returncode == 0
    assert clone.done() == INSTALLED


def test_an_interrupted_update_is_made_again_from_the_start(clone: Clone) -> None:
    clone.execute("true")
    (clone.root / "constraints.txt").write_text("click==8.5.0\n", "utf-8")
    clone.execute("true", PIP_EXITS="1")
    clone.done()
    clone.execute("true")
    assert clone.done() == INSTALLED


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("constraints.txt", "click==8.5.0\n", ["pip constraints.txt"]),
        ("pyproject.toml", PROJECT.replace('"ctxstress"', '"other"'), ["pip constraints.txt"]),
        ("pyproject.toml", PROJECT.replace("110", "100"), []),
    ],
    ids=["a pin", "the project", "another tool's table"],
)
def test_only_what_is_installed_asks_for_an_update(
    clone: Clone, file: str, text: str, expected: list[str]
) -> None:
    clone.execute("true")
    clone.done()
    (clone.root / file).write_text(text, "utf-8")
    clone.execute("true")
    assert clone.done() == expected


def test_an_environment_that_was_moved_is_made_anew(clone: Clone) -> None:
    clone.execute("true")
    clone.done()
    moved = Clone(clone.root.rename(clone.root.with_name("moved")))
    moved.answer()
    moved.execute("true")
    assert moved.done() == INSTALLED


def test_another_version_has_an_environment_of_its_own(clone: Clone) -> None:
    clone.execute("true")
    clone.answer((3, 13))
    clone.execute("true")
    assert {path.name for path in clone.root.glob(".venv-*") if path.is_dir()} == {".venv-3.12", ".venv-3.13"}


def test_of_first_runs_at_once_one_installs(clone: Clone) -> None:
    variables = os.environ | {"PIP_TAKES": "0.5"}
    command = clone.command("exec", "true")
    runs = [subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) for _ in range(4)]
    assert [run.wait() for run in runs] == [0, 0, 0, 0]
    assert clone.done() == INSTALLED


def test_a_command_takes_the_place_of_dev(clone: Clone) -> None:
    clone.execute("true")
    command = clone.command("exec", "sh", "-c", "echo $$; exit 7")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert int(run.stdout.read()) == run.pid
    assert run.returncode == 7


def test_a_command_finds_the_environment_first(clone: Clone) -> None:
    done = clone.execute("sh", "-c", "command -v python; echo $VIRTUAL_ENV; pwd")
    venv = clone.root / ".venv-3.12"
    assert done.stdout.splitlines() == [f"{venv}/bin/python", str(venv), str(Path.cwd())]


def test_a_command_that_does_not_exist_is_named(clone: Clone) -> None:
    done = clone.execute("no-such-command")
    assert (done.returncode, done.stderr.splitlines()[1:]) == (
        127,
        ["./dev: no such command in the environment: no-such-command"],
    )


@pytest.mark.parametrize(
    ("arrange", "arguments", "said"),
    [
        (
            lambda clone: clone.answer((3, 10)),
            ["exec", "true"],
            "is Python 3.10, ctxstress needs 3.11 or newer",
        ),
        (lambda clone: clone.answer(has_venv=False), ["exec", "true"], "apt install python3.12-venv"),
        (lambda clone: (clone.root / "python").unlink(), ["exec", "true"], "no Python runs as"),
        (lambda clone: (clone.root / "pyproject.toml").write_text("["), ["exec", "true"], "is not TOML"),
        (lambda clone: None, ["exec"], "exec needs a command"),
        (lambda clone: None, ["tset"], "is 'test' meant?"),
        (lambda clone: None, ["xyzzy"], "there are run, test, check, bench, exec"),
    ],
    ids=["old Python", "no ensurepip", "no Python", "broken project", "no command", "near miss", "nonsense"],
)
def test_what_is_wrong_is_said_in_one_line(
    clone: Clone, arrange: Callable[[Clone], object], arguments: list[str], said: str
) -> None:
    if arguments == ["exec"]:
        clone.execute("true")
    arrange(clone)
    done = clone.dev(*arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert said in done.stderr


def test_an_old_python_reads_far_enough_to_say_so(clone: Clone) -> None:
    source = (ROOT / "dev").read_text("utf-8")
    ast.parse(source, feature_version=(3, 7))
    pretend = "import sys; sys.version_info = (3, 9, 2); exec(open(sys.argv[1], encoding='utf-8').read())"
    done = subprocess.run(
        [sys.executable, "-c", pretend, ROOT / "dev"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        2,
        "./dev: this is Python 3.9, ctxstress needs 3.11 or newer: install one\n",
    )


@pytest.mark.parametrize(
    ("arguments", "becomes"),
    [
        (["run", "--seed", "7"], f"ctxstress run --seed 7 in {Path.cwd().name}\n"),
        (["test", "-k", "pool"], "pytest -n auto -k pool in a clone\n"),
    ],
)
def test_the_two_commands_are_the_real_ones(clone: Clone, arguments: list[str], becomes: str) -> None:
    assert clone.dev(*arguments).stdout == becomes


@pytest.mark.parametrize(("fails", "code"), [("", 0), ("ruff", 1), ("mypy", 1), ("lint-imports", 1)])
def test_check_runs_every_check_and_fails_with_any(clone: Clone, fails: str, code: int) -> None:
    done = clone.dev("check", FAILS=fails)
    ran = [line for line in done.stdout.splitlines() if line.endswith(" in a clone")]
    assert [line.split()[0] for line in ran] == ["ruff", "ruff", "mypy", "lint-imports"]
    assert done.returncode == code


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_needs_no_environment(clone: Clone, arguments: list[str]) -> None:
    done = clone.dev(*arguments)
    assert done.returncode == 0
    assert "check" in done.stdout
    assert clone.done() == []


def test_benches_are_listed_and_run(clone: Clone) -> None:
    (clone.root / "bench" / "inside").mkdir(parents=True)
    (clone.root / "bench" / "inside" / "__main__.py").write_text('"""Requests in this process.\n\nMore."""\n')
    (clone.root / "bench" / "local_reads.py").write_text('"""Reads of a Local."""\n')
    (clone.root / "bench" / "_shared.py").write_text('"""No benchmark."""\n')
    assert [line.split(maxsplit=1) for line in clone.dev("bench").stdout.splitlines()] == [
        ["inside", "Requests in this process."],
        ["local_reads", "Reads of a Local."],
    ]
    assert clone.dev("bench", "inside", "-x").stdout == "python -m bench.inside -x in a clone\n"
    near = clone.dev("bench", "local_read")
    assert (near.returncode, near.stderr) == (
        2,
        "./dev: unknown benchmark 'local_read': is 'local_reads' meant?\n",
    )
