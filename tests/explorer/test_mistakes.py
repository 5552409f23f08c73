"""What cannot be meant of a program of callables is refused in a sentence, before anything is searched."""

import asyncio
import unittest
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from harness.catalog import controlled_for
from harness.core.errors import UserError
from harness.core.verdict import Outcome
from harness.explorer.callables import Calls, unit_of
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from localimpl import Unit


def plain() -> str:
    return "plain"


def takes(box: Any) -> Any:
    return box


async def on_a_task() -> str:
    await asyncio.sleep(0)
    return "task"


class Awaited:
    async def __call__(self) -> str:
        return await on_a_task()


@pytest.mark.parametrize(
    ("calls", "more", "told"),
    [
        ([plain], {}, "1 callable to explore: it takes two or more"),
        (["alice", "bob"], {}, "callable 1 is 'alice', which cannot be called: give the function itself"),
        ([plain, on_a_task], {"unit": Unit.GREENLET}, "run on tasks, not on a greenlet"),
        (
            [plain, takes],
            {},
            r"callable 2, takes, is given nothing, for there is no begin=: missing .* 'box'",
        ),
        (
            [takes, plain],
            {"begin": dict},
            "callable 2, plain, is given what begin= returned, and nothing else",
        ),
        ([plain, plain], {"begin": {}}, r"begin=\{\} cannot be called"),
        ([plain, plain], {"expect": ["a"]}, "1 results are expected of 2 callables"),
        ([plain, plain], {"expect": "ab"}, "expect='ab' says nothing of 2 results"),
        ([plain, plain], {"expect": 5}, "expect=5 says nothing of 2 results"),
        ([plain, plain], {"names": ["a"]}, r"names=\['a'\] are no names for 2 callables"),
        ([plain, plain], {"names": ["a", "a"]}, r"names=\['a', 'a'\] are no names"),
        ([plain, plain], {"names": "ab"}, "names='ab' are no names"),
    ],
)
def test_is_refused(calls: list[Any], more: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        Calls(calls, **{"unit": Unit.THREAD, **more})


def test_what_is_fine_is_not_refused() -> None:
    Calls([plain, lambda *boxes: None], unit=Unit.THREAD, expect=["plain", None], names=["a", "b"])
    Calls([takes, partial(max, 1)], unit=Unit.GREENLET, begin=dict)
    Calls([on_a_task, Awaited()], unit=Unit.TASK, expect=lambda results: True)


def test_the_unit_of_what_is_called_like_a_coroutine_function_is_a_task() -> None:
    assert unit_of([Awaited(), on_a_task, partial(on_a_task)]) is Unit.TASK
    assert unit_of([plain, lambda: None]) is Unit.THREAD
    with pytest.raises(UserError, match="explore either, not both at once"):
        unit_of([plain, Awaited()])


def fails() -> None:
    raise LookupError("nobody is logged in")


def forgets() -> Any:
    return on_a_task()


def names_nothing() -> None:
    whoamii()  # type: ignore[name-defined]  # noqa: F821


def asserts() -> None:
    assert plain() == "fancy"


def fails_its_test() -> None:
    pytest.fail("not plain")


def skips_its_test() -> None:
    pytest.skip("not today")


def skips_its_case() -> None:
    raise unittest.SkipTest("not here")


def asserts_in_a_group() -> None:
    raise ExceptionGroup("of tasks", [LookupError("nobody"), AssertionError("not plain")])


def searched(calls: list[Callable[..., Any]], **more: Any) -> Outcome:
    program = Calls(calls, unit=Unit.THREAD, **more)
    return explore(program, controlled_for(Unit.THREAD).part, Limits(files=(__file__,))).outcome


def test_a_coroutine_that_nobody_awaits_is_told_as_what_it_is() -> None:
    with pytest.raises(
        UserError, match="r1 returned a coroutine, which nobody awaits there: say unit='task'"
    ):
        searched([forgets, forgets])


def test_callables_that_all_fail_alone_already_prove_nothing() -> None:
    with pytest.raises(
        UserError, match="even one after the other, r1 raised LookupError: nobody is logged in and r2"
    ):
        searched([fails, fails])
    assert searched([fails, plain]) is Outcome.ISOLATED
    assert searched([fails, fails], expect=lambda results: True) is Outcome.ISOLATED


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (asserts, "AssertionError: "),
        (names_nothing, "NameError: name 'whoamii' is not defined"),
        (fails_its_test, "Failed: not plain"),
        (skips_its_test, "Skipped: not today"),
        (skips_its_case, "SkipTest: not here"),
        (asserts_in_a_group, "ExceptionGroup: of tasks"),
    ],
)
def test_a_callable_that_says_alone_already_that_something_is_wrong_is_not_right(
    call: Callable[[], None], told: str
) -> None:
    with pytest.raises(UserError, match=f"even one after the other, r1 raised {told}"):
        searched([call, plain])
    assert searched([call, plain], expect=lambda results: True) is Outcome.ISOLATED


def test_an_assertion_that_fails_in_one_order_alone_is_not_right() -> None:
    def writes(box: dict[str, str]) -> None:
        box["user"] = "alice"

    def reads(box: dict[str, str]) -> None:
        assert not box

    with pytest.raises(UserError, match="even one after the other, r2 raised AssertionError"):
        searched([writes, reads], begin=dict)


def exits() -> None:
    raise SystemExit(2)


def test_an_exit_may_be_right() -> None:
    assert searched([exits, plain]) is Outcome.ISOLATED
