"""Deadlocks are told in words, errors stay with their units, what comes from outside is refused, and nothing leaks."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent import socket as green
from gevent.event import AsyncResult, Event
from gevent.hub import Waiter
from gevent.lock import RLock, Semaphore
from gevent.queue import Queue
from gevent.threadpool import ThreadPool

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control, Work
from harness.core.execution import Execution, Fate
from tests.controlled.greenlet_search import Always, Calls, Path, one, search, works


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Whatever happens, nothing is printed: it is kept with the schedule."""
    yield
    assert capfd.readouterr().err == ""


class Told(Execution):
    """Somebody reads what its units wait for."""

    words = True


def line(call: Callable[..., Any], offset: int) -> int:
    return call.__code__.co_firstlineno + offset


def test_a_deadlock_of_two_locks_says_who_waits_where_and_who_holds_what(control: Control) -> None:
    def make() -> Calls:
        first, second = RLock(), RLock()

        def one_way() -> None:
            with first:
                gevent.sleep(0)
                with second:
                    pass

        def other_way() -> None:
            with second:
                gevent.sleep(0)
                with first:
                    pass

        make.lines = (line(one_way, 3), line(other_way, 3))  # type: ignore[attr-defined]
        return [one_way, other_way]

    executions = search(control, make)
    dead = [execution for execution in executions if execution.fate is Fate.DEADLOCK]
    assert 0 < len(dead) < len(executions)
    assert {execution.fate for execution in executions} == {Fate.DONE, Fate.DEADLOCK}
    told = Told(Path(*dead[0].ran))
    control.run(works(make()), told)
    here, there = make.lines  # type: ignore[attr-defined]
    assert told.waiting == {
        0: f"a lock that r2 holds (second), to go on at {__file__}:{here}",
        1: f"a lock that r1 holds (first), to go on at {__file__}:{there}",
    }
    # Where nobody reads the words they are not searched for.
    assert dead[0].waiting == {
        0: f"another greenlet, to go on at {__file__}:{here}",
        1: f"another greenlet, to go on at {__file__}:{there}",
    }
    assert dead[0].errors == [None, None]
    # What a deadlock left behind reaches no other schedule.
    assert all(execution.fate is Fate.DEADLOCK or not any(execution.errors) for execution in executions)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (lambda: Semaphore(0).acquire(), "a lock or semaphore"),
        (lambda: Event().wait(), "an event"),
        (lambda: AsyncResult().get(), "a result"),
        (lambda: Queue().get(), "a queue"),
        (lambda: Waiter().get(), "another greenlet"),
        (lambda: gevent.spawn(Event().wait).join(), "the end of r1/1"),
        (lambda: gevent.joinall([gevent.spawn(Event().wait)]), "the end of r1/1"),
    ],
)
def test_each_wait_has_its_words(control: Control, wait: Callable[[], Any], words: str) -> None:
    execution = Told(Always())
    control.run(works([wait]), execution)
    assert execution.fate is Fate.DEADLOCK
    assert execution.waiting[0].startswith(f"{words}, to go on at {__file__}:")


class Shop:
    """Knows the same thing by an attribute and, where it is given on, by none."""

    __slots__ = ("_opens",)

    def __init__(self) -> None:
        self._opens = Event()

    def enter(self) -> None:
        self._opens.wait()

    def enter_by(self, *ways: Callable[..., Any]) -> None:
        ways[0]()


class Odd:
    """Answers for another, who is not there."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("nobody is there")


ODD = Odd()


def test_what_is_waited_for_is_called_as_the_waiting_code_knows_it(control: Control) -> None:
    shop = Shop()

    def named() -> None:
        opens = shop._opens
        opens.wait()

    execution = Told(Always())
    control.run(works([shop.enter, named, lambda: shop.enter_by(Event().wait)]), execution)
    assert execution.fate is Fate.DEADLOCK
    said = [words.partition(", to go on at")[0] for _, words in sorted(execution.waiting.items())]
    assert said == ["an event (self._opens)", "an event (opens)", "an event"]


def test_the_words_are_found_without_looking_up_what_a_proxy_stands_for(control: Control) -> None:
    asked: list[str] = []

    class Proxy:
        @property  # type: ignore[misc]
        def __class__(self) -> type:
            asked.append("__class__")
            return Event

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

    def call() -> None:
        near, event = [Proxy()], Event()
        event.wait()
        assert near

    told = Told(Always())
    control.run(works([call]), told)
    assert told.waiting[0].startswith("an event")
    assert asked == []


def test_a_schedule_after_a_deadlock_is_as_if_it_had_not_been(control: Control) -> None:
    event = Event()

    def stuck() -> None:
        try:
            event.wait()
        finally:
            gevent.sleep(10)
            event.set()
            gevent.spawn(event.clear)

    assert one(control, [stuck, stuck]).fate is Fate.DEADLOCK
    event.clear()
    later = one(control, [event.wait, event.set])
    assert (later.fate, later.results, later.names) == (Fate.DONE, [True, None], ["r1", "r2"])


def test_a_greenlet_that_will_not_die_is_left_alone(control: Control) -> None:
    turns = 0

    def stubborn() -> None:
        nonlocal turns
        while turns < 1_000:
            try:
                Event().wait()
            except gevent.GreenletExit:
                turns += 1

    assert one(control, [stubborn]).fate is Fate.DEADLOCK
    assert 1 < turns < 1_000
    turns = 1_000
    assert one(control, [lambda: gevent.sleep(0)]).fate is Fate.DONE


def test_errors_are_their_units(control: Control) -> None:
    def child() -> None:
        gevent.sleep(0)
        raise LookupError("the child's")

    def call() -> Any:
        each = gevent.spawn(child)
        try:
            each.get()
        except LookupError as error:
            raise ValueError("the parent's") from error

    execution = one(control, [call, lambda: 5])
    assert execution.fate is Fate.DONE
    assert [type(error) for error in execution.errors] == [ValueError, type(None), LookupError]
    assert execution.results == [None, 5, None]


def test_errors_of_links_callbacks_and_raw_greenlets_are_kept_too(control: Control) -> None:
    def fails(*args: object) -> None:
        raise LookupError("in the hub")

    def links() -> None:
        gevent.spawn(gevent.sleep, 0).rawlink(fails)
        gevent.sleep(0)
        gevent.sleep(0)

    def calls() -> None:
        gevent.get_hub().loop.run_callback(fails)
        gevent.sleep(0)

    def spawns() -> None:
        gevent.spawn_raw(fails)
        gevent.sleep(0)

    def waits() -> None:
        event = Event()
        event.rawlink(fails)
        event.set()
        gevent.sleep(0)

    for call in (links, calls, spawns, waits):
        execution = one(control, [call])
        assert execution.fate is Fate.DONE
        assert [str(error) for error in execution.errors if error] == ["in the hub"]


def test_the_end_of_the_process_is_an_error_of_the_unit_that_wants_it(control: Control) -> None:
    def call() -> None:
        raise SystemExit(3)

    execution = one(control, [call, lambda: gevent.sleep(0)])
    assert execution.fate is Fate.DONE
    assert isinstance(execution.errors[0], SystemExit)


def receive() -> None:
    ours, theirs = green.socketpair()
    try:
        ours.recv(1)
    finally:
        ours.close()
        theirs.close()


def use_a_thread_pool() -> None:
    ThreadPool(1).spawn(int).get()


def watch_a_file() -> None:
    gevent.get_hub().wait(gevent.get_hub().loop.stat("/nowhere"))


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (receive, "a socket or pipe"),
        (use_a_thread_pool, "another thread"),
        (watch_a_file, "a change of a file"),
    ],
)
def test_what_comes_from_outside_is_refused_with_its_place(
    control: Control, call: Callable[[], None], what: str
) -> None:
    execution = one(control, [lambda: gevent.sleep(0), call])
    assert execution.fate is Fate.UNCONTROLLED
    assert execution.trouble.startswith(f"r2 waits for {what}, to go on at {__file__}:")
    assert one(control, [lambda: 1]).results == [1]


def test_a_socket_that_need_not_wait_does_no_harm(control: Control) -> None:
    def call() -> bytes:
        ours, theirs = green.socketpair()
        with ours, theirs:
            theirs.send(b"x")
            return bytes(ours.recv(1))

    assert one(control, [call]).results == [b"x"]
    assert socket.socket is not green.socket


def test_greenlets_that_outlive_the_program_are_killed_a_while_later(control: Control) -> None:
    seen = []

    def forever() -> None:
        try:
            while True:
                gevent.sleep(1)
        finally:
            seen.append("killed")

    def serves() -> None:
        Queue().get()

    def call() -> None:
        gevent.spawn(forever)
        gevent.spawn(serves)
        gevent.sleep(0)

    execution = one(control, [call])
    assert (execution.fate, seen) == (Fate.DONE, ["killed"])
    assert len(execution.ran) < 50


def test_a_spin_that_waits_for_nothing_is_given_up(control: Control) -> None:
    def call() -> None:
        while True:
            gevent.sleep(0)

    execution = Execution(Always(), cap=500)
    control.run(works([call, call]), execution)
    assert execution.fate is Fate.LIVELOCK


def test_waiting_outside_of_a_schedule_is_refused(control: Control) -> None:
    with pytest.raises(RuntimeError, match="while no schedule runs"):
        gevent.sleep(0)
    assert one(control, [lambda: 1]).results == [1]


def test_greenlets_spawned_by_what_makes_the_program_run_with_it(control: Control) -> None:
    seen: list[str] = []
    gevent.spawn(seen.append, "ran")
    execution = one(control, [lambda: gevent.sleep(0)])
    assert (execution.names, seen) == (["r1", "main/1"], ["ran"])


def test_units_stand_in_the_program_s_own_code(control: Control) -> None:
    def waits() -> None:
        with RLock():
            gevent.sleep(0)

    seen: list[Any] = []
    one(control, [waits, lambda: seen.append((control.locate(0), control.locate(1)))], Path(0, 1))
    assert seen[0][0] == (__file__, line(waits, 2))
    begun: list[Any] = []
    one(control, [lambda: begun.append(control.locate(1)), waits])
    assert begun == [(__file__, waits.__code__.co_firstlineno)]
    assert control.locate(0) == ("", 0)


def test_a_switch_past_the_hub_is_refused(control: Control) -> None:
    children = []

    def child() -> None:
        gevent.sleep(0)

    def call() -> None:
        children.append(gevent.spawn(child))
        gevent.sleep(0)
        children[-1].switch()

    execution = Execution(Always("r1"))
    control.run([Work("r1", call)], execution)
    assert execution.fate is Fate.UNCONTROLLED
    assert "past gevent's hub" in execution.trouble


def test_a_unit_that_is_killed_has_that_for_an_error(control: Control) -> None:
    def call() -> None:
        own: Any = gevent.getcurrent()
        own.kill()

    execution = one(control, [call, lambda: 5])
    assert (execution.fate, execution.results) == (Fate.DONE, [None, 5])
    assert isinstance(execution.errors[0], gevent.GreenletExit)
