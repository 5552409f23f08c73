"""A context manager swaps a setting that all share and puts back what it found: exits that cross leave it swapped."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from bench.explore.case import Case, Trial, Wrong
from bench.explore.cases._greenlets import pause
from harness.core.feasibility import Feasibility
from localimpl import Unit


def _trial(force: Callable[[str], AbstractContextManager[None]], locale: Callable[[], str]) -> Trial:
    def answer(wanted: str) -> None:
        with force(wanted):
            pause(1)

    def judge(results: Mapping[str, Any]) -> Wrong | None:
        left = locale()
        if left != "en":
            return Wrong("bob", "residue", f"when all had ended the locale was {left!r}, not 'en'")
        return None

    return Trial({"alice": lambda: answer("de"), "bob": lambda: answer("fr")}, judge)


def _faulty() -> Trial:
    setting = {"locale": "en"}

    @contextmanager
    def force(wanted: str) -> Iterator[None]:
        found = setting["locale"]
        setting["locale"] = wanted
        try:
            yield
        finally:
            setting["locale"] = found

    return _trial(force, lambda: setting["locale"])


LOCALE = ContextVar("locale", default="en")


def _fixed() -> Trial:
    @contextmanager
    def force(wanted: str) -> Iterator[None]:
        token = LOCALE.set(wanted)
        try:
            yield
        finally:
            LOCALE.reset(token)

    return _trial(force, LOCALE.get)


CASE = Case(
    unit=Unit.GREENLET,
    kind="residue",
    feasibility=Feasibility.FIFO,
    faulty=_faulty,
    fixed=_fixed,
    preemptions=2,
    source="flask-babel #117, numpy #26314",
)
