"""Tests that the benchmark of the Locals measures everything and says what it reached, whatever that is."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_benchmark_measures_every_row_and_every_target() -> None:
    command = [sys.executable, "-m", "bench.locals", "--json", "--repeats", "1", "--number", "1"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    rows = result["nanoseconds"]
    assert rows.keys() == result["bytes"].keys() >= {"ContextVar", "Werkzeug", "our contextvar"}
    assert rows["our contextvar"].keys() == rows["Werkzeug"].keys() > {"get", "set", "delete", "push+pop"}
    assert all(nanoseconds > 0 for times in rows.values() for nanoseconds in times.values())
    assert result["bytes"]["our contextvar"] == result["bytes"]["ContextVar"]
    assert len(result["targets"]) == 6
    assert all(target["met"] in (True, False) for target in result["targets"])
