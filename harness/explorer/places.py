"""Names source files shortly: from the working directory, from where packages are installed, or by their last parts."""

import linecache
import re
from pathlib import Path

PATH = re.compile(r"(?:/|[A-Z]:\\)[^\s:]+\.py\b")
NOWHERE = "a place outside the program's code"
"""What hosts say in place of a line where the program has none."""
MADE_NOWHERE = re.compile(rf"\bthe (\w+) made at {NOWHERE}")
AT_NOWHERE = re.compile(rf" (?:made at|at|since) {NOWHERE}")
INSTALLED = ("site-packages", "dist-packages")
SHORTEST = 2
"""Last parts that a path is shortened to when it lies nowhere that is known."""


def shown(file: str) -> str:
    """Return a path relative to the working directory if it lies below, else its shortest end that tells it."""
    if not file or file.startswith("<"):
        return file
    path = Path(file)
    for part in reversed(path.parts):
        if part in INSTALLED:
            at = len(path.parts) - 1 - path.parts[::-1].index(part)
            return "/".join(path.parts[at + 1 :])
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return "/".join(path.parts[-SHORTEST:])


def in_short(waits: str) -> str:
    """Return what a unit waits for without where it stands itself, which is said beside it, and with short paths.

    A place that the program does not know is left out.
    """
    words = PATH.sub(lambda found: shown(found[0]), waits.partition(", to go on at ")[0])
    return AT_NOWHERE.sub("", MADE_NOWHERE.sub(r"a \1", words))


def place(file: str, line: int) -> str:
    """Return ``shop.py:14``, or nothing where no line is known."""
    return f"{shown(file)}:{line}" if file else ""


def source(file: str, line: int) -> str:
    """Return a line of source without its indentation; nothing where there is none."""
    return linecache.getline(file, line).strip() if file else ""
