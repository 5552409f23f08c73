"""Everything that threads wait on in the standard library is scheduled: all schedules end, and none takes real time."""

import _thread
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, ContextVar, copy_context
from typing import Any

import pytest

from harness.core.control import Watch, Work
from harness.core.execution import Fate
from harness.core.feasibility import Feasibility
from tests.controlled.explored_threads import FINELY, JITTER, Explored, explore, works

Program = tuple[Sequence[Work], Callable[[], Any]]

module_pool = ThreadPoolExecutor(2, "of-the-module")


def all_done(make: Callable[[], Program], watch: Watch, bound: int = 2) -> Explored:
    explored = explore(make, bound, watch)
    assert explored.fates == {Fate.DONE: explored.schedules}
    assert all(error is None for execution in explored.executions for error in execution.errors)
    return explored


def with_condition() -> Program:
    condition = threading.Condition()
    items: list[int] = []
    taken: list[int] = []

    def take() -> None:
        with condition:
            while not items:
                condition.wait()
            taken.append(items.pop(0))

    def give() -> None:
        for number in (1, 2):
            with condition:
                items.append(number)
                condition.notify()

    return works(take, take, give), lambda: sorted(taken) == [1, 2]


def with_event() -> Program:
    event = threading.Event()
    order: list[str] = []

    def wait() -> None:
        event.wait()
        order.append("after")

    def announce() -> None:
        order.append("before")
        event.set()

    return works(wait, announce, wait), lambda: order == ["before", "after", "after"]


def with_queue(kind: str) -> Callable[[], Program]:
    def make() -> Program:
        line = getattr(queue, kind)() if kind == "SimpleQueue" else getattr(queue, kind)(1)
        got: list[int] = []

        def produce() -> None:
            for number in range(3):
                line.put(number)

        def consume() -> None:
            got.extend(line.get() for _ in range(3))

        return works(produce, consume), lambda: sorted(got) == [0, 1, 2]

    return make


def with_joined_queue() -> Program:
    line: queue.Queue[int] = queue.Queue()
    done: list[int] = []
    seen: list[int] = []

    def work() -> None:
        for _ in range(2):
            done.append(line.get())
            line.task_done()

    def wait() -> None:
        line.put(1)
        line.put(2)
        line.join()
        seen.extend(done)

    return works(work, wait), lambda: seen == [1, 2]


def with_barrier() -> Program:
    barrier = threading.Barrier(3)
    before: list[int] = []
    seen: list[int] = []

    def call() -> None:
        before.append(1)
        barrier.wait()
        seen.append(len(before))

    return works(call, call, call), lambda: seen == [3, 3, 3]


def with_semaphore() -> Program:
    semaphore = threading.BoundedSemaphore(2)
    inside: list[int] = []
    most: list[int] = []

    def call() -> None:
        with semaphore:
            inside.append(1)
            most.append(len(inside))
            time.sleep(0)
            inside.pop()

    return works(call, call, call), lambda: max(most) <= 2


def with_pool() -> Program:
    sums: list[int] = []

    def call() -> None:
        with ThreadPoolExecutor(2) as pool:
            sums.append(sum(pool.map(lambda number: number * number, range(3))))

    return works(call), lambda: sums == [5]


def with_futures() -> Program:
    """Sets of futures would be gone through in the order of their addresses."""
    got: list[int] = []

    def call() -> None:
        with ThreadPoolExecutor(2) as pool:
            submitted = [pool.submit(int, number) for number in range(2)]
            futures.wait(submitted)
            got.extend(future.result() for future in futures.as_completed(submitted))

    return works(call), lambda: got in ([0, 1], [1, 0])


def with_module_pool() -> Program:
    names: list[str] = []

    def call() -> None:
        names.append(module_pool.submit(lambda: threading.current_thread().name).result())

    return works(
        call, call
    ), lambda: all(name.startswith("of-the-module") for name in names) and len(names) == 2


def with_child() -> Program:
    results: list[str] = []

    def call() -> None:
        thread = threading.Thread(
            target=lambda: results.append(threading.current_thread().name), name="child"
        )
        assert not thread.is_alive()
        thread.start()
        thread.join()
        assert not thread.is_alive()
        results.append(threading.current_thread().name)

    return works(call, lambda: None), lambda: results[0] == "child" != results[1]


MAKES = {
    "condition": with_condition,
    "event": with_event,
    "Queue": with_queue("Queue"),
    "LifoQueue": with_queue("LifoQueue"),
    "PriorityQueue": with_queue("PriorityQueue"),
    "SimpleQueue": with_queue("SimpleQueue"),
    "joined queue": with_joined_queue,
    "barrier": with_barrier,
    "semaphore": with_semaphore,
    "pool": with_pool,
    "futures": with_futures,
    "module's pool": with_module_pool,
    "child": with_child,
}


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_all_schedules_end_as_they_should(make: Callable[[], Program]) -> None:
    explored = all_done(make, JITTER)
    assert explored.outcomes == {True: explored.schedules}


@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
def test_all_schedules_end_so_also_where_each_lock_operation_is_a_switch_point(
    make: Callable[[], Program],
) -> None:
    explored = all_done(make, FINELY, bound=1)
    assert explored.outcomes == {True: explored.schedules}
    assert explored.schedules > 2


@pytest.mark.skipif(sys.version_info < (3, 14), reason="not applicable: this is there since 3.14")
def test_a_thread_runs_in_the_context_that_it_is_given() -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")

    def make() -> Program:
        seen: list[str] = []

        def call() -> None:
            user.set("ann")
            for given in ({"context": copy_context()}, {"context": Context()}, {}):
                thread = threading.Thread(target=lambda: seen.append(user.get()), **given)  # type: ignore[arg-type]
                thread.start()
                thread.join()

        return works(call), lambda: " ".join(seen)

    assert set(explore(make).outcomes) == {"ann nobody nobody"}


def test_a_lost_notification_is_a_deadlock() -> None:
    def make() -> Program:
        condition = threading.Condition()

        def wait() -> None:
            with condition:
                condition.wait()

        def notify() -> None:
            with condition:
                condition.notify()

        return works(wait, notify), lambda: None

    explored = explore(make, 0)
    assert explored.fates == {Fate.DONE: 1, Fate.DEADLOCK: 1}
    (deadlock,) = explored.of(Fate.DEADLOCK)
    assert "Condition.wait" in deadlock.waiting[0]
    assert __file__ in deadlock.waiting[0]


def test_a_queue_that_stays_empty_runs_out_of_virtual_time() -> None:
    def make() -> Program:
        line: queue.Queue[int] = queue.Queue()

        def hurry() -> str:
            try:
                return str(line.get(timeout=3600))
            except queue.Empty:
                return "empty"

        def late() -> None:
            time.sleep(7200)
            line.put(1)

        return works(hurry, late), lambda: None

    started = time.monotonic()
    explored = all_done(make, JITTER)
    assert time.monotonic() - started < 60
    assert {execution.results[0] for execution in explored.executions} == {"empty", "1"}


def test_a_deadline_passes_while_units_sleep() -> None:
    def make() -> Program:
        turns: list[float] = []

        def poll() -> None:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                turns.append(time.time())
                time.sleep(20)

        return works(poll, lambda: None), lambda: len(turns)

    explored = all_done(make, JITTER, bound=1)
    assert explored.outcomes == {3: explored.schedules}


def test_children_are_named_after_their_parents_and_fail_for_themselves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def make() -> Program:
        def fail() -> None:
            raise LookupError("in the child")

        def call() -> None:
            children = [threading.Thread(target=fail), threading.Thread(target=lambda: None, daemon=True)]
            for child in children:
                child.start()
            for child in children:
                child.join()

        return works(call), lambda: None

    for execution in explore(make).executions:
        assert execution.names == ["r1", "r1/1", "r1/2"]
        assert isinstance(execution.errors[1], LookupError)
        assert execution.errors[0] is execution.errors[2] is None
    assert capsys.readouterr().err == ""


def test_a_bare_thread_is_a_unit_as_well() -> None:
    def make() -> Program:
        log: list[str] = []

        def call() -> None:
            _thread.start_new_thread(log.append, ("child",))
            time.sleep(0)
            log.append("parent")

        return works(call), lambda: tuple(log)

    explored = explore(make, 1)
    assert set(explored.outcomes) == {("child", "parent"), ("parent", "child")}
    assert all(execution.names == ["r1", "r1/1"] for execution in explored.executions)


def test_a_daemon_without_an_end_ends_with_the_others() -> None:
    def make() -> Program:
        turns: list[int] = []

        def forever() -> None:
            while True:
                time.sleep(1)
                turns.append(1)

        def call() -> None:
            threading.Thread(target=forever, daemon=True).start()
            time.sleep(3)

        return works(call), lambda: None

    explored = explore(make, 1)
    assert explored.fates == {Fate.DONE: explored.schedules}


def test_work_of_several_requests_shares_a_pools_threads_and_what_they_leave_there() -> None:
    def make() -> Program:
        mine = threading.local()
        found: list[Any] = []

        def work(name: str) -> Callable[[], None]:
            def on_worker() -> None:
                found.append(getattr(mine, "name", None))
                mine.name = name

            return lambda: module_pool.submit(on_worker).result()

        return works(work("a"), work("b")), lambda: tuple(found)

    assert set(all_done(make, JITTER).outcomes) == {(None, "a"), (None, "b")}
    assert set(all_done(make, FINELY, bound=1).outcomes) == {(None, "a"), (None, "b"), (None, None)}


def test_a_pool_of_a_watched_module_gives_way_to_one_of_the_schedules_from_the_first_on() -> None:
    watch = Watch((__file__,), Feasibility.JITTER)
    assert explore(with_module_pool, 0, watch).outcomes.keys() == {True}


def test_a_new_thread_may_have_the_ident_of_one_that_has_ended_but_nothing_else_of_it() -> None:
    def make() -> Program:
        mine = threading.local()
        idents: list[int] = []
        found: list[Any] = []

        def child() -> None:
            idents.append(threading.get_ident())
            found.append(getattr(mine, "name", None))
            mine.name = "mine"

        def call() -> None:
            for _ in range(2):
                thread = threading.Thread(target=child)
                thread.start()
                thread.join()

        return works(call), lambda: (len(set(idents)), *found)

    assert set(explore(make).outcomes) == {(1, None, None)}
