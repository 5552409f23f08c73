"""``ctxstress replay``: a schedule is run again in another process, after changes, and where it cannot be."""

import re
from pathlib import Path

import pytest

from tests.doors.command import run
from tests.doors.shop import by_pytest, write

MINE = """
    from threading import get_ident

    class Mine:
        def __init__(self):
            self.all = {}
            self.owner = self.values = None

        def mine(self):
            if self.owner != get_ident():
                self.values = self.all.setdefault(get_ident(), {})
                self.owner = get_ident()
            return self.values

        def get(self, name):
            return self.mine()[name]

        def set(self, name, value):
            self.mine()[name] = value

        def delete(self, name):
            del self.mine()[name]

        def release(self):
            self.mine().clear()
"""
MOVED = MINE.replace("    class", "    # Of nobody.\n\n    class")
FIXED = """
    import threading

    def Mine():
        return threading.local()
"""
TOKEN = re.compile(r"ctxstress replay (x1\.[\w-]+)")
EXPLORE = ("explore", "--local", "mine:Mine", "--promise", "thread,task", "--scenario", "read_back")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with a Local that hands one thread's values to another where that comes between."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, "mine.py", MINE)
    return folder


@pytest.fixture(scope="module")
def token(project: Path) -> str:
    """Explore it on threads, where its own instructions are switch points."""
    code, out, err = run(project, *EXPLORE, "--host", "threads", "--requests", "4")
    assert code == 1, out + err
    assert "Mine[task,thread]-threads-read_back" in out
    assert re.search(r"was overtaken by r\d at mine.py:\d+, then found nothing", out)
    found = TOKEN.search(out)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        (MINE, 1, "was overtaken by"),
        (MOVED, 1, "code has changed. All schedules that are no harder to come by were searched"),
        (FIXED, 0, "No mix-up in all"),
        ("Mine =", 2, "importing mine failed: SyntaxError"),
    ],
    ids=["as it was", "lines moved", "fixed", "broken"],
)
def test_a_schedule_is_run_in_another_process(
    project: Path, token: str, source: str, code: int, told: str
) -> None:
    write(project, "mine.py", source)
    found, out, err = run(project, "replay", token)
    assert (found, "Traceback" in err) == (code, False), out + err
    assert told in " ".join((out + err).split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--write-test", "mixup.py"), "pytest would not collect mixup.py: call it test_mixup.py"),
        (("--write-test", "test_there.py"), "test_there.py is there already: name another file"),
        (("--write-test", "file/test_mixup.py"), "cannot write the test to file/test_mixup.py"),
    ],
)
def test_a_test_that_cannot_be_written_is_told(
    project: Path, token: str, words: tuple[str, ...], told: str
) -> None:
    write(project, "mine.py", MINE)
    write(project, "test_there.py", "")
    write(project, "file", "")
    code, out, err = run(project, "replay", token, *words)
    assert (code, "Traceback" in err) == (2, False), out + err
    assert told in " ".join(err.split())


def test_no_test_is_written_of_what_is_gone(project: Path, token: str) -> None:
    write(project, "mine.py", FIXED)
    code, out, err = run(project, "replay", token, "--write-test", "test_gone.py")
    assert (code, "it would be the test of a mix-up, and none was found" in err) == (2, True), out + err
    assert not (project / "test_gone.py").exists()


def test_a_token_that_was_cut_short_is_told(project: Path, token: str) -> None:
    code, out, err = run(project, "replay", token[:-8])
    assert (code, "is damaged: letters of it are missing" in err) == (2, True), out + err


TWICE = """
    import time

    def sound(name):
        time.sleep(0.01)
        return name

    def faulty(box, name):
        box["name"] = name
        time.sleep(0.01)
        return box["name"]

    def test_both(explore):
        explore(lambda: sound("a"), lambda: sound("b"))
        explore(lambda box: faulty(box, "a"), lambda box: faulty(box, "b"), begin=dict)

    def test_other(explore):
        explore(lambda: sound("a"), lambda: sound("b"))
"""


def test_a_schedule_of_a_test_is_replayed_by_the_call_that_it_is_of(tmp_path: Path) -> None:
    write(tmp_path, "test_twice.py", TWICE)
    code, out = by_pytest(tmp_path, "test_twice.py")
    found = TOKEN.search(out)
    assert (code, "1 failed, 1 passed" in out, found is not None) == (1, True, True), out
    assert found is not None
    code, out, err = run(tmp_path, "replay", found[1])
    assert (code, "was overtaken by" in out) == (1, True), out + err
    code, out, err = run(tmp_path, "replay", found[1], "--write-test", "test_more.py")
    assert (code, "which is a test already" in err) == (2, True), out + err
    code, out = by_pytest(tmp_path, "test_twice.py::test_other", "--ctxstress-replay", found[1])
    assert (code, "and this test is test_twice.py::test_other" in out) == (1, True), out
    (tmp_path / "test_twice.py").unlink()
    code, out, err = run(tmp_path, "replay", found[1])
    assert (code, "there is no test_twice.py in" in err) == (2, True), out + err
