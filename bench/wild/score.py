"""What is told of an entry, and the table and the closing lines that are made of it: arithmetic, nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.core.app_record import AppRun
from harness.core.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Ours:
    """What ``ctxstress run`` said of one form of an entry."""

    outcome: str
    """``isolated``, ``inconclusive`` or ``mixed``."""
    sent: int
    """Requests under load."""
    findings: int
    requests: int = 0
    """How many requests had been sent at the first sighting."""
    seconds: float = 0.0
    """How long the flooding had taken by then."""
    sign: str = ""
    anomaly: str = ""
    pressure: str = ""
    smallest: int | None = None
    """The smallest number of clients that showed it."""
    reason: str = ""

    @property
    def found(self) -> bool:
        """Whether a failure of isolation was seen."""
        return self.outcome == Outcome.MIXED


@dataclass(frozen=True, slots=True)
class Plain:
    """What a plain load test that checks its answers saw of the faulty form."""

    requests: int
    """How many requests it had sent at its first failure, or in all."""
    seconds: float
    failure: str = ""
    """Its first failure; empty when it saw none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry; what was not run is None."""

    name: str
    faulty: Ours | None = None
    clean: Ours | None = None
    plain: Plain | None = None
    skipped: str = ""


def ours(run: AppRun) -> Ours:
    """Return what a record says."""
    sent = sum(each.sent for each in run.rounds)
    kinds = {(each.sign, each.endpoint): each.count or 1 for each in run.sightings}
    if not run.sightings:
        return Ours(str(run.outcome), sent, 0, reason=run.reason)
    first = min(run.sightings, key=lambda sighting: sighting.at)
    return Ours(
        outcome=str(run.outcome),
        sent=sent,
        findings=sum(kinds.values()),
        requests=first.at,
        seconds=max(0.0, first.seconds),
        sign=str(first.sign),
        anomaly=str(first.anomaly or ""),
        pressure=first.pressure,
        smallest=run.smallest,
        reason=run.reason,
    )


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown."""
    heads = (
        "bug",
        "found after",
        "sign (anomaly)",
        "pressure",
        "fewest clients",
        "clean: findings / requests",
        "plain locust: first failure",
    )
    lines = [heads, ["---"] * len(heads), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(rows: Sequence[Row]) -> str:
    """Return the closing lines."""
    faulty = [row.faulty for row in rows if row.faulty]
    clean = [row.clean for row in rows if row.clean]
    plain = [row.plain for row in rows if row.plain]
    quiet = sum(not each.findings for each in clean)
    said = [
        f"faulty: {sum(each.found for each in faulty)} of {len(faulty)} found",
        f"clean: {quiet} of {len(clean)} without a finding, over {sum(each.sent for each in clean):,} requests",
        f"plain locust: {sum(bool(each.failure) for each in plain)} of {len(plain)} found",
    ]
    if skipped := [f"{row.name} ({row.skipped})" for row in rows if row.skipped]:
        said.append(f"skipped: {', '.join(skipped)}")
    return "\n".join(said)


def _cells(row: Row) -> list[str]:
    if row.skipped:
        return [row.name, f"skipped: {row.skipped}", "", "", "", "", ""]
    found, clean, plain = row.faulty, row.clean, row.plain
    cells = [row.name]
    if found is None:
        cells += ["", "", "", ""]
    elif found.found:
        sign = found.sign + (f" ({found.anomaly})" if found.anomaly else "")
        fewest = "" if found.smallest is None else str(found.smallest)
        cells += [f"{found.requests:,} requests, {found.seconds:.1f} s", sign, found.pressure, fewest]
    else:
        cells += [f"**{found.outcome}** after {found.sent:,} requests", "", "", ""]
    cells.append(f"{clean.findings} / {clean.sent:,}{_doubt(clean)}" if clean else "")
    cells.append(_plainly(plain) if plain else "")
    return cells


def _doubt(clean: Ours) -> str:
    return "" if clean.outcome == Outcome.ISOLATED else f" (**{clean.outcome}**)"


def _plainly(plain: Plain) -> str:
    if plain.failure:
        return f"{plain.requests:,} requests, {plain.seconds:.1f} s"
    return f"nothing in {plain.requests:,} requests"
