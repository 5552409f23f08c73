"""Whole default runs with several seeds: each cell gets the same grade from every seed, and no process is left."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

SEEDS = range(1, 1 + int(os.environ.get("CTXSTRESS_SEEDS", "3")))
MARK = "CTXSTRESS_TEST_MARK"


def run(seed: int, out: Path) -> dict[str, str]:
    """Return the grade of each cell of a default run; it must exit with 0 and leave no process."""
    mark = uuid4().hex
    program = Path(sys.executable).with_name("ctxstress")
    command = [str(program), "run", "--seed", str(seed), "--json", "--out", str(out)]
    done = subprocess.run(command, env=os.environ | {MARK: mark}, capture_output=True, text=True, check=False)
    record = json.loads(done.stdout)
    grades = {_name(result["cell"]): result["grade"] for result in record["cells"]}
    odd = {name: grade for name, grade in grades.items() if grade in ("broken", "missed", "unproven")}
    assert (done.returncode, odd) == (0, {}), f"seed {seed}"
    assert left_over(mark) == []
    print(f"seed {seed}: {len(grades)} cells in {record['seconds']} s")
    return grades


def _name(cell: dict[str, str]) -> str:
    return f"{cell['subject']} {cell['where']} {cell['scenario']}"


def left_over(mark: str) -> list[str]:
    """Return the processes that were started for a run and still live."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_a_process_that_is_left_over_would_be_seen() -> None:
    mark = uuid4().hex
    with subprocess.Popen(["sleep", "60"], env=os.environ | {MARK: mark}) as sleeper:
        try:
            assert left_over(mark) == ["sleep 60"]
        finally:
            sleeper.kill()
    assert left_over(mark) == []


def test_every_seed_gives_every_cell_the_same_grade(tmp_path: Path) -> None:
    first, *others = [run(seed, tmp_path / str(seed)) for seed in SEEDS]
    assert len(first) > 1000
    for seed, grades in zip(SEEDS[1:], others, strict=True):
        assert grades == first, f"seed {seed}"
