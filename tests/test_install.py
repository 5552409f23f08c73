"""A fresh checkout installs the pinned versions, and the wheel works without the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# Packages that a machine has never seen take long to fetch and to unpack.
pytestmark = [pytest.mark.network, pytest.mark.timeout(1500)]
ROOT = Path(__file__).resolve().parents[1]
ECHO = """
import time


def app(environ, start_response):
    time.sleep(0.002)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["QUERY_STRING"].encode()]
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is in git or about to be."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    copy = tmp_path / "a checkout"
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


def test_a_fresh_checkout_gets_exactly_the_pinned_versions(checkout: Path) -> None:
    freeze = ("python", "-m", "pip", "freeze", "--exclude-editable")
    done = subprocess.run([checkout / "dev", "exec", *freeze], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    def plain(line: str) -> str:
        return line.lower().replace("_", "-").replace(".", "-")

    pinned = {plain(line) for line in (checkout / "constraints.txt").read_text("utf-8").split()}
    installed = {plain(line) for line in done.stdout.split()}
    assert installed
    assert installed <= pinned


def test_the_wheel_carries_all_four_packages_and_works_alone(checkout: Path, tmp_path: Path) -> None:
    rooms = ("harness", "localimpl", "scenarios", "reports")
    # What the build environment and the empty one install is pinned, as in ./dev; relative for the space.
    pinned = os.environ | {"PIP_CONSTRAINT": "constraints.txt", "PIP_BUILD_CONSTRAINT": "constraints.txt"}

    def run(*command: str | Path, cwd: Path = checkout) -> str:
        done = subprocess.run(command, cwd=cwd, env=pinned, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ".")
    [wheel] = tmp_path.glob("ctxstress-*.whl")
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {
        str(path.relative_to(checkout))
        for room in rooms
        for path in (checkout / room).rglob("*")
        if path.is_file()
    }
    assert shipped == ours

    run(sys.executable, "-m", "venv", tmp_path / "empty")
    run(tmp_path / "empty" / "bin" / "python", "-m", "pip", "install", "--quiet", f"{wheel}")
    ctxstress = tmp_path / "empty" / "bin" / "ctxstress"
    assert "run" in run(ctxstress, "--help", cwd=tmp_path)
    assert "--local" in run(ctxstress, "run", "--help", cwd=tmp_path)
    assert "pip install 'ctxstress[frameworks]'" in run(ctxstress, "doctor", cwd=tmp_path)
    cell = ("--local", "contextvar", "--host", "threads", "--scenario", "read_back")
    assert "Every promise was kept in 1 cell." in run(ctxstress, "run", *cell, cwd=tmp_path)
    (tmp_path / "echo.py").write_text(ECHO)
    request = ("--request", "GET /?q={token}", "--requests", "1000")
    assert "page: " in run(ctxstress, "run", "--app", "echo:app", *request, cwd=tmp_path)
