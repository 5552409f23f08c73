"""What a test comes to: its exit code, and its verdict in one sentence."""

from collections import Counter

from harness.core.record import CellResult, Ending, Run, short
from harness.core.verdict import Grade, Outcome
from reports.sentences import lacking, saw
from reports.words import listed, plural

AS_PROMISED, MIXED, CANNOT = 0, 1, 2

STANDS = {
    Grade.BROKEN: "which it promises to keep apart",
    Grade.UNPROMISED: "which it does not promise to keep apart",
    Grade.CAUGHT: "as it is known to",
}
"""What is said of a mix-up; of several, the first of these."""

HELP = "more users (-u), a longer run (-t) or fewer scenarios help"


def exit_code(run: Run) -> int:
    """Return 1 when any request was mixed up, promised or not; 2 when something could not be told; else 0."""
    if any(result.outcome is Outcome.MIXED for result in run.cells):
        return MIXED
    if any(result.outcome is Outcome.INCONCLUSIVE for result in run.cells):
        return CANNOT
    return run.exit_code()


def sentence(run: Run, mixed: int) -> str:
    """Return the verdict; ``mixed`` is the number of requests that were mixed up."""
    requests = sum(result.evidence.entered for result in run.cells)
    match exit_code(run):
        case 1:
            return _mixed(run, mixed, requests)
        case 2:
            return _open(run, requests)
    cells, names = plural(len(run.cells), "cell"), listed(_names(list(run.cells)))
    overlap, reuse = (
        sum(getattr(each.evidence, name) for each in run.cells) for name in ("overlap", "reuse")
    )
    could = f"{overlap:,} of them could have been disturbed"
    if not overlap:
        could = f"no two at once, {reuse:,} of them on a unit that had served another"
    return f"kept: {names} kept {plural(requests, 'request')} apart in {cells}; {could}"


def _mixed(run: Run, mixed: int, requests: int) -> str:
    bad = [result for result in run.cells if result.outcome is Outcome.MIXED]
    kinds: Counter[str] = Counter()
    for result in bad:
        kinds.update({each.anomaly.value: each.count for each in result.findings if each.count})
    seen = ", ".join(f"{anomaly} {count:,}×" for anomaly, count in kinds.most_common())
    return (
        f"mixed: {mixed:,} of {plural(requests, 'request')} were mixed up in {len(bad):,} of "
        f"{plural(len(run.cells), 'cell')} ({seen}), by {'; by '.join(_culprits(bad))}"
    )


def _culprits(bad: list[CellResult]) -> list[str]:
    """Return which Locals mixed up which units, and how that stands to their promises; the worst first."""
    grades: dict[tuple[str, str], Grade] = {}
    for grade in STANDS:
        for result in bad:
            if result.grade is grade:
                grades.setdefault((short(result.cell.subject), f"{result.unit.value}s"), grade)
    units: dict[tuple[str, Grade], list[str]] = {}
    for (local, unit), grade in grades.items():
        units.setdefault((local, grade), []).append(unit)
    return [f"{local} on {listed(names)}, {STANDS[grade]}" for (local, grade), names in units.items()]


def _open(run: Run, requests: int) -> str:
    missed = [result for result in run.cells if result.grade is Grade.MISSED]
    if missed:
        return f"missed: {listed(_names(missed))} must be seen to mix up requests, and was not; press harder (-u, -t)"
    ended = [result for result in run.cells if result.ending is not Ending.JUDGED]
    vague = ended or [result for result in run.cells if result.outcome is Outcome.INCONCLUSIVE]
    first = vague[0]
    if ended:
        why = f"its server {first.ending}" + (f": {first.log.splitlines()[-1]}" if first.log else "")
    elif not first.sent:
        why = f"it was not reached; {HELP}"
    else:
        why = (lacking(first) or saw(first)) + ("" if first.evidence.failed else f"; {HELP}")
    return (
        f"inconclusive: nothing is proven in {len(vague):,} of {plural(len(run.cells), 'cell')} after "
        f"{plural(requests, 'request')}; {first.cell.id}: {why}"
    )


def _names(results: list[CellResult]) -> list[str]:
    """Return which Locals on which servers, as in ``contextvar on threaded_pool and uvicorn_asgi``."""
    servers: dict[str, list[str]] = {}
    for each in results:
        servers.setdefault(short(each.cell.subject), []).append(short(each.cell.where))
    return [f"{local} on {listed(list(dict.fromkeys(names)))}" for local, names in servers.items()]
