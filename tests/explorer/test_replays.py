"""Schedules replay a hundred of a hundred times on each host, and those of one Python on the others."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from harness.controlled.greenlets import CONTROLLED as GREENLETS
from harness.core.feasibility import Feasibility
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from harness.explorer.replaying import replay
from harness.explorer.token import decode, encode
from tests.explorer.across import CASES, differences, written
from tests.explorer.searched import Shared, overwritten

ROOT = Path(__file__).parents[2]
TIMES = 100
VERSIONS = ("3.11", "3.12", "3.13")
ELSEWHERE = 10_000
"""Added to a line, so that nobody comes by."""


@pytest.mark.parametrize("name", CASES)
def test_a_schedule_replays_a_hundred_of_a_hundred_times(name: str) -> None:
    schedules = list(written(name))
    hardest = max(schedules, key=lambda each: len(decode(each[0]).switches))
    assert decode(hardest[0]).switches
    assert list(differences(name, [hardest], TIMES)) == []


@pytest.mark.parametrize("name", ["greenlets", "tasks", "threads-free"])
def test_a_schedule_whose_place_is_gone_is_noticed(name: str) -> None:
    text, said = next(each for each in written(name) if decode(each[0]).switches)
    token = decode(text)
    moved = [replace(switch, line=switch.line + ELSEWHERE) for switch in token.switches]
    other = encode(token.reference, token.host, token.files, token.level, moved)
    (told,) = differences(name, [(other, said)])
    assert told.startswith("never came to ")


def test_a_schedule_that_comes_to_something_else_is_noticed() -> None:
    first, second, *_ = [each for each in written("tasks") if each[1]]
    (told,) = differences("tasks", [(first[0], second[1])])
    assert " is not " in told


@pytest.mark.parametrize("after", [1, 5])
def test_what_a_search_said_that_it_takes_is_said_again(after: int) -> None:
    """The schedule that was found would take more: another one showed that an idle loop's order will do."""
    calls = [overwritten("alice", after), overwritten("bob", after)]
    program = Calls(calls, unit=GREENLETS.unit, begin=Shared, reference="call:a:B")
    told = explore(program, GREENLETS, Limits()).explanation
    assert told is not None
    assert told.feasibility is Feasibility.FIFO
    token = decode(told.token)
    again = replay(program, GREENLETS, token)
    assert again.explanation is not None
    assert again.explanation.feasibility is told.feasibility
    older = replay(program, GREENLETS, replace(token, feasibility=None))
    assert older.explanation is not None
    assert older.explanation.feasibility is Feasibility.JITTER


@pytest.mark.slow
def test_tokens_of_each_version_replay_on_each_other() -> None:
    pythons = {version: python for version in VERSIONS if (python := _python(version)) is not None}
    if len(pythons) < 2:
        pytest.skip("one Python alone: make others with ./dev --python python3.13 exec true")
    written = {version: _run(python, "write", "") for version, python in pythons.items()}
    for writer, reader in permutations(pythons, 2):
        told = json.loads(_run(pythons[reader], "repeat", written[writer]))
        assert {name: each for name, each in told.items() if each} == {}, f"{writer} on {reader}"
        assert told.keys() == CASES.keys()


def _python(version: str) -> Path | None:
    """Return the interpreter of the environment that ./dev made for a version; the running one for its own."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return Path(sys.executable)
    found = [
        path for name in (f".venv-{version}", ".venv") if (path := ROOT / name / "bin" / "python").exists()
    ]
    return next((path for path in found if _version(path) == version), None)


def _version(python: Path) -> str:
    words = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def _run(python: Path, action: str, given: str) -> str:
    words = [str(python), "-m", "tests.explorer.across", action]
    done = subprocess.run(
        words, cwd=ROOT, input=given, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout
