"""A small project with a bug, and what runs pytest on its tests as a person would."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

WHOAMI = """
    import time

    current = None

    def whoami(name):
        global current
        current = name
        time.sleep(0.01)
        return current
"""
"""A shop that confuses its users."""


def write(folder: Path, name: str, *sources: str) -> Path:
    """Write a file of the project from pieces of source that may be indented."""
    path = folder / name
    path.write_text("".join(map(dedent, sources)))
    return path


def by_pytest(folder: Path, *words: str) -> tuple[int, str]:
    """Run pytest in the project; return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
