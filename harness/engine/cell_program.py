"""A cell as a program to explore: a few requests of one scenario over one subject, and the checkers as its judge."""

from collections.abc import Collection, Iterable, Sequence
from copy import copy

from harness.core.control import Mixup, Round, Work
from harness.core.errors import UserError
from harness.core.evidence import measure
from harness.core.execution import Execution
from harness.core.history import History, Kind
from harness.core.names import load
from harness.core.plan import TABS, plan
from harness.core.ports import Checker, Gate, Host, Target, Visit
from harness.core.record import Cell, Place
from harness.core.scenario import Cookies, Means, Scenario
from harness.core.steps import Pause, Step, drive
from harness.core.verdict import Anomaly, Need
from harness.engine.announced import Announcer
from harness.engine.flood import Flood
from harness.engine.judge import unpromised
from harness.engine.subjects import find_subject
from localimpl import Subject, Unit

REQUESTS = 3
UNITS = 2
"""So that one unit serves two requests, one after the other, while the other serves one."""
REFERENCE = "cell:"
TELLING = tuple(Anomaly)
"""Anomalies in the order in which they tell the most; of several in one schedule the first is shown."""


def _at_once(lanes: Sequence[Iterable[tuple[int, Visit]]], gate: Gate) -> None:
    """Run requests right here, without pauses: the log-in that comes before a schedule, on no unit of it."""
    for lane in lanes:
        for _, visit in lane:
            drive(visit("login"), _pass_over)


def _pass_over(step: Step) -> None:
    if not isinstance(step, Pause):
        raise TypeError(f"{step!r} cannot be done in a log-in, which runs on no unit")


AT_ONCE = Host("at_once", "requests without pauses", Unit.THREAD, _at_once, frozenset())


class CellProgram:
    """Made anew for each schedule: another Local, another app, the same requests with the same tokens."""

    learns = False

    def __init__(
        self,
        cell: Cell,
        checkers: Sequence[Checker],
        seed: int,
        *,
        requests: int = REQUESTS,
        watched: Collection[str] = (),
    ) -> None:
        """Take the files that are looked into beside the subject's own: in them units share what is not announced."""
        if cell.place is not Place.HOST:
            raise UserError(f"{cell.where} is a server in a process of its own; explore the cell on a host")
        self.cell = cell
        self.subject: Subject = find_subject(cell.subject)
        self.scenario: Scenario = load(cell.scenario)
        self._target: Target = load(cell.target)
        self._host: Host = load(cell.where)
        self._checkers = sorted(checkers, key=lambda checker: TELLING.index(checker.anomaly))
        self._ignored = unpromised(self.scenario, self.subject.promise)
        tabs = TABS if self.scenario.cookies is Cookies.TABS else 1
        self._lanes = plan(requests, UNITS, seed, self.scenario.hangs_up, tabs=tabs)
        self._names = [lane[0].request for lane in self._lanes]
        self._gate = load(cell.gate).make
        self._wanted = {
            checker.needs
            for checker in checkers
            if checker.anomaly in self.scenario.looks_for and checker.needs in self._host.offers
        }
        self._had: set[Need] = set()
        self._trouble = ""
        self.name = cell.id
        self.unit = self._host.unit
        named = (cell.subject, cell.where, cell.scenario, cell.target, cell.gate, str(requests))
        self.reference = REFERENCE + "|".join(named)
        # What a session store shares is announced by nobody, nor is what watched files do between two instructions.
        self.tracked = (
            not watched and Means.SESSION not in self.scenario.uses and cell.target.endswith(".mini:TARGET")
        )

    def begin(self, history: History) -> Round:
        """Mount the scenario on a new Local and line up its requests."""
        announcer = Announcer()
        subject = announcer.subject(self.subject) if self.tracked else self.subject
        mounted = self._target.mount(subject, self.scenario)
        flood = Flood(mounted, self.scenario, AT_ONCE, self._gate, history)
        works = [
            Work(name, visits=list(visits))
            for name, visits in zip(self._names, flood.visits(self._lanes), strict=True)
        ]
        return Round(works, lambda execution: self._judge(history, execution), announcer.to)

    @property
    def parts(self) -> list[str]:
        """The names of the requests, the last first: what one leaves to the next is kept for longest."""
        return sorted((order.request for lane in self._lanes for order in lane), reverse=True)

    def without(self, names: Collection[str]) -> "CellProgram | None":
        """Return the cell without some requests, if one is left."""
        lanes = [[order for order in lane if order.request not in names] for lane in self._lanes]
        if not any(lanes):
            return None
        fewer = copy(self)
        fewer._names = [name for name, lane in zip(self._names, lanes, strict=True) if lane]
        fewer._lanes = [lane for lane in lanes if lane]
        return fewer

    def learn(self, execution: Execution) -> None:
        """Nothing is learnt: the checkers know what is right."""

    def shortfall(self) -> str:
        """Say which evidence no schedule had, or what failed."""
        if self._trouble:
            return self._trouble
        missing = sorted(self._wanted - self._had)
        return f"no schedule had {' and '.join(missing)}" if missing else ""

    def _judge(self, history: History, execution: Execution) -> Mixup | None:
        for name, error in zip(execution.names, execution.errors, strict=True):
            if error is not None:
                self._trouble = self._trouble or f"{name} failed: {type(error).__name__}: {error}"
        for checker in self._checkers:
            if checker.anomaly in self._ignored:
                continue
            for witness in checker.check(history):
                plain = witness.anomaly is Anomaly.RESIDUE
                return Mixup(witness.sentence, witness.victim, str(witness.anomaly), witness, plain=plain)
        evidence = measure(history)
        self._had.update(need for need in self._wanted - self._had if evidence.of(need))
        if evidence.failed and not self._trouble:
            failure = next(event for event in history if event.kind is Kind.FAILED)
            self._trouble = f"{failure.request} failed: {failure.value}"
        return None


def find_program(reference: str, checkers: Sequence[Checker], seed: int) -> CellProgram:
    """Return the cell that a replay's token names, as a program."""
    cell, requests = named_cell(reference)
    return CellProgram(cell, checkers, seed, requests=requests)


def named_cell(reference: str) -> tuple[Cell, int]:
    """Return the cell that a reference names, and how many requests. Raises UserError where it names none."""
    parts = reference.removeprefix(REFERENCE).split("|")
    if not reference.startswith(REFERENCE) or len(parts) != 6 or not parts[-1].isdecimal():
        raise UserError(
            f"{reference!r} names no cell: cell:SUBJECT|HOST|SCENARIO|TARGET|GATE|REQUESTS expected"
        )
    subject, where, scenario, target, gate, requests = parts
    if int(requests) < UNITS:
        raise UserError(f"{reference!r} names no cell: it takes {UNITS} requests or more, one for each unit")
    return Cell(subject, Place.HOST, where, scenario, target, gate), int(requests)
