"""Makes the environment in which all tools are measured, ours too: one Python, the peers and this project."""

import hashlib
import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import click

from bench.wild.environments import installed
from harness.core.errors import UserError

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".explore"
PYTHONS = ("3.13", "3.12")
"""The Pythons that all peers install on, the one that is preferred first."""
STAMP = "made"
"""The file that is written last, so that an environment that was cut short is made anew."""


def prepared() -> Path:
    """Return the folder of the commands of an environment with all tools, made now if need be.

    Raises UserError when there is no fitting Python, or what is missing does not install.
    """
    found = [(version, path) for version in PYTHONS if (path := installed(version))]
    if not found:
        raise UserError(
            f"the peers need Python {' or '.join(PYTHONS)}, and there is none on PATH or in pyenv: install one "
            "(pyenv install 3.13) and run this again"
        )
    version, base = found[0]
    place = CACHE / version
    stamp = _stamp(base)
    if (place / STAMP).exists() and (place / STAMP).read_text("utf-8") == stamp:
        return place / "bin"
    click.echo(
        f"Preparing the environment {place.relative_to(ROOT)} of the peers, once (about a minute) …", err=True
    )
    shutil.rmtree(place, ignore_errors=True)
    _run([base, "-m", "venv", str(place)])
    _run([str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--editable", ".[bench]"])
    (place / STAMP).write_text(stamp, encoding="utf-8")
    return place / "bin"


def _stamp(base: str) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    return hashlib.sha256(json.dumps([base, project, pins]).encode()).hexdigest()


def _run(command: list[str]) -> None:
    pinned = {"PIP_CONSTRAINT": "constraints.txt", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | pinned, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise UserError(
            f"'{' '.join(command)}' failed: {last}\nRun it by hand in {ROOT.name}/ to see all of it"
        )
