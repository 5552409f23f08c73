"""How a child process of ours is called, and what of this process's environment it is given."""

import os
import sys
from pathlib import Path

FOREIGN = ("LOCUST_", "PYTEST_", "COVERAGE_", "COV_CORE_")
"""Prefixes of the variables with which a test runner or locust speaks to its own process."""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours with this interpreter.

    With ``-P`` nothing comes before the path that ``variables`` hands on: not the current directory, in which a file
    may be called like one of the standard library.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def variables() -> dict[str, str]:
    """Return the environment of a child: ours, without what configures the tool that runs us, and with our path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    roots = [path or str(Path.cwd()) for path in sys.path] + [str(Path(__file__).parents[2])]
    # Unbuffered, so that the last words of what crashes are not lost.
    return kept | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(roots)), "PYTHONUNBUFFERED": "1"}
