"""Scenarios, a checker and a control that do to the process of their cell, or to its verdict, what none should."""

import ctypes
import os
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

from harness.core.history import History, Probe
from harness.core.ports import Checker
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly, Need, Witness
from localimpl import Promise, Subject, Unit
from localimpl.contextvar import ContextLocal

FATEFUL = "r3"
"""The request in which it happens."""


def fine(app: Any, own: Probe) -> Script[str]:
    app.g.mine = own.wrote("mine")
    yield PAUSE
    own.look("mine", lambda: app.g.mine)
    return own.token


def exiting(app: Any, own: Probe) -> Script[str]:
    yield PAUSE
    if own.request == FATEFUL:
        print("exiting as told")
        os._exit(2)
    return own.token


def crashing(app: Any, own: Probe) -> Script[str]:
    yield PAUSE
    if own.request == FATEFUL:
        ctypes.string_at(0)
    return own.token


def waiting(app: Any, own: Probe) -> Script[str]:
    while own.request == FATEFUL:
        yield PAUSE
    yield PAUSE
    return own.token


def spinning(app: Any, own: Probe) -> Script[str]:
    yield PAUSE
    while own.request == FATEFUL:
        pass
    return own.token


def patricide(app: Any, own: Probe) -> Script[str]:
    """Kill the worker that forked this cell's process, and go on as if nothing were."""
    yield PAUSE
    if own.request == FATEFUL:
        os.kill(os.getppid(), signal.SIGKILL)
    while own.request == FATEFUL:
        yield PAUSE
    return own.token


def silent(app: Any, own: Probe) -> Script[str]:
    yield PAUSE
    return own.token


scenario = partial(Scenario, claim="something goes wrong")
FINE = scenario("fine", view=fine)
EXITING = scenario("exiting", view=exiting)
CRASHING = scenario("crashing", view=crashing)
WAITING = scenario("waiting", view=waiting)
SPINNING = scenario("spinning", view=spinning)
PATRICIDE = scenario("patricide", view=patricide)
SILENT = scenario("silent", view=silent)


def give_up(history: History) -> Iterator[Witness]:
    raise ZeroDivisionError("this checker is broken")


CHECKER = Checker(Anomaly.BLEED, "raises", Need.OVERLAP, give_up)
IMPOSTOR = Subject(
    "impostor",
    "Said to be broken, and is not.",
    ContextLocal,
    Promise(frozenset(), refuted_on=frozenset({(Unit.THREAD, "read_back")})),
    control=True,
)
