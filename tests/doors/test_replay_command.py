"""``ctxstress replay``: a schedule is run again in another process, after changes, and where it cannot be."""

import re
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from harness.core.exploration import Switch
from harness.explorer.token import decode, encode
from tests.doors.command import marked, run, start
from tests.doors.shop import by_pytest, write
from tests.doors.test_cli_processes import wait_until

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


SHARED = """
    import threading
    from gevent.monkey import get_original

    class Bag:
        pass

    class Cart:
        def __init__(self):
            self.mine = Bag()

        def get(self, name):
            return self.mine.__dict__[name]

        def set(self, name, value):
            self.mine.__dict__[name] = value

        def delete(self, name):
            del self.mine.__dict__[name]

        def release(self):
            self.mine.__dict__.clear()
"""
OF_GREENLETS = SHARED.replace("= Bag()", "= threading.local()")
"""Of each greenlet where gevent has patched, of the thread that all share where it has not."""
OF_THREADS = SHARED.replace("= Bag()", '= get_original("threading", "local")()')


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Make a project with a Local that greenlets share, explore it, and write the test of what was found."""
    folder = tmp_path_factory.mktemp("shop")
    write(folder, "cart.py", SHARED)
    words = ("--local", "cart:Cart", "--promise", "thread,greenlet", "--host", "greenlets")
    code, out, err = run(folder, "explore", *words, "--scenario", "read_back")
    found = TOKEN.search(out)
    assert (code, found is not None) == (1, True), out + err
    assert found is not None
    code, out, err = run(folder, "replay", found[1], "--write-test", "test_cart.py")
    assert (code, "was overtaken by" in out, "written: test_cart.py" in out) == (1, True, True), out + err
    return folder, found[1]


def replayed(shop: tuple[Path, str], source: str) -> tuple[tuple[int, str, str], tuple[int, str]]:
    """Return what the replay came to with such a Local, by the command and by the test that was written."""
    folder, token = shop
    write(folder, "cart.py", source)
    return run(folder, "replay", token), by_pytest(folder, "test_cart.py")


@pytest.mark.parametrize(
    ("source", "code"),
    [(SHARED, 1), (OF_GREENLETS, 0), (OF_THREADS, 1)],
    ids=["as it was", "of greenlets", "of threads"],
)
def test_a_cell_of_patched_greenlets_is_replayed_where_gevent_has_patched(
    shop: tuple[Path, str], source: str, code: int
) -> None:
    (found, out, err), (by_test, told) = replayed(shop, source)
    assert (found, "was overtaken by" in out, err) == (code, code == 1, "")
    assert (by_test, "was overtaken by" in told) == (code, code == 1), told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("Cart =", "importing cart failed: SyntaxError"),
        ("import os\nos._exit(7)", "the process of the replay ended with exit code 7"),
    ],
    ids=["broken", "ends the process"],
)
def test_what_goes_wrong_in_the_patched_process_is_told(
    shop: tuple[Path, str], source: str, told: str
) -> None:
    (code, out, err), (by_test, said) = replayed(shop, source)
    assert (code, "Traceback" in err, told in " ".join(err.split())) == (2, False, True), out + err
    assert (by_test, told in said) == (1, True), said


def interrupted(folder: Path, token: str, calls: int) -> str:
    """Replay until the Local's module noted so many calls, then interrupt, as a program does; return what was said."""
    mark, made = uuid4().hex, folder / "calls"
    made.write_text("")
    with start(folder, "replay", token, mark=mark) as process:
        assert wait_until(lambda: len(made.read_text()) >= calls)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False), out + err
    assert wait_until(lambda: not list(marked(mark))), list(marked(mark))
    return out + err


def test_ctrl_c_reaches_the_patched_process(shop: tuple[Path, str]) -> None:
    folder, token = shop
    write(folder, "cart.py", 'import time\nopen("calls", "a").write("x")\ntime.sleep(600)')
    assert "ctxstress: interrupted" in interrupted(folder, token, 1)


def test_ctrl_c_in_a_search_of_the_patched_process_tells_how_far_it_came(shop: tuple[Path, str]) -> None:
    folder, token = shop
    asked = decode(token)
    elsewhere = [Switch("r0", "pause", "gone.py", 1, 1, "r1")]
    token = encode(asked.reference, asked.host, asked.files, asked.level, elsewhere)
    slow = 'open("calls", "a").write("x"); get_original("time", "sleep")(0.1); self.mine = threading.local()'
    write(folder, "cart.py", SHARED.replace("self.mine = Bag()", slow))
    # The replay makes seven Locals, the search thirty more.
    said = " ".join(interrupted(folder, token, 12).split())
    assert "The schedule cannot be followed any more: 1 of its switches never came" in said
    assert "interrupted" in said


@pytest.mark.parametrize("host", ["tasks", "threads"])
def test_a_cell_of_an_unpatched_host_is_replayed_where_nothing_is_patched(tmp_path: Path, host: str) -> None:
    write(tmp_path, "cart.py", SHARED)
    words = ("--local", "cart:Cart", "--promise", "thread,task", "--host", host, "--scenario", "read_back")
    code, out, err = run(tmp_path, "explore", *words)
    found = TOKEN.search(out)
    assert (code, found is not None) == (1, True), out + err
    assert found is not None
    plain = 'assert not __import__("gevent.monkey").monkey.is_module_patched("threading")'
    write(tmp_path, "cart.py", SHARED, plain)
    code, out, err = run(tmp_path, "replay", found[1])
    assert (code, "was overtaken by" in out) == (1, True), out + err


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
