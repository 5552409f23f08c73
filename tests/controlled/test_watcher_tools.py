"""A watcher beside a debugger, coverage and other watchers."""

import contextlib
import math
import sys
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from harness.controlled._points.plans import Plans
from harness.controlled._points.watcher import make_watcher
from harness.core.control import Watch
from harness.core.errors import UserError
from harness.core.feasibility import Feasibility
from tests.controlled.watched import FREE, GIL, SHOP, Load, Passed

monitored = pytest.mark.skipif(sys.version_info < (3, 12), reason="not applicable: sys.monitoring is of 3.12")
traced = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="not applicable: from 3.12 on there is sys.monitoring"
)


def test_of_later_versions_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 16))
    Plans(Watch(("shop.py",), Feasibility.JITTER))
    with pytest.raises(UserError, match=r"3\.16"):
        Plans(Watch(("shop.py",), GIL))


@traced
def test_another_trace_function_is_kept(passed: Passed, load: Load) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), GIL))

    def mine(frame: FrameType, event: str, arg: object) -> None: ...

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        passed.run(shop["ask"], "a")
        assert sys.gettrace() is mine
    finally:
        sys.settrace(before)
    assert passed.told() == ["enter 2", "returned 3"]


@monitored
def test_tool_ids_that_are_taken_are_left_alone() -> None:
    monitoring: Any = vars(sys)["monitoring"]
    free = [tool for tool in range(6) if monitoring.get_tool(tool) is None]
    watchers = [make_watcher(lambda point: None) for _ in free[1:]]
    monitoring.use_tool_id(
        next(tool for tool in free if monitoring.get_tool(tool) is None), "somebody's debugger"
    )
    try:
        with pytest.raises(UserError, match="somebody's debugger"):
            make_watcher(lambda point: None)
    finally:
        for watcher in watchers:
            watcher.close()
        for tool in free:
            with contextlib.suppress(ValueError):
                monitoring.free_tool_id(tool)
    assert [tool for tool in range(6) if monitoring.get_tool(tool) is None] == free


@monitored
def test_points_survive_that_another_tool_restarts_events(passed: Passed, load: Load) -> None:
    shop = load(SHOP)
    passed.watcher.watch(Watch(("shop.py",), GIL))
    passed.run(shop["work"])
    expected = passed.told()
    vars(sys)["monitoring"].restart_events()
    passed.run(shop["work"])
    assert passed.told() == expected


@monitored
def test_a_closed_watcher_leaves_nothing_behind(load: Load) -> None:
    monitoring: Any = vars(sys)["monitoring"]
    shop, passed = load(SHOP), Passed()
    tool = next(tool for tool in (3, 4, 2, 5, 1, 0) if monitoring.get_tool(tool) == "ctxstress")
    passed.watcher.watch(Watch(("shop.py",), FREE))
    passed.run(shop["work"])
    passed.watcher.close()
    assert monitoring.get_tool(tool) is None
    monitoring.use_tool_id(tool, "another")
    try:
        assert monitoring.get_events(tool) == 0
        assert monitoring.get_local_events(tool, shop["work"].__code__) == 0
    finally:
        monitoring.free_tool_id(tool)


def test_what_a_later_watcher_finds_changed_counts(load: Load) -> None:
    source = (
        "import math\nLIMIT = 1\nclass Item:\n    pass\n"
        "def work():\n    repr(0)\n    LIMIT\n    math.floor\n    Item()\n"
    )

    def told(shop: dict[str, Any]) -> list[str]:
        passed = Passed()
        try:
            passed.watcher.watch(Watch(("shop.py",), FREE))
            passed.run(shop["work"])
            return passed.told()
        finally:
            passed.watcher.close()

    def nothing(self: object) -> None: ...

    changes: list[tuple[Callable[[dict[str, Any]], None], set[str]]] = [
        (lambda shop: shop.update(LIMIT=2), set()),
        (lambda shop: shop.update(LIMIT=[]), {"load 7"}),
        (lambda shop: shop.update(LIMIT=1, math=SimpleNamespace(floor=0)), {"load 8"}),
        (lambda shop: shop.update(math=math), set()),
        (lambda shop: setattr(shop["Item"], "__init__", nothing), {"call 9"}),
    ]
    shop = load(source)
    usual = told(shop)
    for change, more in changes:
        change(shop)
        fresh = load(source)
        fresh["Item"], fresh["LIMIT"], fresh["math"] = shop["Item"], shop["LIMIT"], shop["math"]
        assert told(shop) == told(fresh)
        assert set(told(shop)) - set(usual) == more
