"""What a host of threads cannot control ends a schedule with a sentence: what, where, and what to do."""

import os
import signal
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.controlled._threads import watchdog
from harness.controlled.threads import CONTROLLED
from harness.core.control import Watch, Work
from harness.core.execution import Fate
from harness.core.feasibility import Feasibility
from tests.controlled.explored_threads import explore, works

Program = tuple[Sequence[Work], Callable[[], Any]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find out sooner, so that the tests take less time."""
    monkeypatch.setattr(watchdog, "HANGING", 0.4)
    monkeypatch.setattr(watchdog, "COMPUTING", 1.0)
    monkeypatch.setattr(watchdog, "LOOK", 0.1)


def sound() -> Program:
    log: list[str] = []

    def call() -> None:
        log.append("one")
        time.sleep(0)
        log.append("two")

    return works(call, call), lambda: len(log)


def test_a_read_from_a_socket_ends_uncontrolled_and_the_next_schedule_is_clean() -> None:
    ours, theirs = socket.socketpair()

    def read() -> None:
        ours.recv(1)

    with CONTROLLED.open() as control:
        explored = explore(
            lambda: (works(read, lambda: time.sleep(0)), lambda: None), control=control, most=1
        )
        (execution,) = explored.of(Fate.UNCONTROLLED)
        assert execution.trouble.startswith("r1 did not reach a switch point")
        assert f"{__file__}:{read.__code__.co_firstlineno + 1}" in execution.trouble
        assert explore(sound, control=control).outcomes == {4: 6}
        theirs.send(b"x")
        assert explore(sound, control=control).outcomes == {4: 6}
    ours.close()
    theirs.close()


def test_a_thread_that_hangs_keeps_no_other_from_running_and_does_not_go_on_when_it_comes_back() -> None:
    ours, theirs = socket.socketpair()
    hung: list[threading.Thread] = []
    went_on: list[bool] = []

    def read() -> None:
        hung.append(threading.current_thread())
        ours.recv(1)
        went_on.append(True)

    def enter() -> int:
        return len(went_on)

    def step() -> int:
        return enter()

    finely = Watch(files=(__file__,), level=Feasibility.GIL_SWITCH)
    explored = explore(lambda: (works(read), lambda: None), 0, finely, most=1)
    assert explored.fates == {Fate.UNCONTROLLED: 1}
    # The next search is on threads of its own, and comes by the same points as ever.
    for most in (1, 10):
        explored = explore(lambda: (works(step, step), lambda: None), 1, finely, most=most)
        assert explored.fates == {Fate.DONE: explored.schedules}
        assert all(len(execution.ran) > 4 for execution in explored.executions)
    theirs.send(b"x")
    hung[0].join(5)
    assert not hung[0].is_alive()
    assert not went_on
    ours.close()
    theirs.close()


def test_a_loop_without_an_end_is_stopped() -> None:
    def forever() -> None:
        while True:
            pass

    before = set(threading.enumerate())
    with CONTROLLED.open() as control:
        explored = explore(lambda: (works(forever), lambda: None), control=control, most=1)
        (execution,) = explored.of(Fate.UNCONTROLLED)
        assert "a loop without an end" in execution.trouble
        assert "for 1 s:" in execution.trouble
        assert explore(sound, control=control).outcomes == {4: 6}
    assert set(threading.enumerate()) <= before


def test_a_unit_that_will_not_be_stopped_is_given_up() -> None:
    def stubborn() -> None:
        while True:
            try:
                time.sleep(1)
            except BaseException:
                pass

    def other() -> None:
        taken = threading.Lock()
        taken.acquire()
        taken.acquire()

    with CONTROLLED.open() as control:
        explored = explore(lambda: (works(stubborn, other), lambda: None), 0, control=control, most=1)
        (execution,) = explored.executions
        assert "could not be stopped" in execution.trouble
        assert explore(sound, control=control).outcomes == {4: 6}


def module_of(tmp_path: Path, source: str) -> ModuleType:
    """Import a module of this source, as a program would before it is explored."""
    path = tmp_path / f"made_{abs(hash(source))}.py"
    path.write_text(textwrap.dedent(source))
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem] = module
    exec(compile(path.read_text(), str(path), "exec"), vars(module))
    return module


GUARDED = """
    import threading, time, queue
    from time import sleep

    lock = threading.Lock()
    again = threading.RLock()
    event = threading.Event()
    condition = threading.Condition()
    line = queue.Queue()
    semaphore = threading.Semaphore(1)
    log = []

    class Shop:
        lock = threading.Lock()

        def __init__(self):
            self.own = threading.Lock()

    shop = Shop()

    def with_lock(guard):
        with guard:
            log.append("in")
            sleep(0)
            log.append("out")

    def with_event():
        event.wait(5)
        log.append("woken")

    def set_event():
        event.set()

    def put():
        line.put(1)

    def get():
        log.append(line.get())
"""


@pytest.mark.parametrize("guard", ["lock", "again", "condition", "semaphore", "shop.own", "Shop.lock"])
def test_a_lock_made_at_import_is_scheduled_where_its_file_is_watched(tmp_path: Path, guard: str) -> None:
    module = module_of(tmp_path, GUARDED)

    def of_module() -> Any:
        found: Any = module
        for name in guard.split("."):
            found = getattr(found, name)
        return found

    before = of_module()

    def make() -> Program:
        module.log.clear()
        call = lambda: module.with_lock(of_module())  # noqa: E731 – looked up when it is called
        return works(call, call), lambda: " ".join(module.log)

    explored = explore(make, 2, Watch(files=(str(module.__file__),), level=Feasibility.JITTER))
    assert explored.outcomes == {"in out in out": explored.schedules}
    assert explored.schedules > 2
    assert explored.fates == {Fate.DONE: explored.schedules}
    assert of_module() is before
    with before:
        pass


def test_other_things_made_at_import_are_scheduled_as_well(tmp_path: Path) -> None:
    module = module_of(tmp_path, GUARDED)

    def make() -> Program:
        module.log.clear()
        module.event.clear()
        return works(module.with_event, module.set_event, module.get, module.put), lambda: len(module.log)

    explored = explore(make, 0, Watch(files=(str(module.__file__),), level=Feasibility.JITTER))
    assert explored.outcomes == {2: explored.schedules}
    assert explored.fates == {Fate.DONE: explored.schedules}


def test_a_lock_made_at_import_of_a_file_that_is_not_watched_is_told_of(tmp_path: Path) -> None:
    module = module_of(tmp_path, GUARDED)
    call = lambda: module.with_lock(module.lock)  # noqa: E731
    explored = explore(lambda: (works(call, call), lambda: None), 1, most=3)
    execution = explored.of(Fate.UNCONTROLLED)[0]
    assert "--watch" in execution.trouble
    assert f"{module.__file__}:" in execution.trouble
    assert module.lock.acquire(timeout=5)


def test_ctrl_c_ends_a_search_and_leaves_nothing() -> None:
    threads = set(threading.enumerate())
    sleep = time.sleep
    schedules: list[int] = []
    ended: list[bool] = []

    def press() -> None:
        try:
            if len(schedules) == 50:
                os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1_000_000):
                time.sleep(0)
                if len(schedules) < 50:
                    break
        finally:
            ended.append(True)

    def make() -> Program:
        schedules.append(1)
        return works(press, press, press), lambda: None

    with pytest.raises(KeyboardInterrupt):
        explore(make, None)
    assert len(schedules) == 50
    assert len(ended) > 3 * 49
    assert time.sleep is sleep
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert set(threading.enumerate()) <= threads


def test_ctrl_c_is_heard_while_a_unit_hangs() -> None:
    ours, theirs = socket.socketpair()
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        explore(lambda: (works(lambda: ours.recv(1)), lambda: None), 0)
    timer.join()
    theirs.send(b"x")
    ours.close()
    theirs.close()
