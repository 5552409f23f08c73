"""Chooses the cells of a run: what was asked for, or the default matrix."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.catalog import Entry, choose, choose_one, entries
from harness.core.errors import UserError
from harness.core.names import load, nearest
from harness.core.ports import Host, Server, Target
from harness.core.record import Cell, Part, Place
from harness.core.scenario import Means, Scenario
from harness.core.verdict import demands
from harness.engine.job import Job, Options
from harness.engine.subjects import parse_promise, with_promise
from localimpl import Subject


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person asked for; an empty choice means the matrix's."""

    matrix: str = "default"
    targets: tuple[str, ...] = ()
    locals: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    promise: str | None = None
    gate: str = "jitter"


MATRICES = {
    "default": Asked(targets=("mini",)),
    "world": Asked(locals=("contextvar",), targets=("*",), servers=("*",)),
}
"""What each matrix chooses where the person does not: all hosts and the basic servers, or just the servers named."""

MINI = "mini"
"""The target on which Locals are rows; each other target has a row of its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """A subject on the target that is mounted over it."""

    subject: Entry
    target: Entry


@dataclass(frozen=True, slots=True)
class Selection:
    """The parts and cells of a run, and what had to be left out."""

    subjects: tuple[Entry, ...]
    places: tuple[tuple[Place, Entry], ...]
    scenarios: tuple[Entry, ...]
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = field(default=())
    inapplicable: Mapping[Cell, str] = field(default_factory=dict)
    """Those of the cells for which their target has no means, and why; they are not run."""

    @property
    def runnable(self) -> tuple[Cell, ...]:
        """The cells that are run."""
        return tuple(cell for cell in self.cells if cell not in self.inapplicable)

    def jobs(self, options: Options) -> list[Job]:
        """Group the cells by subject and place; servers, which take longest, come first."""
        checkers = tuple(entry.path for entry in entries("checker"))
        patched = {entry.path: entry.part.patched for _, entry in self.places}
        groups: dict[tuple[str, str], list[Cell]] = {}
        for cell in sorted(self.runnable, key=lambda cell: cell.place is Place.HOST):
            groups.setdefault((cell.subject, cell.where), []).append(cell)
        controlled = {name: entry.path for entry in entries("controlled") for name in entry.part.stands_for}
        names = {entry.path: entry.name for _, entry in self.places}
        return [
            Job(
                tuple(cells),
                options,
                checkers,
                cells[0].place is Place.HOST and patched[where],
                controlled=controlled.get(names[where], "") if cells[0].place is Place.HOST else "",
            )
            for (_, where), cells in groups.items()
        ]

    def parts(self) -> tuple[tuple[Part, ...], tuple[Part, ...], tuple[Part, ...]]:
        """Return subjects, places and scenarios as the record keeps them."""
        targets = {cell.subject: cell.target for cell in self.cells}
        return (
            tuple(
                _subject_part(entry, load(targets[entry.path]))
                for entry in self.subjects
                if entry.path in targets
            ),
            tuple(_place_part(place, entry) for place, entry in self.places),
            tuple(Part(entry.path, entry.name, entry.part.claim) for entry in self.scenarios),
        )


def select(asked: Asked) -> Selection:
    """Return the cells to run. Raises UserError for names that do not exist, and when nothing is left to run."""
    notes: list[str] = []
    usual = _matrix(asked)
    rows = _rows(asked, usual, notes)
    places = _places(asked, usual, notes)
    scenarios = choose("scenario", asked.scenarios or ["*"])
    _refuse_namesakes(scenarios)
    gate = choose_one("gate", asked.gate).path
    subjects = tuple(row.subject for row in rows)
    notes += _exemptions(subjects, places, scenarios, asked)
    cells: list[Cell] = []
    inapplicable: dict[Cell, str] = {}
    for row in rows:
        for place, where in places:
            for scenario in scenarios:
                if not _applies(row, place, where.part, scenario.part, asked):
                    continue
                cell = Cell(row.subject.path, place, where.path, scenario.path, row.target.path, gate)
                if lacking := scenario.part.uses - row.target.part.means:
                    if row.target.name == MINI:
                        continue
                    inapplicable[cell] = f"{row.subject.name} has no {_listed(lacking)}"
                cells.append(cell)
    if len(cells) == len(inapplicable):
        raise UserError(
            "no cell is left to run: none of the chosen scenarios can run on the chosen places and targets "
            "(`ctxstress list` shows which units each needs)"
        )
    return Selection(subjects, tuple(places), tuple(scenarios), tuple(cells), tuple(notes), inapplicable)


def _matrix(asked: Asked) -> Asked:
    """Return what the matrix chooses where the person did not."""
    if asked.matrix not in MATRICES:
        raise UserError(f"there is no matrix {asked.matrix!r}{nearest(asked.matrix, list(MATRICES))}")
    return MATRICES[asked.matrix]


def _rows(asked: Asked, usual: Asked, notes: list[str]) -> tuple[Row, ...]:
    """Return the rows: Locals on the mini-framework, and each other target with what it says of itself."""
    wanted = asked.targets or ((MINI,) if asked.locals else usual.targets)
    rows = []
    for target in _available(choose("target", wanted), wanted, notes):
        if target.name == MINI:
            locals_ = tuple(_with_promises(asked, notes))
            chosen = locals_ or usual.locals
            found = choose("local", chosen) if chosen else entries("local")
            rows += [Row(subject, target) for subject in _available(found, locals_, notes)]
        else:
            rows.append(Row(own_row(target), target))
    return tuple(rows)


def own_row(target: Entry) -> Entry:
    """Return the subject that a target's file exports beside it: what is promised of its row."""
    return choose("local", [f"{target.path.partition(':')[0]}:SUBJECT"])[0]


def _places(asked: Asked, usual: Asked, notes: list[str]) -> list[tuple[Place, Entry]]:
    """Return hosts, then servers: those asked for, or else the matrix's."""
    places: list[tuple[Place, Entry]] = []
    wanted = asked.servers or (() if asked.hosts else usual.servers)
    if asked.hosts or not wanted:
        hosts = choose("host", asked.hosts or ["*"])
        places += [(Place.HOST, entry) for entry in _available(hosts, asked.hosts, notes)]
    if wanted:
        places += [(Place.SERVER, entry) for entry in _available(choose("server", wanted), wanted, notes)]
    elif not asked.hosts:
        basic = [entry for entry in entries("server") if entry.part.basic]
        places += [(Place.SERVER, entry) for entry in _available(basic, (), notes)]
    return places


def selection_of(cells: Iterable[Cell], notes: tuple[str, ...] = ()) -> Selection:
    """Return the selection that consists of these cells, which may come in any order, in the order of the matrix."""
    cells = list(cells)
    subjects = _in_order("local", [cell.subject for cell in cells])
    hosts = _in_order("host", [cell.where for cell in cells if cell.place is Place.HOST])
    servers = _in_order("server", [cell.where for cell in cells if cell.place is Place.SERVER])
    scenarios = _in_order("scenario", [cell.scenario for cell in cells])
    rank = {entry.path: rank for rank, entry in enumerate([*subjects, *hosts, *servers, *scenarios])}
    return Selection(
        tuple(subjects),
        (*((Place.HOST, entry) for entry in hosts), *((Place.SERVER, entry) for entry in servers)),
        tuple(scenarios),
        tuple(sorted(cells, key=lambda cell: (rank[cell.subject], rank[cell.where], rank[cell.scenario]))),
        notes,
    )


def _in_order(kind: str, paths: Iterable[str]) -> list[Entry]:
    """Return the parts with these import strings: ours in the catalog's order, then others in their own."""
    rank = {entry.path: rank for rank, entry in enumerate(entries(kind))}
    return choose(kind, sorted(dict.fromkeys(paths), key=lambda path: rank.get(path, len(rank))))


def _applies(row: Row, place: Place, where: Host | Server, scenario: Scenario, asked: Asked) -> bool:
    """Tell whether a cell exists.

    Of a control that was not asked for by name, only those where it must be caught; where a library is known not to
    serve, only those whose scenario was asked for; of a target with a theme, only those that are about it.
    """
    target: Target = row.target.part
    subject: Subject = row.subject.part
    if where.unit not in scenario.units or (scenario.in_process and place is Place.SERVER):
        return False
    if not (target.in_process if isinstance(where, Host) else where.interface in target.speaks):
        return False
    if target.about and not target.about & scenario.uses and not asked.scenarios:
        return False
    key = (where.unit, scenario.name)
    unsound = isinstance(where, Server) and scenario.name in where.exempt
    if (unsound or key in subject.promise.exempt) and not asked.scenarios:
        return False
    if subject.control and not asked.locals:
        return key in subject.promise.refuted_on and demands(where.unit, where.offers)
    return True


def _listed(means: Iterable[Means]) -> str:
    return "; no ".join(sorted(str(each) for each in means))


def _exemptions(
    subjects: Iterable[Entry], places: Iterable[tuple[Place, Entry]], scenarios: Iterable[Entry], asked: Asked
) -> list[str]:
    """Return what is left out because a library is known not to serve it, and why, a sentence for each reason."""
    if asked.scenarios:
        return []
    units = {where.part.unit for _, where in places}
    names = {scenario.name for scenario in scenarios}
    left_out: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for subject in subjects:
        for (unit, name), reason in subject.part.promise.exempt.items():
            if unit in units and name in names:
                on, of = left_out.setdefault((subject.name, reason), ({}, {}))
                on[f"{unit}s"] = of[name] = None
    servers = [where for place, where in places if place is Place.SERVER]
    return [
        f"left out: {server.name} in {name}: {reason}"
        for server in servers
        for name, reason in server.part.exempt.items()
        if name in names
    ] + [
        f"left out: {subject} on {', '.join(sorted(on))} in {', '.join(sorted(of))}: {reason}"
        for (subject, reason), (on, of) in left_out.items()
    ]


def _refuse_namesakes(scenarios: Iterable[Entry]) -> None:
    """Refuse two scenarios of one name, for it tells them apart in the paths of a server and in promises."""
    first: dict[str, Entry] = {}
    for entry in scenarios:
        other = first.setdefault(entry.part.name, entry)
        if other is not entry:
            raise UserError(
                f"{other.path} and {entry.path} are both called {entry.part.name!r}; "
                "choose one of them, or give one another name"
            )


def _available(found: Iterable[Entry], asked: Iterable[str], notes: list[str]) -> list[Entry]:
    """Leave out what lacks its libraries, with a note; asked for by its very name, that is an error."""
    usable = []
    named = {name if ":" in name else name.replace("-", "_") for name in asked}
    for entry in found:
        if not entry.missing:
            usable.append(entry)
        elif entry.name in named or entry.path in named:
            raise UserError(entry.missing)
        else:
            notes.append(f"left out: {entry.missing}")
    return usable


def _with_promises(asked: Asked, notes: list[str]) -> Iterator[str]:
    """Yield the Locals asked for, those by import string with the promise that they are given."""
    if asked.promise is not None:
        parse_promise(asked.promise)
        if not any(map(_bare, asked.locals)):
            notes.append("--promise was not used: it is for a Local given as package.module:Name")
    for name in asked.locals:
        yield with_promise(name, asked.promise) if _bare(name) and asked.promise is not None else name


def _bare(name: str) -> bool:
    return ":" in name and "[" not in name


def _subject_part(entry: Entry, target: Target) -> Part:
    subject: Subject = entry.part
    return Part(
        entry.path,
        entry.name,
        subject.summary,
        isolates=tuple(sorted(subject.promise.isolates)),
        refuted_on=tuple(sorted((str(unit), scenario) for unit, scenario in subject.promise.refuted_on)),
        exempt=tuple(sorted((str(unit), scenario) for unit, scenario in subject.promise.exempt)),
        keeps_updates=subject.promise.keeps_updates,
        control=subject.control,
        source=subject.source,
        group=_group(target),
    )


def _group(target: Target) -> str:
    """Return the heading of the rows that are mounted on a target."""
    if target.name == MINI:
        return "Locals"
    return "Session stores" if Means.SESSION in target.about else "Frameworks"


def _place_part(place: Place, entry: Entry) -> Part:
    where: Host | Server = entry.part
    return replace(
        Part(entry.path, entry.name, where.summary),
        unit=str(where.unit),
        offers=tuple(sorted(str(need) for need in where.offers)),
    )
