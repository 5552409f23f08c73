"""A program of somebody's own callables: functions on threads or greenlets, coroutine functions on tasks."""

import queue
import re
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from harness.core.control import Mixup, Round, Work
from harness.core.errors import UserError
from harness.core.execution import Execution
from harness.core.history import History
from harness.explorer.mistakes import called, check, check_results, is_async, is_refused
from localimpl import Unit

ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
"""What a default repr tells of an object's place in memory, which differs from run to run."""
Expected = Sequence[Any] | Callable[[list[Any]], object] | None
"""What is right: the result of each callable, or a function of all results that returns False or raises if not.

None for what the callables return when they run one after the other, in any order.
"""


@dataclass(frozen=True, slots=True)
class _Raised:
    """An error in place of a result; equal to another of the same kind with the same text."""

    text: str
    refused: bool = False
    """Whether it says that something is wrong, as a failed assertion does, and so is never right."""

    def __repr__(self) -> str:
        return f"raised {self.text}"


class Calls:
    """The callables, made anew for each schedule by ``begin`` if there is one: each is then given what it returned."""

    def __init__(
        self,
        calls: Sequence[Callable[..., Any]],
        *,
        unit: Unit,
        begin: Callable[[], Any] | None = None,
        expect: Expected = None,
        names: Sequence[str] = (),
        name: str = "",
        reference: str = "",
    ) -> None:
        check(calls, unit, begin, expect, names)
        self.unit = unit
        self.reference = reference
        self.tracked = False
        self.learns = expect is None
        self.names = tuple(names) or tuple(f"r{number}" for number in range(1, len(calls) + 1))
        self.name = name or " | ".join(map(called, calls))
        self._calls = calls
        self._begin = begin if begin is None else _by_name(begin)
        self._expect = expect
        self._right: list[list[Any]] = []

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the callables, the last first, so that the first are kept for longest."""
        return self.names[::-1]

    def without(self, names: Collection[str]) -> "Calls | None":
        """Return the program without some callables, where what is right of the others can be told and two are left."""
        kept = [place for place, name in enumerate(self.names) if name not in names]
        if len(kept) < 2 or callable(self._expect):
            return None
        return Calls(
            [self._calls[place] for place in kept],
            unit=self.unit,
            begin=self._begin,
            expect=None if self._expect is None else [self._expect[place] for place in kept],
            names=[self.names[place] for place in kept],
            name=self.name,
            reference=self.reference,
        )

    def learn(self, execution: Execution) -> None:
        """Take the results of callables that ran one after the other as right."""
        results = _results(execution, self.names)
        raised = {
            name: result
            for name, result in zip(self.names, results, strict=True)
            if isinstance(result, _Raised)
        }
        if len(raised) == len(results) or any(each.refused for each in raised.values()):
            said = " and ".join(f"{name} {result!r}" for name, result in raised.items())
            raise UserError(
                f"even one after the other, {said}: explore what works alone, or say with expect= what is right"
            )
        if not _among(results, self._right):
            self._right.append(results)

    def shortfall(self) -> str:
        """Say nothing: callables that overlap had their chance."""
        return ""

    def begin(self, history: History) -> Round:
        """Make a fresh instance."""
        given = () if self._begin is None else (self._begin(),)
        works = [
            Work(name, partial(call, *given)) for name, call in zip(self.names, self._calls, strict=True)
        ]
        return Round(works, self._judge, state=lambda execution: _text(_results(execution, self.names)))

    def _judge(self, execution: Execution) -> Mixup | None:
        results = _results(execution, self.names)
        if self._expect is None:
            return None if _among(results, self._right) else self._unlike(execution, results, self._right)
        if not callable(self._expect):
            right = [list(self._expect)]
            return None if _among(results, right) else self._unlike(execution, results, right)
        try:
            fine = self._expect(results)
        except Exception as error:
            for name, result in zip(self.names, results, strict=True):
                if isinstance(result, _Raised):  # no result, on which the check may well fail
                    return Mixup(f"{name} {result!r}", name, "error")
            return Mixup(f"the check failed: {told(error)}", execution.names[0], "wrong result")
        if fine is False:
            return Mixup(f"the check refused the results {results!r}", execution.names[0], "wrong result")
        return None

    def _unlike(self, execution: Execution, results: list[Any], right: Sequence[list[Any]]) -> Mixup:
        """Tell the first result that is wrong; where each is right for itself, that they are not so together."""
        for unit, result in enumerate(results):
            allowed = [each[unit] for each in right]
            if not _among(result, allowed):
                name = self.names[unit]
                instead = (
                    " or ".join(dict.fromkeys(map(repr, allowed))) or "anything seen one after the other"
                )
                verb = repr(result) if isinstance(result, _Raised) else f"returned {result!r}"
                kind = "error" if isinstance(result, _Raised) else "wrong result"
                return Mixup(f"{name} {verb}, not {instead}", name, kind)
        together = ", ".join(f"{name} {result!r}" for name, result in zip(self.names, results, strict=False))
        return Mixup(
            f"no order of one after the other returns {together}", execution.names[0], "wrong result"
        )


def _results(execution: Execution, names: Sequence[str]) -> list[Any]:
    """Return what the callables themselves returned or raised; units that they began, and a clock, do not count."""
    own = [unit for unit, name in enumerate(execution.names) if name in names]
    check_results(names, [execution.results[unit] for unit in own])
    return [
        result
        if (error := execution.errors[unit]) is None
        else _Raised(ADDRESS.sub("", told(error)), is_refused(error))
        for unit in own
        for result in [execution.results[unit]]
    ]


def _among(result: Any, allowed: Sequence[Any]) -> bool:
    """Tell whether a result equals one that is allowed; by its text where it cannot be compared, as arrays cannot."""
    try:
        return result in allowed
    except Exception:
        return _text(result) in map(_text, allowed)


def _text(result: Any) -> str:
    """Return what a result looks like, without addresses."""
    return ADDRESS.sub("", repr(result))


def _by_name(begin: Callable[[], Any]) -> Callable[[], Any]:
    """Return what calls a function of the standard library by its name, where hosts put another: ``begin=Lock``."""
    for module in (threading, queue):
        for name in module.__all__:
            if getattr(module, name) is begin:
                return partial(_call, module, name)
    return begin


def _call(module: ModuleType, name: str) -> Any:
    return getattr(module, name)()


def told(error: BaseException) -> str:
    """Return an error in a line."""
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def unit_of(calls: Iterable[Callable[..., Any]]) -> Unit:
    """Return tasks for coroutine functions and threads for plain ones. Raises UserError for a mixture."""
    kinds = {is_async(call) for call in calls}
    if len(kinds) == 2:
        raise UserError(
            "coroutine functions run on tasks and plain functions do not: explore either, not both at once"
        )
    return Unit.TASK if kinds == {True} else Unit.THREAD
