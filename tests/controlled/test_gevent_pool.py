"""Gevent's pool of threads under control, and all of it in a process that gevent has patched."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from tests.controlled.greenlet_search import one, search


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


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


PATCHED = """
from gevent import monkey
monkey.patch_all()
import json, queue, threading, time
from concurrent.futures import ThreadPoolExecutor
from logging import Handler, getLogger
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


def deadlock_in_pool():
    def call():
        with ThreadPoolExecutor(2) as executor:
            for future in [executor.submit(way) for way in deadlock()]:
                future.result()

    return [call]


def failing_in_pool():
    def fail():
        raise ValueError("no thread")

    return [lambda: ThreadPoolExecutor(1, initializer=fail).submit(abs, -1).result()]


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
        "pool deadlocks": sorted({each.fate for each in search(deadlock_in_pool, 1)}),
    }
    logged = []
    getLogger("concurrent.futures").addHandler(handler := Handler())
    handler.emit = lambda record: logged.append(record.getMessage())
    search(failing_in_pool, 0)
    out["logged"] = logged
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
    assert out["words"]["0"].startswith("a lock that r2 holds (second), to go on at ")
    assert out["words"]["1"].startswith("a lock or semaphore (first), to go on at ")
    assert out["pool"] == [[3, 1]]
    assert out["errors"] == []
    # The workers of a deadlock are stopped in silence; what the program itself has a pool report is reported.
    assert out["pool deadlocks"] == ["deadlock", "done"]
    assert set(out["logged"]) == {"Exception in initializer:"}
