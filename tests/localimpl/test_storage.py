"""Tests what can be seen of other units' values, and that nothing keeps them when the unit is gone."""

import asyncio
import gc
import threading
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar, copy_context
from typing import Any
from weakref import ref

import greenlet
import pytest

import localimpl.contextvar
from localimpl import Local
from localimpl.adopted import Adopted
from localimpl.broken_global import GlobalLocal
from localimpl.contextvar import ContextLocal
from localimpl.greenlet_ident import SUBJECT as GREENLET_IDENT
from localimpl.local import current_unit
from localimpl.thread_ident import SUBJECT as THREAD_IDENT


def in_thread(function: Callable[[], Any]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_a_dict_by_thread_ident_shows_every_thread() -> None:
    stack = THREAD_IDENT.make_stack()
    seen: dict[str | int, Any] = {}

    def other() -> None:
        stack.push("other's")
        seen.update(stack.snapshot())

    stack.push("mine")
    in_thread(other)
    mine = seen.pop(threading.get_ident())
    assert mine == {"stack": ["mine"]}
    assert list(seen.values()) == [{"stack": ["other's"]}]


def test_a_dict_by_greenlet_shows_the_living_and_forgets_the_dead() -> None:
    local = GREENLET_IDENT.make()
    local.user = "main"
    main = greenlet.getcurrent()

    def run() -> None:
        local.user = "other"
        main.switch()

    other = greenlet.greenlet(run)
    other.switch()
    assert {"user": "other"} in local.snapshot().values()
    assert local.user == "main"
    other.switch()
    del other
    assert list(local.snapshot().values()) == [{"user": "main"}]
    assert len(object.__getattribute__(local, "_storage")) == 1


def test_a_dict_by_greenlet_keeps_no_greenlet_alive() -> None:
    local = GREENLET_IDENT.make()
    unit = greenlet.greenlet(lambda: setattr(local, "user", 1))
    unit.switch()
    gone = ref(unit)
    del unit
    assert gone() is None


def test_a_variable_is_seen_in_its_own_context_alone() -> None:
    local = ContextLocal()
    local.user = "mine"
    context = copy_context()

    def other() -> dict[str | int, dict[str, Any]]:
        local.user = "other's"
        return local.snapshot()

    assert list(context.run(other).values()) == [{"user": "other's"}]
    assert list(local.snapshot().values()) == [{"user": "mine"}]


def test_a_deleted_name_stays_deleted_in_one_context_alone() -> None:
    local = ContextLocal()
    local.user = "mine"

    def other() -> bool:
        del local.user
        return hasattr(local, "user")

    assert not copy_context().run(other)
    assert local.user == "mine"


def test_a_local_is_freed_with_its_class() -> None:
    local = ContextLocal()
    copy_context().run(setattr, local, "user", 1)
    kind = ref(type(local))
    assert kind() is not ContextLocal
    del local
    gc.collect()
    assert kind() is None


def test_a_unit_is_named_after_what_runs() -> None:
    async def task() -> str | int:
        return current_unit()

    async def named() -> str | int:
        return await asyncio.create_task(task(), name="request 1")

    assert current_unit() == threading.get_ident()
    assert asyncio.run(named()) == "request 1"
    seen: list[object] = []
    unit = greenlet.greenlet(lambda: seen.append(current_unit()))
    unit.switch()
    assert seen == [id(unit)]


UNITS = 8


def first_uses(local: Local, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let threads use a name for the first time together, in a window made wide, and count who lost its value."""
    together = threading.Barrier(UNITS)

    def slowly(name: str, *, default: Any) -> ContextVar[Any]:
        try:
            together.wait(timeout=0.2)  # until all are here, or until it is sure that one comes at a time
        except threading.BrokenBarrierError:
            pass
        return ContextVar(name, default=default)

    monkeypatch.setattr(localimpl.contextvar, "ContextVar", slowly)
    written = threading.Barrier(UNITS)
    lost: list[int] = []

    def use(number: int) -> None:
        local.user = number
        written.wait()
        if getattr(local, "user", None) != number:
            lost.append(number)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(UNITS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(lost)


def test_a_name_used_first_by_many_at_once_has_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_uses(ContextLocal(), monkeypatch) == 0


def test_without_the_lock_they_lose_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    local = ContextLocal()
    object.__setattr__(local, "_lock", nullcontext())
    assert first_uses(local, monkeypatch) == UNITS - 1


class Foreign:
    """A storage that knows nothing of ours: the four operations and no more."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.get = self.values.__getitem__
        self.set = self.values.__setitem__
        self.delete = self.values.__delitem__
        self.release = self.values.clear


def test_an_adopted_storage_gets_the_whole_surface() -> None:
    foreign = Foreign()
    local = Adopted(foreign)
    local.user, local.tenant = 1, 2
    assert foreign.values == {"user": 1, "tenant": 2}
    foreign.values.pop("tenant")
    assert list(local) == [("user", 1)]
    assert local("user") == 1
    del local.user
    assert local.names() == []
    local.user = 3
    local.release()
    assert foreign.values == {}


def test_a_value_that_another_unit_takes_meanwhile_is_left_out() -> None:
    local = GlobalLocal()
    local.user, local.tenant = 1, 2
    values = iter(local)
    assert next(values) == ("user", 1)
    in_thread(local.release)
    assert list(values) == []
