"""Where a process stands: requests that never ended, and for each unit whose script waits in which line."""

import asyncio
import signal
import string
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import greenlet
import pytest

from harness.core.history import History
from harness.core.steps import PAUSE, Script, drive, drive_async
from harness.engine.hang import in_flight, where_it_stands
from harness.inside.stacks import innermost, stacks


def inner() -> Script[None]:
    yield PAUSE


def outer() -> Script[None]:
    yield from inner()


def test_requests_that_never_left_are_told_with_their_last_event(tell: Callable[[str], History]) -> None:
    history = tell("""
        a@t1 enter
        a@t1 leave
        b@t2 enter
        b@t2 wrote user b.1
        b@client-2 failed
        c@t3 enter
        c@t3/child wrote user c.1
    """)
    assert list(in_flight(history)) == [
        "b on t2: nothing more after wrote 'user'",
        "c on t3/child: nothing more after wrote 'user'",
    ]


def test_threads_are_told_by_where_their_scripts_wait_and_the_idle_ones_together() -> None:
    end, here = threading.Event(), threading.Barrier(5)

    def wait(step: object = None) -> None:
        here.wait()
        end.wait()

    threads = [threading.Thread(target=wait) for _ in range(3)]
    threads.append(threading.Thread(target=lambda: drive(outer(), wait)))
    for thread in threads:
        thread.start()
    here.wait()
    try:
        lines = where_it_stands(History())
    finally:
        end.set()
        for thread in threads:
            thread.join()
    (scripted,) = [line for line in lines if "inner (test_hang.py:" in line]
    assert "inner (test_hang.py:" in scripted.partition(" < ")[2]
    assert scripted.index("inner (") < scripted.index("outer (")
    assert not any("_stacks" in line for line in lines)


def test_tasks_and_greenlets_are_told_by_where_they_wait() -> None:
    async def wait(step: object) -> None:
        await asyncio.sleep(60)

    async def look() -> tuple[str, ...]:
        task = asyncio.create_task(drive_async(outer(), wait), name="the-task")
        await asyncio.sleep(0)
        lines = where_it_stands(History())
        task.cancel()
        return lines

    (line,) = [line for line in asyncio.run(look()) if line.startswith("task the-task: ")]
    assert "inner (test_hang.py:" in line

    main = greenlet.getcurrent()
    unit = greenlet.greenlet(lambda: drive(outer(), lambda step: main.switch()))
    unit.switch()
    (line,) = [
        line for line in where_it_stands(History()) if line.startswith("greenlet at ") and "inner" in line
    ]
    unit.switch()
    assert unit.dead


def test_a_greenlet_that_wakes_up_while_one_looks_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits, resume, runs, looked, end = (threading.Event() for _ in range(5))
    made: list[greenlet.greenlet] = []

    def wakes_up_and_waits() -> None:
        main = greenlet.getcurrent().parent
        assert main is not None
        main.switch()
        runs.set()
        while not looked.is_set():
            pass
        main.switch()

    def thread() -> None:
        made.append(greenlet.greenlet(wakes_up_and_waits))
        made[0].switch()
        waits.set()
        resume.wait()
        made[0].switch()
        end.wait()
        made[0].switch()

    def objects() -> Iterator[object]:
        """Find it running, where it had waited when the threads were looked at."""
        resume.set()
        runs.wait()
        yield made[0]
        looked.set()

    monkeypatch.setattr("harness.inside.stacks.gc.get_objects", objects)
    monkeypatch.setattr("harness.inside.stacks.MOMENT", 20)
    other = threading.Thread(target=thread)
    other.start()
    waits.wait()
    try:
        lines = list(stacks())
    finally:
        looked.set()
        end.set()
        other.join()
    assert [line for line in lines if line.startswith("greenlet at ") and "wakes_up_and_waits" in line], lines


def test_what_a_signal_interrupts_is_told_of_its_own_thread() -> None:
    told: list[tuple[str, ...]] = []

    def look(number: int, frame: FrameType | None) -> None:
        told.append(where_it_stands(History(), frame))

    def interrupted() -> None:
        signal.raise_signal(signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, look)
    try:
        interrupted()
    finally:
        signal.signal(signal.SIGUSR1, before)
    own = f"thread {threading.get_ident()}: interrupted (test_hang.py:"
    assert any(line.startswith(own) for line in told[0]), told


def test_the_innermost_place_is_in_the_programs_own_code_where_there_is_one() -> None:
    told: list[str] = []

    class Loud(dict[str, int]):
        def __missing__(self, name: str) -> int:
            told.append(innermost(sys._getframe(2)))
            return 0

    def own() -> None:
        string.Template("$x").substitute(Loud())  # its method asks from the standard library

    own()
    assert told[0].startswith("own (test_hang.py:")

    timer = threading.Timer(60, own)
    timer.start()
    try:
        assert timer.ident is not None
        assert "(threading.py:" in innermost(sys._current_frames()[timer.ident])
    finally:
        timer.cancel()
    assert innermost(None) == ""
