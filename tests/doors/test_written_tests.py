"""Tests that `ctxstress replay --write-test` wrote, in a project of its own: red while the bug is there, then green."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.doors.command import run
from tests.doors.shop import WHOAMI, by_pytest, write

PROGRAM = """
    from harness.explorer.callables import Calls
    from localimpl import Unit

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
FIXED = WHOAMI.replace("        return current", "        return name")
FIXED_ELSEWHERE = FIXED.replace("    current = None", "    # Of nobody.\n\n    current = None")
STILL_THERE = WHOAMI.replace("    current = None", "    # Of nobody.\n\n    current = None")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with a bug and the test that was written of it."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, "shop.py", WHOAMI, PROGRAM)
    find = [sys.executable, "-c", dedent(FIND)]
    token = subprocess.run(find, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
    code, out, err = run(folder, "replay", token, "--write-test", "test_whoami.py")
    assert (code, "written: test_whoami.py" in out) == (1, True), out + err
    return folder


@pytest.mark.parametrize(
    ("shop", "code", "told"),
    [
        (WHOAMI, 1, "r1 was overtaken by r2 at shop.py:9 and then returned 'bob', not 'alice'."),
        (FIXED, 0, "1 passed"),
        (FIXED_ELSEWHERE, 0, "1 passed"),
        (STILL_THERE, 1, "r1 was overtaken by r2 at shop.py:11 and then returned 'bob', not 'alice'."),
    ],
    ids=["as it was", "fixed", "fixed, and lines moved", "lines moved"],
)
def test_fails_until_the_bug_is_fixed(project: Path, shop: str, code: int, told: str) -> None:
    write(project, "shop.py", shop, PROGRAM)
    found, out = by_pytest(project, "test_whoami.py")
    assert (found, told in out) == (code, True), out
