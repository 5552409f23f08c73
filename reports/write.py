"""Writes all reports of a run, each whole or not at all."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

from harness.core.app_record import AppRun
from harness.core.errors import UserError
from harness.core.record import Run, to_json
from reports.app_junit import to_app_junit
from reports.app_page import render_app
from reports.html import render
from reports.junit import to_junit


@dataclass(frozen=True, slots=True)
class Written:
    """Where the reports of a run lie."""

    record: Path
    page: Path
    junit: Path


def write_all(run: Run, folder: Path) -> Written:
    """Write ``run.json``, ``index.html`` and ``junit.xml`` into a folder, which is made; raise UserError when it fails.

    The record comes first: it is what the others can be made from again.
    """
    return _write(run, folder, ("run.json", to_json), ("index.html", render), ("junit.xml", to_junit))


def write_app(run: AppRun, folder: Path) -> Written:
    """Write ``app.json``, ``index.html`` and ``junit.xml`` of a run against an app, as ``write_all`` does."""
    return _write(run, folder, ("app.json", to_json), ("index.html", render_app), ("junit.xml", to_app_junit))


def write_record(run: Run | AppRun, folder: Path) -> Written:
    """Write the reports of a run of either kind."""
    return write_app(run, folder) if isinstance(run, AppRun) else write_all(run, folder)


R = TypeVar("R")


def _write(run: R, folder: Path, *makers: tuple[str, Callable[[R], str]]) -> Written:
    make_folder(folder)
    try:
        for name, make in makers:
            replace(folder / name, make(run))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return Written(*(folder / name for name, _ in makers))


def make_folder(folder: Path) -> None:
    """Make a folder for reports, parents included; raise UserError when nothing could be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        NamedTemporaryFile(dir=folder).close()
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> UserError:
    return UserError(f"cannot write the reports to {folder}: {error}; name another folder with --out")


def replace(path: Path, text: str) -> None:
    """Put ``text`` in place of a file at once, so that no reader ever sees half of it."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
            file.close()
            # A temporary file is private; a report is as public as the folder's other files.
            mask = os.umask(0)
            os.umask(mask)
            Path(file.name).chmod(0o666 & ~mask)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
