"""A watcher that notes what it tells, and a file to watch."""

import threading
from collections.abc import Callable
from typing import Any

from harness.controlled._points.watcher import Watcher, make_watcher
from harness.core.feasibility import Feasibility
from harness.core.points import Point

GIL, FREE = Feasibility.GIL_SWITCH, Feasibility.FREE_THREADED
Load = Callable[..., dict[str, Any]]
SHOP = """d = {}
def ask(name):
    return d.get(name)
def work():
    d["n"] = 0
    for name in "ab":
        ask(name)
    d["n"] += 1
"""


class Passed:
    """A watcher, and what it has told."""

    def __init__(self) -> None:
        self.points: list[tuple[int, Point]] = []
        self.then: Callable[[Point], None] = lambda point: None
        self.watcher: Watcher = make_watcher(self.reach)

    def reach(self, point: Point) -> None:
        self.points.append((threading.get_ident(), point))
        self.then(point)

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        self.watcher.enter()
        try:
            return function(*args)
        finally:
            self.watcher.leave()

    def told(self) -> list[str]:
        told = [f"{point.role} {point.line}" for _, point in self.points]
        self.points.clear()
        return told
