"""Makes the environments of the corpus: one for each list of pins, kept between runs."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from bench.wild.entries import Entry

CACHE = Path(__file__).parents[2] / ".wild"
AT_ONCE = 4
STAMP = "made"
"""The file that is written last, so that an environment that was cut short is made anew."""


class MissingError(Exception):
    """An environment cannot be had here; the text says why."""


def interpreter(python: str, pins: tuple[str, ...]) -> Path:
    """Return the interpreter of the environment with exactly these pins, made now if need be.

    Raises MissingError when this machine lacks that Python, or the pins do not install.
    """
    place = CACHE / hashlib.sha256("\n".join([python, *sorted(pins)]).encode()).hexdigest()[:12]
    found = place / "bin" / "python"
    if (place / STAMP).exists():
        return found
    base = installed(python)
    if base is None:
        raise MissingError(f"no Python {python} on PATH or in pyenv")
    shutil.rmtree(place, ignore_errors=True)
    _run([base, "-m", "venv", str(place)])
    _run([str(found), "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check", *pins])
    (place / STAMP).write_text("\n".join(pins), encoding="utf-8")
    return found


def prepare(chosen: Iterable[Entry]) -> dict[str, str]:
    """Make all environments of these entries, some at once; return those that cannot be had, each with the reason."""
    wanted = {(entry.python, variant.pins) for entry in chosen for variant in entry.variants.values()}
    reasons: dict[str, str] = {}

    def make(one: tuple[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], str]:
        try:
            interpreter(*one)
        except MissingError as error:
            return one, str(error)
        return one, ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = dict(pool.map(make, sorted(wanted)))
    for entry in chosen:
        for variant in entry.variants.values():
            if reason := failed[entry.python, variant.pins]:
                reasons[entry.name] = reason
    return reasons


@cache
def installed(python: str) -> str | None:
    """Return the path of an interpreter of this version, as in ``3.11``; None where there is none."""
    for path in _candidates(python):
        asked = [path, "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        if said.stdout.strip() == python:
            return path
    return None


def _candidates(python: str) -> Iterator[str]:
    yield getattr(sys, "_base_executable", sys.executable)
    for folder in os.get_exec_path():
        if path := shutil.which(f"python{python}", path=folder):
            yield path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{python}.*/bin/python"), reverse=True))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise MissingError(f"{' '.join(command[1:4])} failed: {last}")
