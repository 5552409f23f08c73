"""Who always goes on first under control is who does in gevent's own hub; the same picks give the same schedule."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import gevent
import pytest
from gevent.event import AsyncResult, Event
from gevent.lock import RLock, Semaphore
from gevent.pool import Pool
from gevent.queue import Empty, Full, Queue

from harness.controlled.gevent_greenlets import CONTROLLED
from harness.core.control import Control
from harness.core.execution import Fate
from tests.controlled.greenlet_search import Calls, one


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as control:
        yield control


OPERATIONS = ("nap", "hold", "use", "again", "put", "get", "join", "give", "take")


def shuffled(seed: int, log: list[Any]) -> Calls:
    """Return three functions of a few operations each, with which they meet."""
    chance = random.Random(seed)
    plans = [[(chance.choice(OPERATIONS), chance.randrange(2)) for _ in range(5)] for _ in range(3)]
    locks = [Semaphore(1), Semaphore(2)]
    lock = RLock()
    queue: Queue[str] = Queue(2)
    results: list[AsyncResult[str]] = [AsyncResult(), AsyncResult()]

    def do(operation: str, which: int, name: str, below: list[tuple[str, int]]) -> None:
        match operation:
            case "nap":
                gevent.sleep(0)
            case "hold":
                with locks[which]:
                    gevent.sleep(0)
            case "use":
                with locks[which]:
                    log.append((name, "uses"))
            case "again":
                with lock, lock:
                    gevent.sleep(0)
            case "put":
                queue.put_nowait(name)
            case "get":
                log.append((name, queue.get_nowait()))
            case "join" if below:
                gevent.spawn(run, name + "c", below).join()
            case "give":
                results[which].set(name)
            case "take" if results[which].ready():
                log.append((name, results[which].get()))

    def run(name: str, plan: list[tuple[str, int]]) -> None:
        for nth, (operation, which) in enumerate(plan):
            try:
                do(operation, which, name, plan[nth + 1 : nth + 3])
            except (Empty, Full) as error:
                log.append((name, type(error)))
            log.append((name, operation))

    return [partial(run, name, plan) for name, plan in zip(("a", "b", "c"), plans, strict=True)]


@pytest.mark.parametrize("seed", range(30))
def test_always_the_first_is_the_order_of_gevents_own_hub(seed: int) -> None:
    free: list[Any] = []
    gevent.joinall([gevent.spawn(call) for call in shuffled(seed, free)])
    controlled: list[Any] = []
    with CONTROLLED.open() as control:
        execution = one(control, shuffled(seed, controlled))
    assert controlled == free
    assert execution.errors == [None] * len(execution.names)


def event_with_several_waiters(log: list[Any]) -> Calls:
    event = Event()

    def waits(name: str) -> None:
        event.wait()
        log.append(f"{name} is woken")
        gevent.sleep(0)
        log.append(f"{name} goes on")

    def sets() -> None:
        gevent.sleep(0)
        event.set()
        log.append("set")
        gevent.sleep(0)
        log.append("goes on")

    return [partial(waits, "first"), partial(waits, "second"), sets, partial(waits, "third")]


def result_of_a_child(log: list[Any]) -> Calls:
    result: AsyncResult[int] = AsyncResult()

    def asks() -> None:
        gevent.spawn(gevent.sleep, 0).link(result)
        log.append(result.get())
        gevent.sleep(0)
        log.append("asked")

    return [asks, partial(turns, log, 6)]


def pool_of_two(log: list[Any]) -> Calls:
    def job(number: int) -> int:
        log.append(f"{number} begins")
        gevent.sleep(0)
        log.append(f"{number} ends")
        return number

    def uses() -> None:
        pool = Pool(2)
        log.append(pool.map(job, range(5)))
        log.append(list(pool.imap(job, range(3))))
        for number in range(4):
            pool.spawn(job, number)
        pool.join()
        log.append("joined")

    return [uses, partial(turns, log, 12)]


def killed_while_it_waits(log: list[Any]) -> Calls:
    event = Event()

    def waits(name: str) -> None:
        try:
            event.wait()
            log.append(f"{name} is woken")
        except gevent.GreenletExit:
            log.append(f"{name} is killed")

    def kills() -> None:
        waiting = [gevent.spawn(waits, name) for name in "abc"]
        gevent.sleep(0)
        waiting[1].kill(block=False)
        event.set()
        log.append("kills")
        gevent.joinall(waiting)
        log.append("joined")

    return [kills, partial(turns, log, 5)]


def killed_in_a_pause(log: list[Any]) -> Calls:
    def pauses(name: str) -> None:
        try:
            for nth in range(4):
                log.append(f"{name} {nth}")
                gevent.sleep(0)
        except gevent.GreenletExit:
            log.append(f"{name} is killed")
            gevent.sleep(0)
            log.append(f"{name} ends")

    def kills() -> None:
        pausing = [gevent.spawn(pauses, name) for name in "abc"]
        gevent.sleep(0)
        pausing[1].kill(block=False)
        log.append("kills one")
        gevent.sleep(0)
        pausing[0].kill()
        pausing[2].kill()
        log.append("kills all")

    return [kills, partial(turns, log, 8)]


def killed_twice(log: list[Any]) -> Calls:
    def stubborn() -> None:
        for _ in range(3):
            try:
                gevent.sleep(0)
                log.append("goes on")
            except gevent.GreenletExit:
                log.append("is killed")

    def kills() -> None:
        each = gevent.spawn(stubborn)
        gevent.sleep(0)
        each.kill(block=False)
        each.kill(block=False)
        each.join()
        log.append("joined")

    return [kills, partial(turns, log, 5)]


def time_outs_at_once(log: list[Any]) -> Calls:
    def call(name: str) -> None:
        with suppress(gevent.Timeout), gevent.Timeout(0.02):
            gevent.sleep(1)
        log.append(f"{name} is out")
        gevent.sleep(0)
        log.append(f"{name} goes on")

    return [partial(call, name) for name in "abc"]


def time_outs_in_one_another(log: list[Any]) -> Calls:
    def call() -> None:
        with suppress(gevent.Timeout), gevent.Timeout(0.08):
            with suppress(gevent.Timeout), gevent.Timeout(0.02):
                gevent.sleep(1)
            log.append("inner")
            gevent.sleep(1)
        log.append("outer")

    def sleeps() -> None:
        for nap in (0.05, 0.06):
            gevent.sleep(nap)
            log.append(nap)

    return [call, sleeps]


def queue_of_two(log: list[Any]) -> Calls:
    queue: Queue[int] = Queue(2)

    def puts(name: str) -> None:
        for item in range(4):
            queue.put(item)
            log.append(f"{name} put {item}")

    def gets(name: str) -> None:
        for _ in range(4):
            item = queue.get()
            log.append(f"{name} got {item}")

    return [partial(puts, "a"), partial(gets, "b"), partial(puts, "c"), partial(gets, "d")]


def begun_later(log: list[Any]) -> Calls:
    def call() -> None:
        for delay in (0.06, 0.02, 0):
            gevent.spawn_later(delay, log.append, delay)
        gevent.sleep(0.04)
        log.append("slept")
        gevent.sleep(0.04)

    return [call]


def turns(log: list[Any], number: int) -> None:
    for nth in range(number):
        log.append(nth)
        gevent.sleep(0)


@pytest.mark.parametrize(
    "program",
    [
        event_with_several_waiters,
        result_of_a_child,
        pool_of_two,
        killed_while_it_waits,
        killed_in_a_pause,
        killed_twice,
        time_outs_at_once,
        time_outs_in_one_another,
        queue_of_two,
        begun_later,
    ],
)
def test_what_callbacks_wake_goes_on_in_the_order_of_gevents_own_hub(
    program: Callable[[list[Any]], Calls],
) -> None:
    controlled: list[Any] = []
    with CONTROLLED.open() as control:
        assert one(control, program(controlled)).fate is Fate.DONE
    free: list[Any] = []
    for _ in range(5):  # on a busy machine what is due at once may not be
        free.clear()
        gevent.get_hub().loop.update_now()
        gevent.joinall([gevent.spawn(call) for call in program(free)])
        if free == controlled:
            break
    assert controlled == free


def test_the_same_picks_give_the_same_schedule(control: Control) -> None:
    class Random:
        def __init__(self, seed: int) -> None:
            self.random = random.Random(seed)

        def begin(self) -> bool:
            return True

        def pick(self, execution: Any) -> int:
            return int(self.random.choice(execution.ready))

        def done(self, execution: Any) -> None:
            pass

    def calls() -> Calls:
        return shuffled(5, [])

    for seed in range(20):
        first, second = (one(control, calls(), Random(seed)) for _ in range(2))
        assert (first.ran, first.options, first.names) == (second.ran, second.options, second.names)
