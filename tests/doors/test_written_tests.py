"""Tests that `ctxstress replay --write-test` wrote, in a project of its own: red while the bug is there, then green."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

SHOP = """
    import time
    from harness.explorer.callables import Calls
    from localimpl import Unit

    current = None

    def whoami(name):
        global current
        current = name
        time.sleep(0.01)
        return current

    def alice():
        return whoami("alice")

    def bob():
        return whoami("bob")

    PROGRAM = Calls([alice, bob], unit=Unit.THREAD, expect=["alice", "bob"], reference="call:shop:PROGRAM")
"""
FIND = """
    import shop
    from harness.controlled.threads import CONTROLLED
    from harness.explorer.exploring import explore
    from harness.explorer.limits import Limits

    print(explore(shop.PROGRAM, CONTROLLED, Limits()).explanation.token)
"""
FIXED = SHOP.replace("        return current", "        return name")
FIXED_ELSEWHERE = FIXED.replace("    current = None", "    # Of nobody.\n\n    current = None")
STILL_THERE = SHOP.replace("    current = None", "    # Of nobody.\n\n    current = None")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with a bug and the test that was written of it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop.py").write_text(dedent(SHOP))
    token = run(folder, sys.executable, "-c", dedent(FIND)).stdout.strip()
    command = Path(sys.executable).with_name("ctxstress")
    done = run(folder, str(command), "replay", token, "--write-test", "test_whoami.py")
    assert "written: test_whoami.py" in done.stdout, done.stdout + done.stderr
    return folder


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("shop", "code", "told"),
    [
        (SHOP, 1, "r1 was overtaken by r2 at shop.py:11 and then returned 'bob', not 'alice'."),
        (FIXED, 0, "1 passed"),
        (FIXED_ELSEWHERE, 0, "1 passed"),
        (STILL_THERE, 1, "r1 was overtaken by r2 at shop.py:13 and then returned 'bob', not 'alice'."),
    ],
    ids=["as it was", "fixed", "fixed, and lines moved", "lines moved"],
)
def test_fails_until_the_bug_is_fixed(project: Path, shop: str, code: int, told: str) -> None:
    (project / "shop.py").write_text(dedent(shop))
    words = (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:locust",
        "test_whoami.py",
    )
    done = run(project, sys.executable, *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert told in done.stdout
