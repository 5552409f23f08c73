"""Runs each tool on each case in a process of its own, which is ended when it takes too long."""

import json
import os
import signal
import subprocess
from pathlib import Path

from bench.explore.environment import ROOT
from bench.explore.measure import FAULTY, FIXED
from bench.explore.score import Row
from bench.explore.search import Search, Tool


def run(commands: Path, tool: Tool, case: str, seeds: int, schedules: int, seconds: float) -> Row:
    """Return what a tool came to on a case, as far as it got within so many seconds."""
    command = [
        str(commands / "python"),
        "-m",
        "bench.explore.measure",
        case,
        tool.name,
        str(seeds),
        str(schedules),
    ]
    if tool.launcher:
        command.insert(0, str(commands / tool.launcher))
    path = os.pathsep.join([str(commands), os.environ.get("PATH", os.defpath)])
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    stopped = ""
    try:
        said, complained = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, complained = process.communicate()
        stopped = f"took more than {seconds:g} s"
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode > 0:
        stopped = (complained.strip() or f"exit code {process.returncode}").splitlines()[-1][:300]
    return _row(tool, case, seeds if tool.seeded else 1, said, stopped)


def _row(tool: Tool, case: str, seeds: int, said: str, stopped: str) -> Row:
    faulty, fixed, rate = [], None, 0.0
    for line in said.splitlines():
        told = json.loads(line)
        what = told.pop("what")
        del told["seed"]
        search = Search(**told)
        if what == FAULTY:
            faulty.append(search)
        elif what == FIXED:
            fixed = search
        else:
            rate = search.schedules / search.processor
    return Row(case, tool.name, tuple(faulty), seeds, fixed, rate, stopped)
