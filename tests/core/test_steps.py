"""The two drivers carry steps, answers, errors and results alike, and add no unit of their own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import greenlet
import pytest

from harness.core.steps import PAUSE, Offload, Pause, Script, Step, drive, drive_async

Perform = Callable[[Any], Any]
Driver = Callable[[Script[Any], Perform], Any]


def drive_on_a_task(script: Script[Any], perform: Perform) -> Any:
    async def perform_async(step: Step) -> Any:
        return perform(step)

    return asyncio.run(drive_async(script, perform_async))


@pytest.fixture(params=[drive, drive_on_a_task], ids=["drive", "drive_async"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each of the two drivers."""
    found: Driver = request.param
    return found


class Planned(Exception):
    """An error of these tests."""


def test_the_result_is_the_scripts(driver: Driver) -> None:
    def script() -> Script[str]:
        yield PAUSE
        return "result"

    assert driver(script(), lambda step: None) == "result"


def test_a_script_without_steps_has_a_result_too(driver: Driver) -> None:
    def script() -> Script[str]:
        return "result"
        yield PAUSE

    assert driver(script(), pytest.fail) == "result"


def test_steps_go_out_and_answers_come_back_in_order(driver: Driver) -> None:
    asked: list[Any] = []

    def perform(step: Any) -> int:
        asked.append(step)
        return len(asked)

    def script() -> Script[list[int]]:
        return [(yield PAUSE), (yield Offload(str)), (yield PAUSE)]

    assert driver(script(), perform) == [1, 2, 3]
    assert asked == [Pause(), Offload(str), Pause()]


def test_the_scripts_error_ends_the_drive(driver: Driver) -> None:
    def script() -> Script[None]:
        yield PAUSE
        raise Planned("from the script")

    with pytest.raises(Planned, match="from the script"):
        driver(script(), lambda step: None)


def test_a_steps_error_is_raised_at_its_yield(driver: Driver) -> None:
    def perform(step: Any) -> None:
        raise Planned("from the step")

    def script() -> Script[str]:
        try:
            yield PAUSE
        except Planned as error:
            return f"caught {error}"
        return "not raised"

    assert driver(script(), perform) == "caught from the step"


def test_a_script_goes_on_after_a_caught_error(driver: Driver) -> None:
    def perform(step: Any) -> str:
        if isinstance(step, Offload):
            raise Planned
        return "answer"

    def script() -> Script[list[Any]]:
        answers: list[Any] = []
        try:
            yield Offload(str)
        except Planned:
            answers.append((yield PAUSE))
        answers.append((yield PAUSE))
        return answers

    assert driver(script(), perform) == ["answer", "answer"]


def test_an_uncaught_error_of_a_step_ends_the_drive_after_the_clean_up(driver: Driver) -> None:
    cleaned = []

    def perform(step: Any) -> None:
        raise Planned

    def script() -> Script[None]:
        try:
            yield PAUSE
        finally:
            cleaned.append(True)

    with pytest.raises(Planned):
        driver(script(), perform)
    assert cleaned == [True]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_is_raised_at_the_yield_as_well(
    driver: Driver, error: type[BaseException]
) -> None:
    def perform(step: Any) -> None:
        raise error

    seen = []

    def script() -> Script[None]:
        try:
            yield PAUSE
        except BaseException as raised:
            seen.append(type(raised))
            return

    driver(script(), perform)
    assert seen == [error]


def test_a_stop_iteration_of_a_step_is_an_error_and_not_the_end(driver: Driver) -> None:
    """A generator turns it into RuntimeError, or else half a script would look like a whole one."""

    def perform(step: Any) -> Any:
        return next(iter(()))

    def script() -> Script[str]:
        yield PAUSE
        return "went on"

    with pytest.raises(RuntimeError, match="StopIteration"):
        driver(script(), perform)


def test_a_script_may_catch_the_stop_iteration_of_its_step() -> None:
    def perform(step: Any) -> Any:
        return next(iter(()))

    def script() -> Script[str]:
        try:
            yield PAUSE
        except StopIteration:
            return "caught"
        return "went on"

    assert drive(script(), perform) == "caught"


def test_scripts_nest(driver: Driver) -> None:
    def inner() -> Script[str]:
        answer = yield PAUSE
        return f"inner got {answer}"

    def outer() -> Script[str]:
        return (yield from inner())

    assert driver(outer(), lambda step: "it") == "inner got it"


def where() -> tuple[int, object]:
    return threading.get_ident(), greenlet.getcurrent()


def test_steps_are_performed_on_the_unit_that_drives(driver: Driver) -> None:
    places: list[tuple[int, object]] = []

    def script() -> Iterator[Any]:
        places.append(where())
        yield PAUSE
        places.append(where())

    driver(script(), lambda step: places.append(where()))  # type: ignore[arg-type]
    assert places == [where()] * 3


def test_an_async_drive_runs_on_one_task() -> None:
    tasks: list[Any] = []

    def script() -> Script[None]:
        tasks.append(asyncio.current_task())
        yield PAUSE
        tasks.append(asyncio.current_task())

    async def perform(step: Step) -> None:
        await asyncio.sleep(0)
        tasks.append(asyncio.current_task())

    async def main() -> None:
        await drive_async(script(), perform)
        tasks.append(asyncio.current_task())

    asyncio.run(main())
    assert len(tasks) == 4
    assert len(set(tasks)) == 1


def test_a_cancelled_task_cancels_its_script_at_the_step() -> None:
    seen = []

    def script() -> Script[None]:
        try:
            yield PAUSE
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def perform(step: Step) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.ensure_future(drive_async(script(), perform))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cancelled"]
