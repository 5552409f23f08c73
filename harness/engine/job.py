"""What a worker is asked to do: cells of one subject at one place, with the options of the run."""

import json
import shlex
from dataclasses import asdict, dataclass, replace

from harness.core.feasibility import Feasibility
from harness.core.record import Cell, Place, build, short


@dataclass(frozen=True, slots=True)
class Explore:
    """How far the schedules of each cell are searched."""

    bound: int | None = 2
    """The most preemptions of a schedule; None for no bound."""
    strategy: str = "harness.schedulers.preemption_bounded:STRATEGY"
    schedules: int = 20_000
    seconds: float = 10.0
    files: tuple[str, ...] = ()
    """Source files whose instructions are switch points of threads; the subject's own is always among them."""
    requests: int = 3
    level: Feasibility = Feasibility.FREE_THREADED
    """The strongest scheduler that is tried."""
    reduce: bool = True


BESIDE = 20.0
"""Seconds that the process of an exploration may take beside the search itself."""


@dataclass(frozen=True, slots=True)
class Options:
    """How hard and how long each cell is pressed."""

    requests: int = 200
    """Requests of one round of a cell in this process."""
    http_requests: int = 100
    """Requests of one round of a cell over HTTP."""
    clients: int = 8
    """Clients that send at once, each its requests in turn."""
    seed: int = 1
    switch_interval: float = 1e-6
    """Seconds after which CPython may switch threads, set where the requests run."""
    nap: float = 0.001
    """Seconds that one tick of a pause lasts on a server."""
    time_limit: float = 20.0
    """Seconds after which a cell is ended."""
    redis_url: str = ""
    """Where sessions are kept that go to a Redis server; empty for one of our own."""
    sql_url: str = ""
    """Where sessions are kept that go to a database, as SQLAlchemy writes it; empty for a file of our own."""
    flood: bool = True
    """Whether cells are flooded; if not, their schedules are explored alone."""
    explore: Explore | None = None
    """How far the schedules of each cell on a host are explored; None for not at all."""

    def exploring(self, asked: Explore) -> "Options":
        """Return the options under which cells are explored alone, so far, with time enough for it."""
        return replace(self, flood=False, explore=asked, time_limit=asked.seconds + BESIDE)


@dataclass(frozen=True, slots=True)
class Job:
    """Cells that share subject and place, so that one server or one kind of process serves them all."""

    cells: tuple[Cell, ...]
    options: Options
    checkers: tuple[str, ...]
    patched: bool
    """Needs a process in which gevent has patched the standard library."""
    mounted: tuple[str, ...] = ()
    """Scenarios that the server gets, so that later jobs can share it; none means those of the cells."""
    controlled: str = ""
    """The controlled host that explores such cells, as an import string; empty for none."""

    @property
    def server(self) -> tuple[object, ...]:
        """Return what two jobs must have in common to share a server."""
        cell = self.cells[0]
        return cell.subject, cell.where, cell.target, cell.gate, self.options, self.scenarios

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the scenarios that the server must have."""
        return self.mounted or tuple(cell.scenario for cell in self.cells)

    def to_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Job":
        """Read what ``to_json`` wrote."""
        return build(cls, json.loads(line))


def repeat_command(cell: Cell, options: Options) -> str:
    """Return the command that runs just this cell again, with the same requests, pauses and tokens.

    That of a cell which is explored alone searches its schedules.
    """
    if not options.flood:
        return explore_command(cell, options)
    place = "--host" if cell.place is Place.HOST else "--server"
    words = ["ctxstress", "run", *_row(cell), place, _spoken(cell.where)]
    words += ["--scenario", _spoken(cell.scenario), "--gate", _spoken(cell.gate), "--seed", str(options.seed)]
    count = options.requests if cell.place is Place.HOST else options.http_requests
    words += ["--requests", str(count), "--clients", str(options.clients)]
    usual = Options()
    for name in ("switch_interval", "time_limit"):
        if getattr(options, name) != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", f"{getattr(options, name):g}"]
    for name in ("redis_url", "sql_url"):
        if value := getattr(options, name):
            words += [f"--{name.replace('_', '-')}", value]
    return shlex.join(words)


def explore_command(cell: Cell, options: Options) -> str:
    """Return the command that searches the schedules of just this cell again, as far."""
    words = ["ctxstress", "explore", *_row(cell), "--host", _spoken(cell.where)]
    words += ["--scenario", _spoken(cell.scenario), "--seed", str(options.seed)]
    asked, usual = options.explore or Explore(), Explore()
    if asked.strategy != usual.strategy:
        words += ["--strategy", _spoken(asked.strategy)]
    if asked.bound != usual.bound:
        words += ["--bound", "none" if asked.bound is None else str(asked.bound)]
    if asked.requests != usual.requests:
        words += ["--requests", str(asked.requests)]
    if asked.schedules > usual.schedules:
        words += ["--schedules", str(asked.schedules)]
    if asked.seconds > usual.seconds:
        words += ["--time", f"{asked.seconds:g}"]
    for file in asked.files:
        words += ["--watch", file]
    if not asked.reduce:
        words.append("--no-reduce")
    return shlex.join(words)


def _row(cell: Cell) -> list[str]:
    """Return the options that choose a cell's row: its target, or a Local on the mini-framework."""
    module = cell.target.partition(":")[0]
    if cell.subject.partition(":")[0] == module:
        return ["--target", _spoken(cell.target)]
    return ["--local", _spoken(cell.subject)]


def _spoken(path: str) -> str:
    """Return the short name of a part of ours, and the import string of anyone else's."""
    ours = path.startswith(("localimpl.", "harness.", "scenarios."))
    return short(path) if ours else path
