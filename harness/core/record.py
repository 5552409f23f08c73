"""What is stored of a run, re-judged by ``recheck`` and drawn by the reports: plain dataclasses, kept as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from harness.core.errors import UserError
from harness.core.exploration import Exploration
from harness.core.verdict import Anomaly, Evidence, Grade, Need, Outcome, Witness
from localimpl import Unit

T = TypeVar("T")

SCHEMA = "ctxstress-run/1"


class Place(StrEnum):
    """Where a cell runs."""

    HOST = "host"
    SERVER = "server"


class Ending(StrEnum):
    """How the running of a cell ended, before anything is judged."""

    JUDGED = "judged"
    HUNG = "hung"
    CRASHED = "crashed"
    NOT_RUN = "not run"
    NOT_APPLICABLE = "not applicable"
    """The target has no means for what the scenario asks; ``CellResult.reason`` says which."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of the matrix: a subject on a host or server, put to one scenario; the names are import strings."""

    subject: str
    place: Place
    where: str
    scenario: str
    target: str
    gate: str

    @property
    def id(self) -> str:
        """Return the short name, as in ``contextvar-threads-read_back``."""
        return "-".join(short(part) for part in (self.subject, self.where, self.scenario))


ENTRIES = frozenset(
    {"SUBJECT", "HOST", "SERVER", "SCENARIO", "TARGET", "GATE", "CHECKER", "CONTROLLED", "STRATEGY"}
)
"""What a file exports that is one part and is called by the file's name."""


def short(path: str) -> str:
    """Return the last module name of an import string, which is the part's name; of another attribute, that."""
    module, _, attribute = path.partition(":")
    return module.rpartition(".")[2] if attribute in ENTRIES else attribute


@dataclass(frozen=True, slots=True)
class Finding:
    """What one checker found, and how many chances it had to find it."""

    anomaly: Anomaly
    needs: Need
    chances: int
    count: int
    outcome: Outcome
    bound: float | None
    """For a clean finding: the rate that it excludes at 95 %."""
    required: bool
    """Whether the scenario claims the absence of this anomaly and the place can give the evidence."""


@dataclass(frozen=True, slots=True)
class State:
    """An observed state, as in a table of outcomes: how often look-ups of ``name`` saw this."""

    name: str
    seen: str
    count: int
    expected: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A witness with the raw events of the requests involved; a clean cell has one without a witness."""

    witness: Witness | None
    requests: tuple[str, ...]
    events: tuple[tuple[int, str, str, str, str, Any], ...]
    """(seq, kind, request, unit, name, value); the witness's seqs refer to the first number."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that requests ended in, or a place where one hung, with how many."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class CellResult:
    """A cell and all that is known of it."""

    cell: Cell
    unit: Unit
    ending: Ending
    outcome: Outcome
    grade: Grade
    sent: int
    """Requests that clients sent."""
    evidence: Evidence
    findings: tuple[Finding, ...] = ()
    states: tuple[State, ...] = ()
    samples: tuple[Sample, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    """Failures of requests, most frequent first."""
    hung_at: tuple[str, ...] = ()
    """Where a hung cell stood, a stack or a request a line."""
    log: str = ""
    """The last lines of a crashed worker or server."""
    seconds: float = 0.0
    repeat: str = ""
    """The command that repeats this cell."""
    reason: str = ""
    """Why a cell is not applicable."""
    explored: Exploration | None = None
    """What a search of its schedules came to, beside the flood or in its place."""


def not_applicable(cell: Cell, unit: Unit, reason: str) -> CellResult:
    """Return what stands in the record for a cell that cannot be, because its target has no means for it."""
    return CellResult(
        cell,
        unit,
        Ending.NOT_APPLICABLE,
        Outcome.INCONCLUSIVE,
        Grade.UNPROMISED,
        0,
        Evidence(),
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A row, column or scenario as the report names it."""

    path: str
    name: str
    summary: str
    unit: str = ""
    """For a host or server: what it runs a request on."""
    offers: tuple[str, ...] = ()
    """For a host or server: the evidence that it can give."""
    isolates: tuple[str, ...] = ()
    """For a subject: what it promises to keep apart."""
    refuted_on: tuple[tuple[str, str], ...] = ()
    """For a subject: the (unit, scenario) pairs where it must be seen to mix."""
    exempt: tuple[tuple[str, str], ...] = ()
    """For a subject: the (unit, scenario) pairs for which it promises nothing after all."""
    keeps_updates: bool = False
    """For a subject: whether it promises that no update of a session is lost."""
    control: bool = False
    source: str = ""
    group: str = ""
    """For a subject: the rows that it stands among, as ``Locals`` or ``Frameworks``."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution with its whole record."""

    schema: str
    version: str
    command: str
    seed: int
    options: Mapping[str, Any]
    environment: Mapping[str, str]
    """Python, platform, processors, switch interval, whether there is a GIL, and package versions."""
    started: str
    """When, in ISO 8601 with offset."""
    seconds: float
    interrupted: bool
    subjects: tuple[Part, ...]
    places: tuple[Part, ...]
    scenarios: tuple[Part, ...]
    cells: tuple[CellResult, ...] = field(default_factory=tuple)
    notes: tuple[str, ...] = ()
    """What a reader must know: parts left out and why, with the command that installs them."""

    def grades(self) -> dict[Grade, int]:
        """Count the cells of each grade; those that are not applicable have none."""
        counts = dict.fromkeys(Grade, 0)
        for result in self.cells:
            counts[result.grade] += result.ending is not Ending.NOT_APPLICABLE
        return counts

    def exit_code(self) -> int:
        """Return 130 when interrupted, 1 for a broken promise, 2 for a missed control or nothing told, else 0.

        A promise left unproven is no success: where nothing is broken or missed, it also gives 2. So does
        a cell that hung or crashed, whatever was promised there: a server that never came up is not green.
        """
        if self.interrupted:
            return 130
        grades = self.grades()
        if grades[Grade.BROKEN]:
            return 1
        fine = (Ending.JUDGED, Ending.NOT_APPLICABLE)
        failed = any(result.ending not in fine for result in self.cells)
        return (
            2 if grades[Grade.MISSED] or grades[Grade.UNPROVEN] or failed or not any(grades.values()) else 0
        )


def to_json(run: Any) -> str:
    """Write a run, of whichever kind, as JSON text."""
    text = json.dumps(asdict(run), default=_plain, separators=(",", ":"), ensure_ascii=False)
    # A lone surrogate, as undecodable bytes of an app become, has no UTF-8; this way of escaping it is JSON's as well.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def from_json(text: str, source: str) -> Run:
    """Read a run; ``source`` names the file in errors. Raises UserError for text that is no run of this schema."""
    return from_data(load(text, source), source)


def from_data(data: Mapping[str, Any], source: str) -> Run:
    """Read a run from the plain data of its JSON; raises UserError for what is no run of this schema."""
    return parse(Run, SCHEMA, data, source, _check_parts)


def load(text: str, source: str) -> dict[str, Any]:
    """Read JSON that should be a record, of whichever schema; raises UserError when it cannot be one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{source} is not JSON ({error}); name the record of a ctxstress run") from error
    if not isinstance(data, dict):
        raise UserError(f"{source} is no run of ctxstress: an object expected, {type(data).__name__!r} found")
    return data


def parse(
    kind: type[T],
    schema: str,
    data: Mapping[str, Any],
    source: str,
    check: Callable[[T], object] = lambda run: None,
) -> T:
    """Make a record of a kind and schema from plain data; raises UserError for another schema and for damage.

    ``check`` raises ValueError for what the types alone do not show.
    """
    if data.get("schema") != schema:
        found = data.get("schema")
        raise UserError(f"{source} is no run of ctxstress: schema {schema!r} expected, {found!r} found")
    try:
        run = build(kind, data)
        check(run)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{source} is a damaged run record: {type(error).__name__}: {error}") from error
    return run


def _check_parts(run: Run) -> None:
    """Raise ValueError when a cell names a part that the record does not describe."""
    known = {part.path for part in (*run.subjects, *run.places, *run.scenarios)}
    for result in run.cells:
        for path in (result.cell.subject, result.cell.where, result.cell.scenario):
            if path not in known:
                raise ValueError(f"it has a cell of {path!r}, but does not describe that")


def read_run(path: Path) -> Run:
    """Read a run from a file, or from the ``run.json`` in a directory; raises UserError when it cannot."""
    file = path / "run.json" if path.is_dir() else path
    return from_json(read_text(file), str(file))


def read_text(file: Path) -> str:
    """Return what stands in the file of a record; raises UserError when it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read {file}: {error}; run `ctxstress run` first, or name the record of a run"
        ) from error


def build(kind: type[T], data: Any) -> T:
    """Make a record from plain data, by its type's annotations; the inverse of ``asdict`` with JSON in between."""
    return _build(kind, data)  # type: ignore[no-any-return]


def _build(kind: Any, data: Any) -> Any:
    if kind is Any:  # an event's value: a string, or a tuple of strings
        return tuple(data) if isinstance(data, list) else data
    if kind is NoneType:
        return data
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        present = [argument for argument in arguments if argument is not NoneType]
        return None if data is None else _build(present[0], data)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple(_build(arguments[0], item) for item in data)
        return tuple(_build(argument, item) for argument, item in zip(arguments, data, strict=True))
    if origin is Mapping:
        return {key: _build(arguments[1], item) for key, item in _checked(dict, data).items()}
    if origin is not None:
        return _checked(origin, data)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(
            **{
                each.name: _build(hints[each.name], data[each.name])
                for each in fields(kind)
                if each.name in data
            }
        )
    if issubclass(kind, Enum):
        return kind(data)
    return float(data) if kind is float else _checked(kind, data)


def _checked(kind: type[T], data: Any) -> T:
    """Return plain data that is of the kind that stands in its place, as it need not be in a damaged record."""
    if not isinstance(data, kind):
        raise TypeError(f"{kind.__name__} expected, {data!r:.60} found")
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
