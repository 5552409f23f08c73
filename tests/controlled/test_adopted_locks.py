"""Locks that a program keeps from before its host was opened, wherever it keeps them."""

import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
import pytest

from harness.controlled.gevent_greenlets import CONTROLLED as GEVENT
from harness.controlled.greenlets import CONTROLLED as GREENLETS
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.core.control import ControlledHost
from harness.core.verdict import Outcome
from tests.controlled.blocking_units import HOSTS, Call, gives, nothing, searched, takes, told, unit

pytestmark = pytest.mark.usefixtures("alone")


class Shop:
    """What a module may hold from before any host was opened."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Kept(type):
    """A metaclass."""


class Branch(metaclass=Kept):
    """One of a class with another metaclass, with slots and a lock of the class."""

    lock = threading.Lock()
    __slots__ = ("__own", "shop")

    def __init__(self) -> None:
        self.__own = threading.Lock()
        self.shop = Shop()

    def own(self) -> threading.Lock:
        return self.__own


@dataclass(frozen=True)
class Frozen:
    """What refuses to be changed, and makes its lock by a name that it keeps."""

    lock: Any = field(default_factory=threading.Lock)


class NotBegun(threading.Semaphore):
    """A semaphore that has nothing of one."""

    def __init__(self) -> None:
        pass


def synchronized(call: Call) -> Call:
    """Return a function that has a lock from where it was made."""
    lock = threading.Lock()

    def within(*given: Any) -> Any:
        with lock:
            return call(*given)

    return within


@synchronized
def stays_within() -> None:
    """Let others go on, with the lock of the decorator."""
    gevent.sleep(0)


LOCK = threading.Lock()
SHOP = Shop()
BRANCH = Branch()
FROZEN = Frozen()
BY_NAME = {"a": threading.Lock()}
IN_ORDER = [threading.Lock()]
EMPTY = NotBegun()
KEPT_BY: "defaultdict[str, threading.Lock]" = defaultdict(threading.Lock)


@HOSTS
def test_a_lock_that_was_made_before_the_host_was_opened(host: ControlledHost) -> None:
    of_module = unit(host, lambda: takes(LOCK), lambda: gives(LOCK))
    of_object = unit(host, lambda: takes(SHOP.lock), lambda: gives(SHOP.lock))
    assert "the lock tests.controlled.test_adopted_locks.LOCK, held by r1" in told(
        searched(host, of_module, of_module, file=__file__)
    )
    assert "test_adopted_locks.SHOP.lock, held by r1" in told(
        searched(host, of_object, of_object, file=__file__)
    )
    assert type(LOCK) is type(SHOP.lock) is type(threading._allocate_lock())  # type: ignore[attr-defined]
    assert not LOCK.locked()


@pytest.mark.parametrize(
    ("find", "name"),
    [
        (lambda: Branch.lock, "test_adopted_locks.Branch.lock"),
        (BRANCH.own, "test_adopted_locks.BRANCH._Branch__own"),
        (lambda: BRANCH.shop.lock, "test_adopted_locks.BRANCH.shop.lock"),
        (lambda: FROZEN.lock, "test_adopted_locks.FROZEN.lock"),
        (lambda: BY_NAME["a"], "test_adopted_locks.BY_NAME['a']"),
        (lambda: IN_ORDER[0], "test_adopted_locks.IN_ORDER[0]"),
    ],
    ids=["metaclass", "private slot", "deeper", "frozen", "dict", "list"],
)
def test_wherever_a_module_keeps_its_lock(find: Callable[[], threading.Lock], name: str) -> None:
    real = find()
    call = unit(TASKS, lambda: takes(find()), lambda: gives(find()))
    assert f"the lock tests.controlled.{name}, held by r1" in told(searched(TASKS, call, call, file=__file__))
    assert find() is real


@pytest.mark.parametrize(
    "make", [Frozen, lambda: KEPT_BY, NotBegun], ids=["dataclass", "defaultdict", "what was not begun"]
)
def test_what_makes_its_lock_by_a_name_of_its_own(make: Call) -> None:
    def lock(made: Any) -> Any:
        return made["a"] if isinstance(made, defaultdict) else made.lock

    if make is NotBegun:
        call = unit(TASKS, nothing, nothing)
        assert searched(TASKS, call, call, begin=make, file=__file__).outcome is Outcome.ISOLATED
        return
    KEPT_BY.clear()
    call = unit(TASKS, lambda made: takes(lock(made)), lambda made: gives(lock(made)))
    assert "waits for the lock" in told(searched(TASKS, call, call, begin=make, file=__file__))
    KEPT_BY.clear()
    assert type(KEPT_BY["a"]) is type(Frozen().lock) is type(LOCK)


@HOSTS
def test_a_lock_that_the_callables_know_from_where_they_were_made(host: ControlledHost) -> None:
    lock, shop = threading.Lock(), Shop()
    of_test = unit(host, lambda: takes(lock), lambda: gives(lock))
    of_object = unit(host, lambda: takes(shop.lock), lambda: gives(shop.lock))
    assert "after.lock, held by r1 since" in told(searched(host, of_test, of_test))
    assert "after.shop.lock, held by r1 since" in told(searched(host, of_object, of_object, file=__file__))
    assert type(lock) is type(shop.lock) is type(threading._allocate_lock())  # type: ignore[attr-defined]
    assert not lock.locked()


def test_the_lock_of_a_decorator() -> None:
    sentence = told(searched(GEVENT, stays_within, stays_within, file=__file__))
    assert "waits for the lock tests.controlled.test_adopted_locks.stays_within.lock, held by r1" in sentence


def test_a_lock_outlives_the_host_under_which_it_was_made() -> None:
    kept: list[threading.Lock] = []

    def visit() -> None:
        if not kept:
            kept.append(threading.Lock())
        kept[0].acquire()

    call = unit(GREENLETS, visit, lambda: gives(kept[0]))
    first = told(searched(GREENLETS, call, call, file=__file__))
    assert told(searched(GREENLETS, call, call, file=__file__)) == first
    assert kept[0].acquire(timeout=1)


PATCHED_LATE = """
import sys, threading
from pathlib import Path
lock = threading.Lock()
from gevent import monkey
monkey.patch_all()
import gevent
from harness.controlled.gevent_greenlets import CONTROLLED
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits

younger = threading.Lock()


def visit(lock):
    with lock:
        gevent.sleep(0)


for each in (lambda: visit(lock), lambda: visit(younger)):
    program = Calls([each, each], unit=CONTROLLED.unit, expect=[None, None])
    found = explore(program, CONTROLLED, Limits(files=(sys.argv[1],)))
    print(found.outcome, found.explanation.sentence if found.explanation else "")
"""


def test_of_a_patched_process_the_locks_that_are_older_than_the_patch(tmp_path: Path) -> None:
    script = tmp_path / "late.py"
    script.write_text(PATCHED_LATE)
    ran = subprocess.run(
        [sys.executable, str(script), str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    older, younger = ran.stdout.splitlines()
    assert older.startswith("mixed r1 was overtaken by r2 at ")
    assert "now r2 waits for the lock __main__.lock, held by r1 since " in older
    assert "no other greenlet can go on, for it is older than gevent's patch" in older
    assert younger.strip() == "isolated"
