"""Scripts run on gevent's greenlets as they do without control, and in a process that gevent has patched."""

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from greenlet import getcurrent, greenlet

from harness.controlled import _native_thread
from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control, StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.core.steps import PAUSE, Cancel, Join, Offload, Script, Spawn
from harness.schedulers.fifo import STRATEGY as FIFO
from tests.controlled.greenlet_search import Always, one, search

View = Callable[[list[Any]], Script[None]]


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


def run_visits(control: Control, *scripts: View) -> tuple[Execution, list[Any]]:
    seen: list[Any] = []

    def visit(script: View) -> Callable[[str], Script[None]]:
        def of(unit: str) -> Script[None]:
            seen.append(unit)
            yield from script(seen)

        return of

    execution = Execution(FIFO.make(StrategyOptions()))
    control.run(
        [Work("r1", visits=[(seed, visit(script)) for seed, script in enumerate(scripts)])], execution
    )
    return execution, seen


def test_requests_of_a_lane_run_one_after_the_other_in_one_greenlet(control: Control) -> None:
    def script(seen: list[Any]) -> Script[None]:
        seen.append(getcurrent())
        yield PAUSE
        seen.append(getcurrent())

    execution, seen = run_visits(control, script, script)
    assert (execution.fate, execution.errors, execution.ran) == (Fate.DONE, [None], [0, 0, 0])
    assert [each for each in seen if isinstance(each, str)] == ["r1", "r1"]
    (unit,) = {each for each in seen if isinstance(each, greenlet)}
    assert type(unit) is gevent.Greenlet


def test_children_join_and_time_out_as_ever(control: Control) -> None:
    def child() -> Script[str]:
        yield PAUSE
        return "the child's"

    def cut(seen: list[Any]) -> Script[None]:
        seen.append((yield Join((yield Spawn(child())))))
        try:
            yield Cancel()
        except Exception:
            seen.append("a view caught it")

    execution, seen = run_visits(control, cut, cut)
    assert (execution.fate, execution.errors) == (Fate.DONE, [None] * 3)
    assert execution.names == ["r1", "r1/1", "r1/2"]
    assert seen == ["r1", "the child's"] * 2


def test_a_greenlet_that_has_ended_is_let_go_for_a_later_one_may_have_its_id(control: Control) -> None:
    children: list[weakref.ref[greenlet]] = []

    def child() -> Script[None]:
        children.append(weakref.ref(getcurrent()))
        yield PAUSE

    def script(seen: list[Any]) -> Script[None]:
        yield Join((yield Spawn(child())))
        yield PAUSE
        seen.append(children[-1]())

    _, seen = run_visits(control, script)
    assert seen[-1] is None


def test_offloaded_functions_run_on_one_other_thread_between_two_pauses(control: Control) -> None:
    local = threading.local()

    def work() -> tuple[int, str]:
        before = getattr(local, "value", "nothing")
        local.value = "left behind"
        return threading.get_ident(), before

    def script(seen: list[Any]) -> Script[None]:
        seen.append((yield Offload(work)))
        seen.append((yield Offload(work)))

    threads = threading.active_count()
    for _ in range(2):
        execution, (_, first, second) = run_visits(control, script)
        assert len(execution.ran) == 5
        assert first[0] == second[0] != threading.get_ident()
        assert (first[1], second[1]) == ("nothing", "left behind")
    assert threading.active_count() == threads


def test_an_offloaded_function_that_waits_for_a_unit_is_given_up(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_native_thread, "PATIENCE", 0.05)
    event, ended = threading.Event(), threading.Event()

    def work() -> None:
        event.wait()
        ended.set()

    def script(seen: list[Any]) -> Script[None]:
        yield Offload(work)
        seen.append("went on")

    execution, seen = run_visits(control, script)
    assert (execution.fate, seen) == (Fate.UNCONTROLLED, ["r1"])
    assert execution.trouble.startswith("what r1 offloaded did not come back within 0.05 s")
    event.set()
    assert ended.wait(10)


def test_what_an_offloaded_function_raises_is_raised_in_the_script(control: Control) -> None:
    def work() -> None:
        raise LookupError("lost")

    def script(seen: list[Any]) -> Script[None]:
        try:
            yield Offload(work)
        except LookupError as error:
            seen.append(str(error))

    execution, seen = run_visits(control, script)
    assert (execution.errors, seen) == ([None], ["r1", "lost"])


def test_the_hubs_pool_maps_and_spawns(control: Control) -> None:
    def call() -> list[Any]:
        pool = gevent.get_hub().threadpool
        here = threading.get_ident()
        spawned = pool.spawn(lambda base: base != here, threading.get_ident())
        return [pool.map(abs, [-1, 2]), spawned.get(), pool.apply(threading.get_ident) != here]

    assert one(control, [call]).results[0] == [[1, 2], False, True]


def test_an_offloaded_function_is_overtaken_before_and_after_but_not_while_it_runs(control: Control) -> None:
    orders = set()

    def make() -> list[Callable[[], Any]]:
        order: list[str] = []

        def offloads() -> str:
            gevent.get_hub().threadpool.apply(lambda: order.extend(["begins", "ends"]))
            return " ".join(order)

        return [offloads, lambda: order.append("other")]

    for execution in search(control, make):
        orders.add(execution.results[0])
    assert orders == {"begins ends", "other begins ends", "begins ends other"}


def test_a_script_is_located_in_its_innermost_generator(control: Control) -> None:
    def inner() -> Script[None]:
        yield PAUSE

    def view(unit: str) -> Script[None]:
        yield from inner()

    execution = Execution(Always(), locate=control.locate)
    control.run([Work("r1", visits=[(1, view)]), Work("r2", visits=[(1, view)])], execution)
    places = {anchor[1:3] for anchor in execution.anchors if anchor and anchor.role == "pause"}
    assert places == {(__file__, inner.__code__.co_firstlineno + 1)}


PATCHED = """
from gevent import monkey
monkey.patch_all()
import json, queue, threading, time
from concurrent.futures import ThreadPoolExecutor
from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.schedulers.fifo import STRATEGY as FIFO
from harness.schedulers.preemption_bounded import STRATEGY as BOUNDED


def lost_update(lock):
    total = 0

    def add():
        nonlocal total
        with lock:
            seen = total
            time.sleep(0)
            total = seen + 1
        return total

    return [add, add]


class Nothing:
    def __enter__(self): pass
    def __exit__(self, *args): pass


def threads():
    items, got, condition = queue.Queue(1), [], threading.Condition()

    def child(number):
        time.sleep(number)
        items.put(number)
        with condition:
            condition.notify_all()

    def call():
        started = [threading.Thread(target=child, args=(number,)) for number in (2, 1)]
        for each in started:
            each.start()
        with condition:
            condition.wait(timeout=100)
        got.extend([items.get(), items.get()])
        for each in started:
            each.join()
        return got

    return [call]


def deadlock():
    first, second = threading.Lock(), threading.RLock()

    def one_way():
        with first:
            time.sleep(0)
            with second:
                pass

    def other_way():
        with second:
            time.sleep(0)
            with first:
                pass

    return [one_way, other_way]


def pool():
    def call():
        with ThreadPoolExecutor(2) as executor:
            return list(executor.map(lambda number: (time.sleep(number), number)[1], [3, 1]))

    return [call]


class Told(Execution):
    words = True


def search(make, bound=None, kind=Execution):
    scheduler = BOUNDED.make(StrategyOptions(bound=bound, reduce=False))
    found = []
    while len(found) < 500 and scheduler.begin():
        execution = kind(scheduler)
        control.run([Work(f"r{n}", call) for n, call in enumerate(make(), 1)], execution)
        scheduler.done(execution)
        found.append(execution)
    return found


with CONTROLLED.open() as control:
    out = {
        "unlocked": sorted(max(each.results) for each in search(lambda: lost_update(Nothing()))),
        "locked": sorted({max(each.results) for each in search(lambda: lost_update(threading.Lock()))}),
        "threads": sorted({tuple(each.results[0]) for each in search(threads, 1)}),
        "named": search(threads, 0)[0].names,
        "fates": sorted({each.fate for each in search(deadlock)}),
        "words": next(each.waiting for each in search(deadlock, kind=Told) if each.fate is Fate.DEADLOCK),
        "pool": [each.results[0] for each in search(pool, 0)][:1],
        "errors": [str(error) for each in search(threads, 1) for error in each.errors if error],
    }
# Outside of it the process is as it was.
time.sleep(0.001)
threading.Thread(target=time.sleep, args=(0.001,)).start()
print(json.dumps(out))
"""


def test_a_patched_process_is_controlled_in_the_same_way() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PATCHED], capture_output=True, text=True, timeout=200, check=False
    )
    assert ran.stderr == ""
    out = json.loads(ran.stdout)
    assert out["unlocked"] == [1, 1, 1, 1, 2, 2]
    assert out["locked"] == [2]
    assert out["threads"] == [[1, 2], [2, 1]]
    assert out["named"][:3] == ["r1", "r1/1", "r1/2"]
    assert out["fates"] == ["deadlock", "done"]
    assert out["words"]["0"].startswith("a lock that r2 holds, to go on at ")
    assert out["words"]["1"].startswith("a lock or semaphore, to go on at ")
    assert out["pool"] == [[3, 1]]
    assert out["errors"] == []
