"""Runs Werkzeug's own tests of its ``local`` module on ours, and shows what that suite cannot see."""

import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_TESTS = 63

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Werkzeug's test file, out of the source distribution of the version that is installed."""
    folder = tmp_path_factory.mktemp("werkzeug")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q", "--no-deps"]
    wanted = f"werkzeug=={version('werkzeug')}"
    subprocess.run([*pip, "--no-binary", "werkzeug", "--dest", str(folder), wanted], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        (member,) = (each for each in opened.getmembers() if each.name.endswith("/tests/test_local.py"))
        text = opened.extractfile(member)
        assert text is not None
        path = folder / "test_local.py"
        path.write_bytes(text.read())
    return path


def outcomes(suite: Path, subject: str, change: str = "") -> tuple[int, int]:
    """Return how many tests pass and fail on a subject, after a change to our code if any."""
    (suite.parent / "change.py").write_text(change)
    pytest_command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(suite.parent), "-c", os.devnull]
    plugins = ("no:cacheprovider", "no:locust", "in_place_of_werkzeug", "change")
    run = subprocess.run(
        [*pytest_command, *(word for name in plugins for word in ("-p", name)), str(suite)],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "PYTHONPATH": os.pathsep.join(map(str, [ROOT, Path(__file__).parent, suite.parent])),
            "SUBJECT": subject,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", run.stdout)}
    assert counts, run.stdout + run.stderr
    return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)


def test_our_modules_pass_all_of_it(suite: Path) -> None:
    assert outcomes(suite, "contextvar") == (PUBLIC_TESTS, 0)


@pytest.mark.parametrize(
    "change",
    [
        "from localimpl import LocalProxy\nLocalProxy.__radd__ = LocalProxy.__add__",
        "from localimpl import LocalStack\nLocalStack.pop = lambda self: None",
    ],
    ids=["unreflected", "unpopped"],
)
def test_a_fault_in_our_modules_fails_it(suite: Path, change: str) -> None:
    passed, failed = outcomes(suite, "contextvar", change)
    assert passed == PUBLIC_TESTS - failed
    assert 1 <= failed <= 3


# As Werkzeug itself did until commit 9741ea99: the list belongs to whatever context this one was copied from, too.
POPS_IN_PLACE = """
from localimpl import LocalStack

def pop(self):
    if self.top is None:
        return None
    frames = self._read()
    if len(frames) > 1:
        return frames.pop()
    self.release()
    return frames[-1]

LocalStack.pop = pop
"""


@pytest.mark.parametrize(
    ("subject", "change"),
    [("broken_shared_delete", ""), ("contextvar", POPS_IN_PLACE)],
    ids=["delete reaches all", "pop reaches the parent"],
)
def test_it_does_not_see_one_unit_reach_into_another(suite: Path, subject: str, change: str) -> None:
    assert outcomes(suite, subject, change) == (PUBLIC_TESTS, 0)
