"""Finds the mistakes in what is asked of a program of callables, before its schedules say something else of them."""

import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from harness.core.errors import UserError
from localimpl import Unit

OUTCOMES = ("_pytest.outcomes", "unittest.case")
"""The modules of the errors that end a test, such as that of ``pytest.fail`` or ``pytest.skip``."""


def check(
    calls: Sequence[Callable[..., Any]],
    unit: Unit,
    begin: object,
    expect: object,
    names: Collection[object],
) -> None:
    """Raise UserError where the callables, or what is said of them, cannot be meant so."""
    if len(calls) < 2:
        raise UserError(f"{len(calls)} callable to explore: it takes two or more that run at once")
    if begin is not None and not callable(begin):
        raise UserError(f"begin={begin!r} cannot be called: give a function that makes a fresh instance")
    for number, call in enumerate(calls, 1):
        _check_call(number, call, given=begin is not None)
    if unit is not Unit.TASK and any(map(is_async, calls)):
        raise UserError(
            f"coroutine functions run on tasks, not on a {unit}: say unit='task', or leave it out"
        )
    _check_expected(expect, len(calls))
    if names and (isinstance(names, str) or len({*names}) != len(calls) or len(names) != len(calls)):
        raise UserError(
            f"names={names!r} are no names for {len(calls)} callables: give a list with one for each"
        )


def check_results(names: Iterable[str], results: Iterable[object]) -> None:
    """Raise UserError for a result that is a coroutine: nobody awaits it."""
    unawaited = [
        (name, found) for name, found in zip(names, results, strict=True) if inspect.iscoroutine(found)
    ]
    for _, coroutine in unawaited:
        coroutine.close()
    if unawaited:
        name, _ = unawaited[0]
        raise UserError(f"{name} returned a coroutine, which nobody awaits there: say unit='task'")


def is_refused(error: BaseException) -> bool:
    """Tell whether an error says that something is wrong: a failed assertion, a name that is not there, or an error
    that ends a test.

    One that ends a test is told by the module of its base, as pytest need not be there; a group by what it holds.
    """
    if isinstance(error, BaseExceptionGroup):
        return any(map(is_refused, error.exceptions))
    ends = any(base.__module__ in OUTCOMES for base in type(error).__mro__)
    return ends or isinstance(error, (AssertionError, ImportError, NameError))


def is_async(call: Callable[..., Any]) -> bool:
    """Tell whether calling something makes a coroutine: a coroutine function, or an object that is called like one."""
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)


def called(call: Callable[..., Any]) -> str:
    """Return a name for a callable."""
    name = getattr(call, "__name__", "") or type(call).__name__
    return name if name != "<lambda>" else f"lambda:{call.__code__.co_firstlineno}"


def _check_call(number: int, call: Any, *, given: bool) -> None:
    """Raise UserError for what is no callable, or none for what it is given."""
    if inspect.iscoroutine(call):
        call.close()
    if not callable(call):
        raise UserError(
            f"callable {number} is {call!r}, which cannot be called: give the function itself, or a "
            "lambda: whoami('alice') that calls it"
        )
    try:
        inspect.signature(call).bind(*[None] * given)
    except TypeError as error:
        takes = "what begin= returned, and nothing else" if given else "nothing, for there is no begin="
        raise UserError(f"callable {number}, {called(call)}, is given {takes}: {error}") from None
    except ValueError:
        pass  # of some that are written in C nothing is known


def _check_expected(expect: object, number: int) -> None:
    if expect is None or callable(expect):
        return
    if not isinstance(expect, Sequence) or isinstance(expect, str | bytes):
        raise UserError(
            f"expect={expect!r} says nothing of {number} results: give a list with the result of each callable, or a "
            "function of the list of all results"
        )
    if len(expect) != number:
        raise UserError(f"{len(expect)} results are expected of {number} callables: name one for each")
