"""Finds the source files that are to be looked into, so that a slip of the pen is no search of nothing."""

import sys
from collections.abc import Iterable
from pathlib import Path

from harness.core.errors import UserError


def watched(files: Iterable[str]) -> tuple[str, ...]:
    """Return the files as they were named. Raises UserError for one that Python could not have its code from.

    They are named from the working directory, or from a directory that is imported from: ``werkzeug/local.py``.
    """
    named = tuple(files)
    for file in named:
        if not any((Path(folder) / file).is_file() for folder in ("", *sys.path)):
            raise UserError(
                f"{file!r} cannot be watched: there is no such file in {Path.cwd()}, nor where Python imports from; "
                "name the source file whose code runs, as in shop/views.py"
            )
        if not file.endswith(".py"):
            raise UserError(
                f"{file!r} cannot be watched: it is no source file of Python, and only those are looked into"
            )
    return named
