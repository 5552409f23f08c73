"""One search of one form of a case, by any tool: what it may take, what came of it, and how a tool is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# By its own name: some of the tools replace what the module `time` holds.
from time import perf_counter, process_time
from typing import Any

from bench.explore.case import Begin, Case, Trial, Wrong
from localimpl import Unit

REPLAYS = 10
"""How often a witness is replayed."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one search may take."""

    seed: int
    schedules: int


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a case."""

    name: str
    case: Case
    begin: Begin


@dataclass(frozen=True, slots=True)
class Search:
    """What came of one search."""

    schedules: int
    """Schedules that were begun, up to the first finding or in all."""
    seconds: float
    """How long these took, without what is done for a finding afterwards."""
    processor: float
    """Seconds of a processor that they took, which other work on the machine does not prolong."""
    found: bool
    exhausted: bool = False
    """Whether the tool says that there is no further schedule within its bound."""
    replayed: int | None = None
    """How many of the replays showed it again; None where there was none, or the tool has no replay."""
    kind: str = ""
    feasibility: str = ""
    """What the tool says of who can make it; ours alone does."""
    note: str = ""
    """Why it could not be done, or what it said."""
    begun: int = 0
    """Instances that were made for schedules, where nothing was found: also those of schedules that a tool does not
    report, because they warm up or are run twice."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A way to search, by one package and one of its strategies."""

    name: str
    package: str
    summary: str
    seeded: bool
    """Whether it goes another way for another seed, so that several are tried."""
    units: frozenset[Unit]
    """What it can be given; greenlets as one thread that has gevent in it, where it knows threads alone."""
    search: Callable[[Form, Effort], Search]
    default: bool = False
    """What its documentation has one begin with."""
    coarse: bool = False
    """Whether it is fast because it switches at fewer places than its package can."""
    launcher: str = ""
    """The command of its package that must start the process, if one must."""


class Counted:
    """Makes instances, and notes at which of them something was wrong first: the same count for every tool."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._started = _now()
        self._ended = self._started
        self.begun = 0
        self.found_at = 0
        self.wrong: Wrong | None = None

    def begin(self) -> Trial:
        """Make the instance of the next schedule."""
        self.begun += 1
        return self._begin()

    def is_right(self, trial: Trial, results: Mapping[str, Any]) -> bool:
        """Tell whether a schedule ended well, and note it if not."""
        wrong = trial.judge(results)
        if wrong is None:
            return True
        self._note(wrong)
        return False

    def check(self, trial: Trial, results: Mapping[str, Any]) -> None:
        """Raise an AssertionError if a schedule did not end well."""
        if not self.is_right(trial, results):
            assert self.wrong is not None
            raise AssertionError(self.wrong.sentence)

    def failed(self, told: str) -> None:
        """Note that the tool says that the last schedule failed, which counts unless its result was wrong before."""
        self._note(Wrong("", "error", told))

    def search(
        self, exhausted: bool = False, replayed: int | None = None, schedules: int = 0, note: str = ""
    ) -> Search:
        """Return what came of it; ``schedules`` is the tool's own count, where there was no finding."""
        ended = self._ended if self.found_at else _now()
        seconds, processor = (after - before for after, before in zip(ended, self._started, strict=True))
        if not self.found_at:
            return Search(
                schedules or self.begun,
                seconds,
                processor,
                found=False,
                exhausted=exhausted,
                note=note,
                begun=self.begun,
            )
        assert self.wrong is not None
        return Search(
            self.found_at,
            seconds,
            processor,
            found=True,
            replayed=replayed,
            kind=self.wrong.kind,
            note=note or (self.wrong.sentence if self.wrong.kind == "error" else ""),
        )

    def _note(self, wrong: Wrong) -> None:
        if not self.found_at:
            self.found_at, self.wrong, self._ended = self.begun, wrong, _now()


def _now() -> tuple[float, float]:
    return perf_counter(), process_time()
