"""Gathers the sightings of a run against an app into causes, the worst first, each with how often it was seen."""

from dataclasses import dataclass

from harness.core.app_record import AppRun, Endpoint, Sighting, Sign
from reports.app_words import ANSWERS, FAILURES, RANK


@dataclass(frozen=True, slots=True)
class Cause:
    """Sightings that show the same: one sign at one endpoint, or in one variable or log."""

    sign: Sign
    place: str
    """The endpoint, variable or log."""
    sightings: tuple[Sighting, ...]
    """In the order in which they were seen."""
    seen: int
    """How often; at least the stored sightings."""
    chances: int
    """Answers, or for failures requests, of the endpoint; 0 where such a share says nothing."""

    @property
    def first(self) -> Sighting:
        """Return the sighting that is shown in full: the first whose owner is known, else the first."""
        return next((each for each in self.sightings if each.owner), self.sightings[0])

    @property
    def failing(self) -> bool:
        """Whether requests fail, rather than mix."""
        return self.sign in FAILURES


def causes(run: AppRun) -> tuple[Cause, ...]:
    """Return the causes of all sightings, the worst first."""
    groups: dict[tuple[Sign, str], list[Sighting]] = {}
    for sighting in sorted(run.sightings, key=lambda each: each.at):
        groups.setdefault((sighting.sign, _place(sighting)), []).append(sighting)
    found = [_cause(run, sign, place, groups) for sign, place in groups]
    return tuple(sorted(found, key=lambda cause: (RANK[cause.sign], -cause.seen, cause.first.at)))


def _place(sighting: Sighting) -> str:
    """Return what tells two causes of one sign apart."""
    if sighting.sign is Sign.LEFT_BEHIND:
        return sighting.where
    if sighting.sign is Sign.LOG:
        return sighting.where.rpartition(":")[0] or sighting.where
    return sighting.endpoint


def _cause(run: AppRun, sign: Sign, place: str, groups: dict[tuple[Sign, str], list[Sighting]]) -> Cause:
    group = groups[sign, place]
    endpoint = next((each for each in run.endpoints if each.name == group[0].endpoint), None)
    chances = 0
    if endpoint and sign in ANSWERS:
        chances = endpoint.answered
    elif endpoint and sign in FAILURES:
        chances = endpoint.sent
    seen = max(each.count for each in group)
    if not seen:
        seen = _counted(run, sign, endpoint, alone=_only(sign, group[0], groups))
    return Cause(sign, place, tuple(group), max(seen, len(group)), chances)


def _only(sign: Sign, sighting: Sighting, groups: dict[tuple[Sign, str], list[Sighting]]) -> bool:
    """Tell whether no other sign of the same kind was seen at this endpoint, so that its count is this sign's."""
    kind = next((kind for kind in (ANSWERS, FAILURES) if sign in kind), frozenset({sign}))
    return all(other is sign or other not in kind or place != sighting.endpoint for other, place in groups)


def _counted(run: AppRun, sign: Sign, endpoint: Endpoint | None, *, alone: bool) -> int:
    """Return what the endpoint's own count says, where it speaks of this sign alone; else what the rounds counted."""
    if endpoint and alone and sign in ANSWERS:
        return endpoint.mixed
    if endpoint and alone and sign in FAILURES:
        return endpoint.failed
    elsewhere = {each.endpoint for each in run.sightings if each.sign is sign}
    counted = sum(each.signs.get(sign, 0) for each in run.rounds)
    return counted if len(elsewhere) == 1 else 0
