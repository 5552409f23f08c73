"""What a watcher tells of units that run, on this interpreter; the others are compared with it in test_instructions."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.core.control import Watch
from harness.core.feasibility import Feasibility
from harness.core.points import Point
from tests.controlled.watched import FREE, GIL, SHOP, Load, Passed


@pytest.mark.parametrize("files", [("shop.py",), ("other.py", "shop.py"), ("{tmp_path}/shop.py",)])
def test_a_function_tells_its_points_in_order(
    passed: Passed, load: Load, tmp_path: Path, files: tuple[str, ...]
) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(tuple(file.format(tmp_path=tmp_path) for file in files), GIL))
    each = ["enter 2", "returned 3", "loop 6"]
    for _ in range(3):
        passed.run(shop["work"])
        assert passed.told() == ["enter 4", *each, *each]
    passed.watcher.watch(Watch(("shop.py",), FREE))
    passed.run(shop["work"])
    assert passed.told() == ["enter 4", *each, *each, "load 8", "store 8"]


@pytest.mark.parametrize(
    "watch",
    [
        Watch(("shop.py",), Feasibility.JITTER),
        Watch((), FREE),
        Watch(("op.py",), FREE),
        Watch(("work/shop.py",), FREE),
    ],
)
def test_what_is_not_watched_costs_nothing(passed: Passed, load: Load, watch: Watch) -> None:
    shop = load(SHOP)
    passed.watcher.watch(watch)
    found: list[object] = []
    shop["d"].update(a=1)

    def unit() -> None:
        found.append(sys.gettrace())
        shop["work"]()

    passed.run(unit)
    assert passed.told() == []
    assert found == [sys.gettrace()] or watch.level is FREE


def test_each_point_is_made_once(passed: Passed, load: Load) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.run(shop["work"])
    points = [point for _, point in passed.points]
    assert points[1] is points[4]
    assert len({id(point) for point in points}) == 4
    passed.watcher.watch(Watch(("shop.py",), Feasibility.JITTER))
    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.run(shop["work"])
    assert [id(point) for _, point in passed.points[7:]] == [id(point) for point in points]


def test_only_between_enter_and_leave(passed: Passed, load: Load) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), GIL))
    shop["work"]()
    passed.run(lambda: None)
    shop["work"]()
    assert passed.told() == []
    passed.run(shop["ask"], "a")
    assert passed.told() == ["enter 2", "returned 3"]


def test_only_on_threads_that_entered(passed: Passed, load: Load) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), GIL))
    entered, go = threading.Event(), threading.Event()

    def unit() -> None:
        entered.set()
        go.wait(10)
        shop["ask"]("a")

    thread = threading.Thread(target=passed.run, args=(unit,))
    thread.start()
    entered.wait(10)
    shop["work"]()
    assert passed.told() == []
    go.set()
    thread.join()
    assert {ident for ident, _ in passed.points} == {thread.ident}
    assert passed.told() == ["enter 2", "returned 3"]


def test_two_units_take_turns_at_every_point(passed: Passed, load: Load) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), FREE))
    turns = [threading.Semaphore(1), threading.Semaphore(0)]
    alive = {0, 1}
    order: list[int] = []

    def unit(number: int) -> None:
        def reach(point: Point) -> None:
            order.append(number)
            if len(alive) == 2:
                turns[1 - number].release()
                turns[number].acquire(timeout=10)

        passed.then = by_thread
        reach_of[threading.get_ident()] = reach
        turns[number].acquire(timeout=10)
        passed.run(shop["work"])
        alive.discard(number)
        turns[1 - number].release()

    def by_thread(point: Point) -> None:
        reach_of[threading.get_ident()](point)

    reach_of: dict[int, Callable[[Point], None]] = {}
    threads = [threading.Thread(target=unit, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == [0, 1] * 9
    assert shop["d"]["n"] == 1  # both read 0: a lost update, made by hand


def test_variables_of_an_outer_function_keep_what_another_unit_stored_meanwhile(
    passed: Passed, load: Load
) -> None:
    """3.11 copies a frame's variables before it calls a trace function, and back after it."""
    shop = load("""def make():
    n = 0
    def more():
        nonlocal n
        repr(1)
        n += 1
        return n
    return more
""")
    more = shop["make"]()
    passed.watcher.watch(Watch(("shop.py",), FREE))
    done: list[str] = []

    def other(point: Point) -> None:
        if point.role == "returned" and not done:
            done.append("once")
            thread = threading.Thread(target=more)
            thread.start()
            thread.join()

    passed.then = other
    assert passed.run(more) == 2
    assert more() == 3


@pytest.mark.parametrize("at", range(6))
def test_what_reach_raises_ends_the_unit_cleanly(passed: Passed, load: Load, at: int) -> None:
    shop = load("""import contextlib
log = []
@contextlib.contextmanager
def scope():
    try:
        yield
    finally:
        log.append("left")
def inner(n):
    for each in range(n):
        repr(each)
def work():
    log.append("begun")
    try:
        inner(1)
        repr(2)
        inner(1)
    finally:
        log.append("ended")
""")

    class Stopped(BaseException): ...

    def stop(point: Point) -> None:
        if len(passed.points) == at + 1:
            raise Stopped

    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.then = stop
    before = sys.gettrace()
    with pytest.raises(Stopped):
        passed.run(shop["work"])
    assert sys.gettrace() is before
    assert len(passed.told()) == at + 1  # what runs while the unit ends is not told
    assert shop["log"] == [[], ["begun"], *[["begun", "ended"]] * 9][at]
    passed.then = lambda point: None
    passed.run(shop["work"])
    assert len(passed.told()) >= 9


def test_a_unit_that_outlives_what_was_raised_is_told_again_when_it_enters_again(
    passed: Passed, load: Load
) -> None:
    shop = load(
        "def work():\n    try:\n        repr(1)\n        repr(2)\n    except ValueError:\n        repr(3)\n"
    )

    def stop(point: Point) -> None:
        if point.line == 3:
            raise ValueError

    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.then = stop
    passed.run(shop["work"])
    assert passed.told() == ["enter 1", "returned 3"]
    passed.then = lambda point: None
    passed.run(shop["work"])
    assert passed.told() == ["enter 1", "returned 3", "returned 4"]


def test_a_generator_goes_on_in_another_unit(passed: Passed, load: Load) -> None:
    shop = load("def numbers():\n    yield 1\n    repr(1)\n    yield 2\n    repr(2)\n")
    passed.watcher.watch(Watch(("shop.py",), GIL))
    it = shop["numbers"]()
    passed.run(next, it)
    assert passed.told() == ["enter 1"]
    next(it)
    assert passed.told() == []
    thread = threading.Thread(target=passed.run, args=(next, it, None))
    thread.start()
    thread.join()
    assert {ident for ident, _ in passed.points} == {thread.ident}
    assert passed.told() == ["enter 4", "returned 5"]


def test_code_that_is_made_later_is_seen(passed: Passed, load: Load, tmp_path: Path) -> None:
    passed.watcher.watch(Watch(("shop.py", "later.py"), GIL))
    shop = load("def outer():\n    def inner():\n        return repr(1)\n    return inner\n")
    inner = passed.run(shop["outer"])
    assert passed.told() == ["enter 1"]
    passed.run(inner)
    assert passed.told() == ["enter 2", "returned 3"]
    later = load("def f():\n    pass\n", "later.py")
    passed.run(later["f"])
    assert passed.told() == ["enter 1"]


def test_another_watch_takes_the_place_of_the_last(passed: Passed, load: Load) -> None:
    shop, other = load(SHOP), load("def f():\n    repr(1)\n", "other.py")
    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.run(other["f"])
    assert passed.told() == []
    passed.watcher.watch(Watch(("other.py",), GIL))
    passed.run(shop["work"])
    assert passed.told() == []
    passed.run(other["f"])
    assert passed.told() == ["enter 1", "returned 2"]
    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.run(shop["ask"], "a")
    passed.run(other["f"])
    assert passed.told() == ["enter 2", "returned 3"]


def test_calls_of_what_a_host_puts_in_the_place_of_code_in_c(passed: Passed, load: Load) -> None:
    place = str(Path(sys.modules["harness.controlled._points.watcher"].__file__ or "").with_name("_lock.py"))
    namespace: dict[str, Any] = {}
    exec(compile("class Lock:\n    def acquire(self): pass\n    release = __enter__ = acquire\n"
                 "    def __exit__(self, *error): pass\n", place, "exec"), namespace)  # fmt: skip
    shop = load("def work(lock):\n    lock.acquire()\n    lock.release()\n    with lock:\n        pass\n")
    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.run(shop["work"], namespace["Lock"]())
    as_in_c = passed.told()
    passed.run(shop["work"], threading.Lock())
    of_with = ["returned 4", "returned 4"] if sys.version_info[:2] == (3, 14) else ["returned 4"]
    assert as_in_c == passed.told() == ["enter 1", "returned 2", "returned 3", *of_with]


UNASKED = """class Proxy:
    def __init__(self): self.all = {}
    def __getitem__(self, name): return self.all.get(name, 0)
    def __setitem__(self, name, value): self.all[name] = value
    def __getattr__(self, name): return name
    @property
    def size(self): return len(self.all)
    @size.setter
    def size(self, value): self.all.clear()
    def keep(self): return self.all
"""


def test_what_another_watched_file_stores_counts(
    passed: Passed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def module(name: str, source: str) -> Any:
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        made = ModuleType(name)
        made.__file__ = str(path)
        exec(compile(source, str(path), "exec"), vars(made))
        monkeypatch.setitem(sys.modules, name, made)
        return made

    model = module(
        "a_model",
        "LIMIT, table = 1, []\nclass User:\n    def __init__(self): self.names = []\n"
        "def work(user):\n    0 < 1\n    user.names[0]\n    table[LIMIT]\n",
    )
    user = model.User()
    user.names, model.table = [1], [1, 2]
    passed.watcher.watch(Watch(("a_model.py",), FREE))
    passed.run(model.work, user)
    assert passed.told() == ["enter 4", "load 6", "load 7"]
    module("a_view", "def change(user, model):\n    user.names = []\n    model.LIMIT, model.table = 2, []\n")
    passed.watcher.watch(Watch(("a_model.py", "a_view.py"), FREE))
    passed.run(model.work, user)
    assert passed.told() == ["enter 4", "load 6", "load 6", "load 7", "load 7", "load 7"]


def test_code_that_is_not_watched_and_runs_without_a_call_in_the_source(passed: Passed, load: Load) -> None:
    proxy = load(UNASKED, "proxies.py")["Proxy"]()
    shop = load(
        "def work(session):\n    session['n'] += 1\n    return session.name, session.size, session.keep()\n"
    )
    passed.watcher.watch(Watch(("shop.py",), GIL))
    reads = ["call 2", "returned 2"]
    attributes = ["call 3", "returned 3"]
    for _ in range(2):
        passed.run(shop["work"], proxy)
        assert passed.told() == ["enter 1", *reads, *reads, *attributes, *attributes, *attributes]
    passed.watcher.watch(Watch(("shop.py", "proxies.py"), GIL))
    passed.run(shop["work"], proxy)
    assert passed.told() == [
        *(
            "enter 1",
            "enter 3",
            "returned 3",
            "enter 4",
            "enter 5",
            "enter 6",
            "enter 10",
        )  # and dict.get returned
    ]


def test_two_units_lose_an_update_through_a_proxy_that_is_not_watched(passed: Passed, load: Load) -> None:
    proxy = load(UNASKED, "proxies.py")["Proxy"]()
    shop = load("def work(session):\n    session['n'] += 1\n")
    passed.watcher.watch(Watch(("shop.py",), GIL))
    done: list[str] = []

    def other(point: Point) -> None:
        if point.role == "returned" and not done:
            done.append("once")
            thread = threading.Thread(target=shop["work"], args=(proxy,))
            thread.start()
            thread.join()

    passed.then = other
    passed.run(shop["work"], proxy)
    assert proxy["n"] == 1


def test_two_watchers_side_by_side(passed: Passed, load: Load) -> None:
    other = Passed()
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), GIL))
    other.watcher.watch(Watch(("shop.py",), FREE))
    thread = threading.Thread(target=other.run, args=(shop["ask"], "a"))
    passed.run(shop["ask"], "a")
    thread.start()
    thread.join()
    other.watcher.close()
    assert passed.told() == other.told() == ["enter 2", "returned 3"]
    passed.run(shop["ask"], "a")
    assert passed.told() == ["enter 2", "returned 3"]
