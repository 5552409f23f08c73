"""Two requests of one session read it, change it and write it back: the second write overwrites the first."""

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bench.explore.case import Case, Trial, Wrong
from harness.core.feasibility import Feasibility
from localimpl import Unit

LATENCY = 0.001


class Store:
    """Keeps sessions on another machine, so to speak."""

    def __init__(self) -> None:
        self.kept = {"visits": 0}

    def load(self) -> dict[str, int]:
        """Return a copy of the session."""
        time.sleep(LATENCY)
        return dict(self.kept)

    def save(self, session: dict[str, int]) -> None:
        """Replace the session."""
        time.sleep(LATENCY)
        self.kept = session


def _trial(guard: AbstractContextManager[Any]) -> Trial:
    store = Store()

    def visit() -> None:
        with guard:
            session = store.load()
            session["visits"] += 1
            store.save(session)

    def judge(results: Mapping[str, Any]) -> Wrong | None:
        visits = store.kept["visits"]
        if visits != 2:
            return Wrong("bob", "lost update", f"the session counted {visits} of 2 visits")
        return None

    return Trial({"alice": visit, "bob": visit}, judge)


def _faulty() -> Trial:
    return _trial(nullcontext())


def _fixed() -> Trial:
    return _trial(threading.Lock())


CASE = Case(
    unit=Unit.THREAD,
    kind="lost update",
    feasibility=Feasibility.FIFO,
    faulty=_faulty,
    fixed=_fixed,
    source="server-side sessions without a lock: Flask-Session, Django's",
)
