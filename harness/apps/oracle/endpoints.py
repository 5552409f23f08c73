"""What is stored of each endpoint: how it went under load, and what was learnt of it alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.apps.oracle.alone import Alone, Case
from harness.core.app_record import Endpoint

_MOST_MASKED = 40


@dataclass(slots=True)
class Tally:
    """How often an endpoint was sent under load, and how that ended."""

    sent: int = 0
    answered: int = 0
    mixed: int = 0
    failed: int = 0
    statuses: Counter[int] = field(default_factory=Counter)


def endpoints(alone: Alone, tallies: Mapping[str, Tally]) -> tuple[Endpoint, ...]:
    """Return an endpoint for each name of a call, in the order they were first sent."""
    cases: dict[str, list[Case]] = {name: [] for name in tallies}
    for case in alone.cases():
        cases.setdefault(case.call.name, []).append(case)
    return tuple(_endpoint(name, each, tallies.get(name, Tally())) for name, each in cases.items())


def _endpoint(name: str, cases: list[Case], tally: Tally) -> Endpoint:
    casts = [
        shape.cast
        for case in cases
        for status, shape in sorted(case.shapes.items(), key=lambda item: -item[1].seen)
        if status < 500
    ]
    return Endpoint(
        name=name,
        sent=tally.sent,
        answered=tally.answered,
        mixed=tally.mixed,
        failed=tally.failed,
        statuses={str(status): count for status, count in sorted(tally.statuses.items())},
        masked=tuple(dict.fromkeys(part for cast in casts for part in cast.masked()))[:_MOST_MASKED],
        carries=tuple(dict.fromkeys(part for cast in casts for part in cast.carries())),
        alone=casts[0].text() if casts else "",
        failed_alone=sum(case.failed for case in cases),
    )
