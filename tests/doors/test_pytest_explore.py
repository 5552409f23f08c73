"""The fixture ``explore`` in projects of its own: four lines of a user's code, and what they come to."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.doors.command import run
from tests.doors.shop import WHOAMI, by_pytest, write

MORE = """
    import asyncio

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
    write(folder, "shop.py", WHOAMI, MORE)
    write(folder, "test_shop.py", body)
    return by_pytest(folder, *words)


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


def test_the_summary_has_one_line_for_each_failure_in_ci_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    code, out = session(tmp_path, FAULTY, "--junit-xml=junit.xml")
    first, *rest = out[out.index("FAILED test_shop.py::test_whoami - ") :].splitlines()
    assert code == 1
    assert "Mixed up in schedule" in first
    assert "1 failed" in rest[0], out
    assert out.count("was overtaken by r2 at shop.py") == 1
    junit = (tmp_path / "junit.xml").read_text("utf-8")
    assert junit.count("was overtaken by r2 at shop.py") == 1


def test_its_commands_hold_where_pytest_was_called(tmp_path: Path) -> None:
    write(tmp_path, "pytest.ini", "[pytest]")
    (folder := tmp_path / "deeper" / "tests").mkdir(parents=True)
    body = """
        import pytest
        from shop import whoami

        @pytest.mark.parametrize("call", [lambda name: whoami(name)])
        def test_whoami(explore, call):
            explore(lambda: call("alice"), lambda: call("bob"))
    """
    _, out = session(folder, body)
    assert "repeat: pytest 'test_shop.py::test_whoami[<lambda>]'" in out
    found = TOKEN.search(out)
    assert found is not None, out
    code, out, err = run(folder, "replay", found[1], path=str(folder))
    assert (code, "FAILED test_shop.py::test_whoami" in out) == (1, True), out + err


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


MISTAKES = {
    'unit="threed"': "there is no unit 'threed'; did you mean thread?",
    "bound=-1": "a bound of -1 preemptions: it takes 0 or more",
    'bound="2"': "bound='2': write a number of preemptions, or None for no bound",
    "schedules=0": "0 schedules to be tried: it takes 1 or more",
    "schedules=True": "schedules=True: write a number of schedules",
    "seconds=0": "0 seconds to search: it takes more than 0",
    'strategy="fo"': "there is no strategy 'fo'; did you mean fifo?",
    "strategy=5": "strategy=5: write the name of a strategy",
    'watch="shop.py"': "watch='shop.py': write a list of source files",
    'watch=["nope.py"]': "'nope.py' cannot be watched: there is no such file in",
    'expect=["a"]': "1 results are expected of 2 callables",
    "begin=dict": "is given what begin= returned, and nothing else",
    "depth=3": "'depth' is nothing that can be chosen; there are: bound,",
}
MARKERS = {
    "3": "@pytest.mark.explore(3) does not say what these are: write explore(bound=3)",
    "bound=-2": "a bound of -2 preemptions",
    "deep=3": "'deep' is nothing that can be chosen",
}


def test_a_mistake_is_a_sentence_that_says_what_to_write(tmp_path: Path) -> None:
    call = 'explore(lambda: sound("a"), lambda: sound("b")'
    lines = ["import pytest", "from shop import sound"]
    for number, mistake in enumerate(MISTAKES):
        lines += [f"def test_{number}(explore):", f"    {call}, {mistake})"]
    for number, mistake in enumerate(MARKERS):
        lines += [f"@pytest.mark.explore({mistake})", f"def test_marked_{number}(explore):", f"    {call})"]
    code, out = session(tmp_path, "\n".join(lines))
    said = " ".join(out.split())
    assert [told for told in (*MISTAKES.values(), *MARKERS.values()) if told not in said] == []
    assert (code, f"{len(MISTAKES) + 2} failed, 1 error" in out) == (1, True), out
    assert not {"Traceback", "During handling", "/harness/"} & set(
        re.findall("Traceback|During handling|/harness/", out)
    )


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


def test_what_begin_makes_is_looked_into(tmp_path: Path) -> None:
    stats = """
        class Plain:
            def __init__(self):
                self.by = {}
            def hit(self, key):
                self.by[key] = self.by.get(key, 0) + 1
                return self.by[key]
        class Kept(Plain):
            def hit(self, key):
                return 2
    """
    body = """
        import pytest
        import stats

        def make():
            return stats.Plain()

        @pytest.mark.parametrize("begin", [stats.Plain, lambda: stats.Plain(), make, stats.Kept])
        def test_hits(explore, begin):
            explore(lambda st: st.hit("a"), lambda st: st.hit("a"), begin=begin, expect=lambda r: 2 in r)
    """
    write(tmp_path, "stats.py", stats)
    code, out = session(tmp_path, body)
    assert (code, "3 failed, 1 passed" in out) == (1, True), out
    assert " ".join(out.split()).count("the check refused the results [1, 1]") == 3, out


def test_a_lock_of_threads_that_is_held_across_an_await_blocks_the_event_loop(tmp_path: Path) -> None:
    body = """
        import asyncio
        import threading

        LOCK, KEPT_SHORT = threading.Lock(), threading.Lock()

        async def held():
            with LOCK:
                await asyncio.sleep(0.1)

        async def kept_short():
            with KEPT_SHORT:
                pass
            await asyncio.sleep(0.1)

        def test_held(explore):
            explore(held, held)

        def test_kept_short(explore):
            explore(kept_short, kept_short)
    """
    code, out = session(tmp_path, body)
    assert (code, "1 failed, 1 passed" in out) == (1, True), out
    said = " ".join(out.split())
    assert (
        "now r2 waits for the lock test_shop.LOCK, held by r1 since test_shop.py:8, while the event loop"
        in said
    )
    assert "waits, and keeps the thread to itself" in out
    replayed, again = session(tmp_path, body, "--ctxstress-replay", TOKEN.findall(out)[0], "-k", "held")
    assert (replayed, "1 failed" in again) == (1, True), again
