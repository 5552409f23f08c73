"""A case as a program for our explorer; a token finds its faulty form as ``call:bench.explore.programs:NAME``."""

from typing import Any

from bench.explore.case import Begin, Trial
from bench.explore.corpus import case, names
from harness.core.control import Mixup, Round, Work
from harness.core.execution import Execution
from harness.core.history import History


class CaseProgram:
    """One form of a case; a unit that ends in an error is wrong, whatever the others return."""

    tracked = False
    learns = False

    def __init__(self, name: str, begin: Begin, reference: str = "") -> None:
        self.name = name
        self.unit = case(name).unit
        self.reference = reference
        self._begin = begin

    def begin(self, history: History) -> Round:
        """Make a fresh instance."""
        trial = self._begin()
        works = [Work(name, call) for name, call in trial.calls.items()]
        return Round(
            works,
            judge=lambda execution: _judged(trial, execution),
            state=lambda execution: repr(_results(trial, execution)),
        )

    def learn(self, execution: Execution) -> None:
        """Take nothing from it: each case says itself what is right."""

    def shortfall(self) -> str:
        """Say nothing: units that overlap had their chance."""
        return ""


def _results(trial: Trial, execution: Execution) -> dict[str, Any]:
    return {name: execution.results[execution.names.index(name)] for name in trial.calls}


def _judged(trial: Trial, execution: Execution) -> Mixup | None:
    for name in trial.calls:
        if error := execution.errors[execution.names.index(name)]:
            return Mixup(f"{name} raised {type(error).__name__}: {error}", name, "error")
    wrong = trial.judge(_results(trial, execution))
    return None if wrong is None else Mixup(wrong.sentence, wrong.unit, wrong.kind)


def faulty(name: str) -> CaseProgram:
    """Return the form of a case that has the fault."""
    return CaseProgram(name, case(name).faulty, f"call:{__name__}:{name}")


def fixed(name: str) -> CaseProgram:
    """Return the form of a case that has not."""
    return CaseProgram(name, case(name).fixed)


def __getattr__(name: str) -> CaseProgram:
    if name not in names():
        raise AttributeError(name)
    return faulty(name)
