"""Greenlets, raw or gevent's, go on in the order that is picked, and do what scripts ask for as units of their own."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import gevent
import pytest
from greenlet import getcurrent, greenlet

from harness.controlled import _native_thread
from harness.controlled.gevent_greenlets import CONTROLLED as GEVENT
from harness.controlled.greenlets import CONTROLLED as RAW
from harness.core.control import Control, ControlledHost, StrategyOptions, Work
from harness.core.execution import Execution, Fate
from harness.core.steps import PAUSE, Cancel, Join, Offload, Script, Spawn
from harness.schedulers.fifo import STRATEGY as FIFO
from tests.controlled.greenlet_search import Always, Calls, one, paths, search


@pytest.fixture(params=[RAW, GEVENT], ids=lambda host: host.name)
def host(request: pytest.FixtureRequest) -> ControlledHost:
    found: ControlledHost = request.param
    return found


@pytest.fixture
def control(host: ControlledHost) -> Iterator[Control]:
    with host.open() as control:
        yield control


def pause() -> None:
    own: Any = getcurrent()
    gevent.sleep(0) if isinstance(own, gevent.Greenlet) else own.parent.switch()


def three_segments() -> Calls:
    def call() -> None:
        pause()
        pause()

    return [call, call]


@pytest.mark.parametrize(("bound", "count"), [(0, 2), (1, 6), (2, 14), (3, 18), (None, 20)])
def test_two_units_of_three_segments_have_exactly_so_many_schedules(
    control: Control, bound: int | None, count: int
) -> None:
    executions = search(control, three_segments, bound)
    assert len(executions) == len(paths(executions)) == count


def test_a_lost_update_shows_in_the_schedules_with_a_preemption_alone(control: Control) -> None:
    totals: list[int] = []

    def make() -> Calls:
        total = 0

        def add() -> int:
            nonlocal total
            seen = total
            pause()
            total = seen + 1
            return total

        return [add, add]

    for execution in search(control, make):
        totals.append(max(execution.results))
        assert (totals[-1] == 1) == (execution.preemptions > 0)
    assert sorted(totals) == [1, 1, 1, 1, 2, 2]


def visits(*scripts: Callable[[list[Any]], Script[None]]) -> tuple[Work, list[Any]]:
    seen: list[Any] = []

    def visit(script: Callable[[list[Any]], Script[None]]) -> Callable[[str], Script[None]]:
        def of(unit: str) -> Script[None]:
            seen.append(unit)
            yield from script(seen)

        return of

    return Work("r1", visits=[(seed, visit(script)) for seed, script in enumerate(scripts)]), seen


def run_visits(
    control: Control, *scripts: Callable[[list[Any]], Script[None]]
) -> tuple[Execution, list[Any]]:
    work, seen = visits(*scripts)
    execution = Execution(FIFO.make(StrategyOptions()))
    control.run([work], execution)
    return execution, seen


def test_requests_of_a_lane_run_one_after_the_other_in_one_greenlet(control: Control) -> None:
    def script(seen: list[Any]) -> Script[None]:
        seen.append(getcurrent())
        yield PAUSE
        seen.append(getcurrent())

    execution, seen = run_visits(control, script, script)
    assert (execution.fate, execution.errors, execution.ran) == (Fate.DONE, [None], [0, 0, 0])
    assert [each for each in seen if isinstance(each, str)] == ["r1", "r1"]
    assert len({each for each in seen if isinstance(each, greenlet)}) == 1


def test_a_child_is_a_unit_that_its_parent_waits_for(control: Control) -> None:
    def child() -> Script[str]:
        yield PAUSE
        return f"by {id(getcurrent())}"

    def script(seen: list[Any]) -> Script[None]:
        first = yield Spawn(child())
        second = yield Spawn(child())
        seen.append((yield Join(first)))
        seen.append((yield Join(second)))

    execution, seen = run_visits(control, script)
    assert execution.names == ["r1", "r1/1", "r1/2"]
    assert execution.ran == [0, 1, 2, 1, 2, 0]
    assert len({*seen}) == 3


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


def test_what_a_child_raises_is_raised_where_it_is_joined(control: Control) -> None:
    def child() -> Script[None]:
        yield PAUSE
        raise LookupError("lost")

    def script(seen: list[Any]) -> Script[None]:
        handle = yield Spawn(child())
        try:
            yield Join(handle)
        except LookupError as error:
            seen.append(error)

    execution, seen = run_visits(control, script)
    assert isinstance(seen[-1], LookupError)
    assert execution.errors == [None, seen[-1]]


def test_offloaded_functions_run_on_one_other_thread_between_two_pauses(control: Control) -> None:
    local = threading.local()

    def work() -> tuple[int, str]:
        before = getattr(local, "value", "nothing")
        local.value = "left behind"
        return threading.get_ident(), before

    def script(seen: list[Any]) -> Script[None]:
        seen.append((yield Offload(work)))
        seen.append((yield Offload(work)))

    for _ in range(2):
        execution, (_, first, second) = run_visits(control, script)
        assert len(execution.ran) == 5
        assert first[0] == second[0] != threading.get_ident()
        # A pooled worker keeps what a function left behind; the next schedule has another.
        assert (first[1], second[1]) == ("nothing", "left behind")


def test_an_offloaded_function_that_waits_for_a_unit_is_given_up(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_native_thread, "LONGEST", 0.05)
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
        yield Offload(work)

    execution, _ = run_visits(control, script)
    assert isinstance(execution.errors[0], LookupError)


def test_a_request_that_is_cut_short_is_no_error_and_the_next_one_follows(control: Control) -> None:
    def cut(seen: list[Any]) -> Script[None]:
        try:
            yield Cancel()
        except Exception:
            seen.append("a view caught it")

    def after(seen: list[Any]) -> Script[None]:
        seen.append("after")
        yield PAUSE

    execution, seen = run_visits(control, cut, after)
    assert (execution.fate, execution.errors) == (Fate.DONE, [None])
    assert seen == ["r1", "r1", "after"]


def test_each_greenlet_begins_with_a_context_of_its_own(control: Control) -> None:
    variable = ContextVar("variable", default="unset")
    variable.set("set by whoever explores")

    def call() -> str:
        seen = variable.get()
        variable.set("set by a unit")
        pause()
        return seen

    assert one(control, [call, call]).results == ["unset", "unset"]
    assert variable.get() == "set by whoever explores"


class Abandoning:
    """Picks as an idle loop does until a step, then gives the schedule up."""

    def __init__(self, last: int) -> None:
        self.last = last

    def begin(self) -> bool:
        return True

    def pick(self, execution: Execution) -> int:
        if len(execution.ran) == self.last:
            execution.lose_control("enough")
        return execution.ready[0]

    def done(self, execution: Execution) -> None:
        pass


def test_greenlets_left_over_are_ended_where_they_stand(control: Control) -> None:
    seen = []

    def call() -> None:
        try:
            pause()
            pause()
        finally:
            seen.append("cleaned up")
            pause()

    execution = one(control, [call, call, call], Abandoning(2))
    assert execution.fate is Fate.UNCONTROLLED
    assert seen == ["cleaned up"] * 3
    assert execution.errors == [None] * 3


def test_ctrl_c_in_a_unit_ends_the_schedule_and_goes_on(control: Control) -> None:
    ended = []

    def other() -> None:
        try:
            pause()
        finally:
            ended.append(True)

    def call() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one(control, [other, call])
    assert ended == [True]
    assert one(control, [other, other]).fate is Fate.DONE


def test_a_unit_is_located_at_its_own_code(control: Control) -> None:
    def call() -> None:
        pause()

    def child() -> Script[None]:
        yield PAUSE

    def script(seen: list[Any]) -> Script[None]:
        yield from child()

    first = call.__code__.co_firstlineno
    execution = Execution(Always(), locate=control.locate)
    control.run([Work("call", call), visits(script)[0]], execution)
    lines = {anchor[1:3] for anchor in execution.anchors if anchor and anchor.role == "pause"}
    # The call's pause is in `pause` above, which is the program's code too; a script's in its innermost generator.
    assert lines == {
        (__file__, pause.__code__.co_firstlineno + 2),
        (__file__, child.__code__.co_firstlineno + 1),
    }
    assert first not in {line for _, line in lines}
    assert control.locate(0) == ("", 0)


def test_a_unit_that_has_not_begun_stands_at_its_first_line(control: Control) -> None:
    seen = []

    def call() -> None:
        seen.append(control.locate(1))

    one(control, [call, call])
    assert seen[0] == (__file__, call.__code__.co_firstlineno)


def test_a_schedule_leaves_no_work_to_the_garbage_collector(control: Control) -> None:
    """It would be done in the midst of a later schedule, and finalizers with it."""
    one(control, [pause, pause])
    gc.collect()
    gc.disable()
    try:
        one(control, [pause, pause])
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_nothing_is_left_after_thousands_of_schedules(control: Control) -> None:
    def make() -> Calls:
        def call() -> None:
            pause()

        return [call, call, call]

    def live() -> int:
        gc.collect()
        return sum(isinstance(each, greenlet) for each in gc.get_objects())

    before, threads = live(), threading.active_count()
    assert len(search(control, make)) == 90
    for _ in range(2_000):
        one(control, make(), Abandoning(2))
    assert live() == before
    assert threading.active_count() == threads
