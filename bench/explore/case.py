"""What a case of the corpus is: a few units of plain user code, with a fault and without, and what is right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.core.feasibility import Feasibility
from localimpl import Unit

USERS = ("alice", "bob")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What one schedule came to that it must not come to."""

    unit: str
    kind: str
    sentence: str


Judge = Callable[[Mapping[str, Any]], Wrong | None]
"""Told what each unit returned, by its name, when all have ended."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One fresh instance, good for one schedule."""

    calls: Mapping[str, Callable[[], Any]]
    """What each unit calls, by its name: functions on threads and greenlets, coroutine functions on tasks."""
    judge: Judge


Begin = Callable[[], Trial]


@dataclass(frozen=True, slots=True)
class Case:
    """A fault that only some schedules show, beside the same code without it."""

    unit: Unit
    kind: str
    """The anomaly that must be told."""
    feasibility: Feasibility
    """The weakest scheduler that shows it."""
    faulty: Begin
    fixed: Begin
    preemptions: int = 1
    """The fewest that a witness has, on a host that lets units run to completion."""
    source: str = ""
    """The real bug that it is modelled on, if it is one."""


def returning(kind: str, right: Mapping[str, Any]) -> Judge:
    """Return a judge for whom each of these units returns the right value."""

    def judge(results: Mapping[str, Any]) -> Wrong | None:
        for unit, wanted in right.items():
            if results[unit] != wanted:
                return Wrong(unit, kind, f"{unit} returned {results[unit]!r}, not {wanted!r}")
        return None

    return judge


def returning_own(kind: str, *units: str) -> Judge:
    """Return a judge for whom each of these units returns its own name."""
    return returning(kind, {unit: unit for unit in units})


def serving(call: Callable[[str], Any], judge: Judge) -> Trial:
    """Return an instance in which the same code serves two users, each told who it is for."""
    return Trial({user: partial(call, user) for user in USERS}, judge)
