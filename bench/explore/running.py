"""Runs each tool on each case in a process of its own, which is ended when it takes too long."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Timer

from bench.explore.environment import ROOT
from bench.explore.measure import FAULTY, FIND, FIXED, SPEED
from bench.explore.score import Pace, Row
from bench.explore.search import Search, Tool

ROUNDS = 7
"""How many slices each tool is timed for, in turn with all others."""
PATIENCE = 30.0
"""Seconds within which a tool must be through with a slice, or it is timed no more."""


def run(commands: Path, tool: Tool, case: str, seeds: int, schedules: int, seconds: float) -> Row:
    """Return what a tool came to on a case, as far as it got within so many seconds."""
    stopped = ""
    with _started(commands, tool, FIND, case, seeds, schedules) as process:
        try:
            said, complained = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            said, complained = process.communicate()
            stopped = f"took more than {seconds:g} s"
    if process.returncode > 0:
        stopped = (complained.strip() or f"exit code {process.returncode}").splitlines()[-1][:300]
    return _row(tool, case, seeds if tool.seeded else 1, said, stopped)


def paces(commands: Path, tools: Sequence[Tool], case: str, schedules: int) -> dict[str, Pace]:
    """Return how fast each of these tools goes on the fixed form of a case, by its name; one that stalls is left out.

    They take turns, a slice each, so that whatever else the machine does slows all of them alike.
    """
    with ExitStack() as stack:
        timed = {
            tool.name: stack.enter_context(_started(commands, tool, SPEED, case, 1, schedules))
            for tool in tools
        }
        for process in timed.values():
            _answer(process)  # what comes first is not timed, and the others wait for it
        ran: dict[str, list[Search]] = {name: [] for name in timed}
        for _ in range(ROUNDS):
            for name, process in timed.items():
                if search := _slice(process):
                    ran[name].append(search)
    return {name: Pace.of(each) for name, each in ran.items() if len(each) == ROUNDS}


@contextmanager
def _started(
    commands: Path, tool: Tool, what: str, case: str, seeds: int, schedules: int
) -> Iterator["subprocess.Popen[str]"]:
    launcher = [str(commands / tool.launcher)] if tool.launcher else []
    measure = [str(commands / "python"), "-m", "bench.explore.measure"]
    path = os.pathsep.join([str(commands), os.environ.get("PATH", os.defpath)])
    process = subprocess.Popen(
        [*launcher, *measure, what, case, tool.name, str(seeds), str(schedules)],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if what == FIND else subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _end(process: "subprocess.Popen[str]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended, and left nobody behind


def _slice(process: "subprocess.Popen[str]") -> Search | None:
    assert process.stdin is not None
    try:
        # Unbuffered: what a process that has ended leaves unread would be written again when the pipe is closed.
        os.write(process.stdin.fileno(), b"\n")
    except BrokenPipeError:
        return None
    return _answer(process)


def _answer(process: "subprocess.Popen[str]") -> Search | None:
    """Return the next search that a process tells of; None when it has ended, or was ended because it took too long."""
    assert process.stdout is not None
    late = Timer(PATIENCE, _end, [process])
    late.start()
    try:
        line = process.stdout.readline()
    finally:
        late.cancel()
    return Search(**json.loads(line)) if line.endswith("\n") else None


def _row(tool: Tool, case: str, seeds: int, said: str, stopped: str) -> Row:
    found: dict[str, list[Search]] = {FAULTY: [], FIXED: []}
    for line in said.splitlines():
        told = json.loads(line)
        found[told.pop("form")].append(Search(**told))
    fixed = found[FIXED][0] if found[FIXED] else None
    return Row(case, tool.name, tuple(found[FAULTY]), seeds, fixed, stopped)
