"""The tutorial is run as it is written: its files, its commands in their order, and what of their output tells."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CLEAN = (
    "No answer held another's data in",
    "is excluded at 95 %.",
    "ran on a unit on which another had run before",
)
TELLING = {
    "gunicorn-sync": (*CLEAN, "of which none overlapped another"),
    # Which two customers, and which of their requests, differs from run to run.
    "gunicorn-gevent": (
        "GET /cart gave u#",
        "on gunicorn_gevent; # clients are enough.",
        "alone it gets .customer: ⟨user⟩ .items[]: …",
        "Look for what both requests write while they run: a module global, an attribute of a shared object",
        "The command below shows it again; after a repair the same command ends with #.",
        "repeat: ctxstress run --app shop:app --server gunicorn-gevent",
        "--clients #",
    ),
    "late": ("GET /cart gave u#", "on gunicorn_gevent; # clients are enough."),
    "repaired": CLEAN,
}
"""What must stand in the tutorial and in what the command says now, numbers aside."""


class Block(NamedTuple):
    language: str
    name: str
    text: str


class Said(NamedTuple):
    """A command, and the output that the tutorial shows of it."""

    command: str
    output: str


def blocks() -> list[Block]:
    return [Block(*match.groups()) for match in _BLOCK.finditer(TUTORIAL.read_text("utf-8"))]


def commands(text: str) -> Iterator[Said]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Said(command, output)


def plain(text: str) -> str:
    """Return a text without what differs from run to run, and without its line breaks."""
    text = text.replace("of which 0 overlapped", "of which none overlapped")
    return " ".join(re.sub(r"(?<=[\su(])\d(?:[\d,.]*\d)?", "#", text).split())


def run(folder: Path, command: str) -> tuple[int, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = os.environ | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    return done.returncode, done.stdout + ("" if "ctxstress" in command else done.stderr)


def kind(command: str, shop: str) -> str:
    """Return which entry of TELLING a command is for."""
    if "--patch late" in command:
        return "late"
    if "gunicorn-sync" in command:
        return "gunicorn-sync"
    return "repaired" if "g.customer" in shop else "gunicorn-gevent"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tutorial_happens_as_it_is_told(tmp_path: Path) -> None:
    told = []
    code = 0
    for block in blocks():
        if block.name:
            (tmp_path / block.name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.name).write_text(block.text, "utf-8")
        for command, shown in commands(block.text) if block.language == "console" else ():
            if command == "echo $?":
                assert int(shown) == code
                continue
            code, output = run(tmp_path, command)
            if not command.startswith("ctxstress"):
                assert (code, output) == (0, shown)
                continue
            which = kind(command, (tmp_path / "shop.py").read_text("utf-8"))
            told.append(which)
            for phrase in map(plain, TELLING[which]):
                assert phrase in plain(shown), f"the tutorial does not show {phrase!r}"
                assert phrase in plain(output), output
    assert told == list(TELLING)
    guard = next(block for block in blocks() if block.name.endswith(".yml"))
    [command] = re.findall(r"- run: (ctxstress .*)", guard.text)
    assert run(tmp_path, command)[0] == 0
    for name in ("index.html", "junit.xml", "app.json"):
        assert (tmp_path / "isolation" / name).is_file()


def test_each_command_of_the_tutorial_is_one_that_there_is() -> None:
    from click.testing import CliRunner

    from harness.cli import main

    found = [
        said.command for block in blocks() for said in commands(block.text) if block.language == "console"
    ]
    assert any(command.startswith("ctxstress") for command in found)
    for command in found:
        if command.startswith("ctxstress run"):
            spoken = CliRunner().invoke(main, ["run", "--help"]).output
            for option in re.findall(r"(?<= )--[a-z-]+", command):
                assert f"{option} " in spoken
