"""The points that a watcher tells are those where floods of free-running threads show switches."""

import json
import runpy
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.core.control import Watch
from tests.controlled.watched import GIL, Load, Passed

WINDOWS = Path(__file__).with_name("flooded_windows.py")
FLOODED = runpy.run_path(str(WINDOWS))
NOT_IN_BETWEEN = {
    "before a method in C reads": ["returned"],
    "before a function in C reads": ["returned"],
    "after a Python function has read, at its end": ["enter"],
    "after a Python method has read, at its end": ["enter"],
}
"""Points of windows that have some, on their other side."""


@pytest.mark.parametrize("name", [*FLOODED["CLOSED"], *FLOODED["OPEN"]])
def test_the_points_are_those_that_floods_of_windows_show(passed: Passed, load: Load, name: str) -> None:
    """The note on switch points in docs/decisions has what the floods showed."""
    body = (FLOODED["CLOSED"] | FLOODED["OPEN"])[name]
    window = load(FLOODED["SETUP"].replace("{body}", body))
    passed.watcher.watch(Watch(("shop.py",), GIL))
    manager = window["Child"]()
    passed.run(window["flood"], "me", 1, window["Box"](), {}, [1, 2], threading.Lock(), manager)
    begin, made_range, *between, around = [each.split()[0] for each in passed.told()]
    assert [begin, made_range, around] == ["enter", "returned", "loop"]
    if name in FLOODED["CLOSED"]:
        assert between == NOT_IN_BETWEEN.get(name, [])
    else:
        assert between


FEW = ("d.get()", "for", "before a Python function reads", "before a method in C reads", "len()")


@pytest.mark.slow
def test_windows_are_open_here_as_the_classification_says() -> None:
    done = subprocess.run(
        [sys.executable, "-B", WINDOWS, "3", *FEW], capture_output=True, text=True, check=True, timeout=120
    )
    hits = {name: hits for name, (executions, hits) in json.loads(done.stdout).items()}
    assert [name for name in FEW if hits[name]] == ["d.get()", "for", "before a Python function reads"]
