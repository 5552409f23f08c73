"""Calls functions of any colour: plain, generator (a script) or ``async def``."""

import inspect
from collections.abc import Callable
from functools import partial
from types import CoroutineType, GeneratorType
from typing import Any

from harness.core.steps import Await, Script


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Script[Any]:
    """Call a hook, handler or receiver; a script it returns is run, a coroutine awaited."""
    result = function(*args, **kwargs)
    kind = type(result)
    if kind is GeneratorType:
        return (yield from result)
    if kind is CoroutineType:
        return (yield from awaited(result))
    return result


def awaited(coroutine: "CoroutineType[Any, Any, Any]") -> Script[Any]:
    """Have a coroutine awaited; where nothing can, close it, so that it does not warn of having been forgotten."""
    try:
        return (yield Await(coroutine))
    finally:
        coroutine.close()


def is_script(function: Callable[..., Any]) -> bool:
    """Tell whether a function, wrapped or partial, is written as a generator.

    What such a function returns when called is the view itself, to be run; the same from a plain ``def`` is a
    streamed body.
    """
    while True:
        inner = function.func if isinstance(function, partial) else getattr(function, "__wrapped__", None)
        if inner is None:
            return inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(
                getattr(function, "__call__", None)  # noqa: B004 – an object may be called by a script of its class
            )
        function = inner


def declares(function: Callable[..., Any], name: str, handed: int = 0) -> bool:
    """Tell whether a function has a parameter of this name that the first ``handed`` arguments do not fill."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except ValueError:  # some builtins tell nothing of their parameters
        return False
    return name in parameters[handed:]


def offered(function: Callable[..., Any], app: Any, handed: int = 0) -> Callable[..., Any]:
    """Return a hook so that it gets its App where it declares ``app``; one that does not is returned as it is."""
    return partial(function, app=app) if declares(function, "app", handed) else function
