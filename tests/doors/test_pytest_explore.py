"""The fixture ``explore`` in projects of its own: four lines of a user's code, and what they come to."""

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

SHOP = """
    import asyncio, time

    current = None

    def whoami(name):
        global current
        current = name
        time.sleep(0.01)
        return current

    def sound(name):
        user = name
        time.sleep(0.01)
        return user

    async def whoami_async(name):
        global current
        current = name
        await asyncio.sleep(0.01)
        return current

    def checked(name):
        global current
        current = name
        str.upper(name)
        return current
"""
TOKEN = re.compile(r"ctxstress replay (x1\.[\w-]+)")


def session(folder: Path, body: str, *words: str) -> tuple[int, str]:
    """Run pytest on a test module with this body, beside the shop; return its exit code and what it said."""
    (folder / "shop.py").write_text(dedent(SHOP))
    (folder / "test_shop.py").write_text(dedent(body))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


FAULTY = """
    from shop import whoami

    def test_whoami(explore):
        explore(lambda: whoami("alice"), lambda: whoami("bob"))
"""


def test_four_lines_find_a_mixup_and_explain_it(tmp_path: Path) -> None:
    code, out = session(tmp_path, FAULTY)
    assert code == 1
    assert "was overtaken by r2 at shop.py" in out
    assert "returned 'bob', not 'alice'" in out or "returned 'alice', not 'bob'" in out
    assert "return current" in out
    assert "repeat: pytest test_shop.py::test_whoami" in out


def test_its_token_replays_the_one_schedule_until_the_bug_is_fixed(tmp_path: Path) -> None:
    _, out = session(tmp_path, FAULTY)
    found = TOKEN.search(out)
    assert found is not None
    code, again = session(tmp_path, FAULTY, "--ctxstress-replay", found[1])
    assert (code, "1 failed" in again, "was overtaken" in again) == (1, True, True)
    code, fixed = session(
        tmp_path, FAULTY.replace("import whoami", "import sound as whoami"), "--ctxstress-replay", found[1]
    )
    assert "was overtaken" not in fixed
    assert code == (1 if "search again" in fixed else 0)


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ('explore(lambda: sound("a"), lambda: sound("b"))', 0, "1 passed"),
        (
            'explore(lambda: sound("a"), lambda: sound("b"), unit="greenlet")',
            1,
            "no unit could run while another",
        ),
        ('explore(lambda: checked("a"), lambda: checked("b"))', 1, "a switch of threads by the GIL makes it"),
        ('explore(partial(whoami_async, "a"), partial(whoami_async, "b"))', 1, "was overtaken by"),
        ('explore(gevented("a"), gevented("b"), unit="greenlet")', 1, "was overtaken by"),
        ("explore(lambda: 1)", 1, "it takes two or more"),
        ("explore(lambda: 1, lambda: 2, depth=3)", 1, "'depth' is nothing that can be chosen"),
        ('explore(lambda: sound("a"), whoami_async)', 1, "explore either, not both"),
    ],
)
def test_functions_on_threads_and_greenlets_and_coroutines_on_tasks(
    tmp_path: Path, body: str, code: int, told: str
) -> None:
    head = """
        from functools import partial
        import gevent
        from shop import *

        def gevented(name):
            def call():
                global current
                current = name
                gevent.sleep(1)
                return current
            return call

        def test_it(explore):
    """
    found, out = session(tmp_path, dedent(head) + f"    {body}\n")
    assert (found, told in " ".join(out.split())) == (code, True), out


def test_the_marker_says_how_far(tmp_path: Path) -> None:
    body = """
        import time
        import pytest
        from shop import sound

        def twice(name):
            time.sleep(1)
            return sound(name)

        @pytest.mark.explore(bound=1)
        def test_sound(explore):
            found = explore(lambda: twice("a"), lambda: twice("b"))
            assert "with at most 1 preemption" in found.sentence
            deeper = explore(lambda: twice("a"), lambda: twice("b"), bound=2)
            assert deeper.schedules > found.schedules
    """
    code, out = session(tmp_path, body)
    assert (code, "1 passed" in out) == (0, True), out


def test_a_fresh_instance_and_a_check_of_all_results(tmp_path: Path) -> None:
    body = """
        import time

        def add(box):
            number = len(box)
            time.sleep(1)
            box[number] = True

        def test_add(explore):
            explore(add, add, begin=dict, expect=lambda results: None)

        def test_check(explore):
            boxes = []
            def begin():
                boxes.append({})
                return boxes[-1]
            explore(add, add, begin=begin, expect=lambda results: len(boxes[-1]) == 2)
    """
    code, out = session(tmp_path, body)
    assert (code, "1 failed, 1 passed" in out) == (1, True), out
    assert "the check refused the results [None, None]" in " ".join(out.split())
