"""Of two switch points with nothing between them one is enough: without it no outcome is lost."""

import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.controlled._points.instructions import Study
from harness.core.control import Watch, Work
from harness.core.feasibility import Feasibility
from tests.controlled.explored_threads import explore, works

PROGRAMS = {
    "accesses right after entries": """
class Box: pass
box = Box()
def begin():
    box.n, box.seen = 0, []
def read():
    return box.n
def write(n):
    box.n = n
def one():
    write(read() + 1)
    return read()
two = one
def outcome(): return box.n
""",
    "a loop that ends in a call": """
items = []
def begin():
    items.clear()
def one():
    for n in "ab":
        items.append(n)
    return len(items)
def two():
    for n in "xy":
        items.append(n)
    return items[0]
def outcome(): return "".join(items)
""",
    "a reference that stays, and what is in it": """
class Store:
    def __init__(self):
        self.values = {}
    def add(self, name):
        if name not in self.values:
            self.values[name] = 0
        self.values[name] += 1
def begin():
    global store
    store = Store()
def one():
    store.add("a")
    return store.values["a"]
def two():
    store.add("a")
    del store.values["a"]
def outcome(): return store.values.get("a")
""",
    "a global that is bound anew": """
current = None
def begin():
    global current
    current = None
def find():
    return current
def one():
    global current
    if find() is None:
        current = "one"
    return find()
def two():
    global current
    current = "two"
    for n in "ab":
        repr(n)
    current = None
def outcome(): return current
""",
}


def outcomes(path: Path, level: Feasibility) -> tuple[dict[Any, int], int]:
    shop = runpy.run_path(str(path))
    results: list[Any] = []

    def unit(name: str) -> Callable[[], None]:
        def call() -> None:
            try:
                results.append((name, shop[name]()))
            except KeyError as error:
                results.append((name, repr(error)))

        return call

    def make() -> tuple[Sequence[Work], Callable[[], Any]]:
        shop["begin"]()
        results.clear()
        return works(unit("one"), unit("two")), lambda: (*sorted(results), shop["outcome"]())

    explored = explore(make, 2, Watch((str(path),), level))
    return explored.outcomes, explored.schedules


@pytest.mark.parametrize("level", [Feasibility.GIL_SWITCH, Feasibility.FREE_THREADED])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_outcome_is_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, level: Feasibility
) -> None:
    path = tmp_path / "shop.py"
    path.write_text(PROGRAMS[name])
    merged, fewer = outcomes(path, level)
    monkeypatch.setattr(Study, "_ahead", lambda study, number: number)
    monkeypatch.setattr(Study, "_only_ahead", lambda study, number: None)
    monkeypatch.setattr(
        "harness.controlled._points.accesses.Accesses._settled", lambda accesses, number: False
    )
    all_points, more = outcomes(path, level)
    assert set(merged) == set(all_points)
    assert len(merged) > 1
    assert fewer <= more
    assert fewer < more or level is Feasibility.GIL_SWITCH
