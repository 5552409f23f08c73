"""Says in plain words what was seen in a cell and what that proves."""

from harness.core.exploration import Exploration
from harness.core.record import CellResult, Ending, Finding, short
from harness.core.verdict import Outcome
from reports.matrix import standing
from reports.words import ANOMALIES, NEEDS, Standing, listed, plural, rate

STUCK = "{local} promises to keep {units} apart, and here its requests wait for each other for ever."
REASONS = {
    Standing.BROKEN: "{local} promises to keep {units} apart, and requests were mixed up.",
    Standing.MISSED: "{local} is known to mix up requests on {units} here, and was not caught: the harness failed.",
    Standing.CRASHED: "The process that ran this cell ended by itself, so nothing is known.",
    Standing.HUNG: "The requests of this cell did not all end.",
    Standing.UNPROVEN: "{local} promises to keep {units} apart, and the run had too little evidence to tell.",
    Standing.NOT_RUN: "The cell was chosen and did not run.",
    Standing.CAUGHT: "{local} is known to mix up requests on {units} here, and was caught.",
    Standing.KEPT: "{local} promises to keep {units} apart; the requests could disturb each other, and none did.",
    Standing.UNPROMISED: "{local} promises nothing for {units} here; what was seen is shown for information.",
    Standing.NOT_APPLICABLE: "There is nothing to run here.",
}


def bound_words(finding: Finding) -> str:
    """Say what silence excludes, as in ``0 of 812: at 95 % below 0.37 %``; of a mix-up, how often it was seen."""
    if finding.count:
        seen = f"{finding.count:,} in {plural(finding.chances, 'chance')}"
        return (
            seen
            if finding.count <= finding.chances
            else f"{plural(finding.count, 'time')} in {plural(finding.chances, 'chance')}"
        )
    if not finding.chances:
        return "no chance to see one"
    below = f": at 95 % below {rate(finding.bound)}" if finding.bound is not None else ""
    return f"0 of {finding.chances:,}{below}"


def weakest(result: CellResult) -> Finding | None:
    """Return the clean finding with the fewest chances among those that the scenario asks for."""
    clean = [each for each in result.findings if each.required and not each.count]
    return min(clean, key=lambda each: each.chances, default=None)


def saw(result: CellResult) -> str:
    """Say in one short line what was seen in a cell."""
    if result.explored is not None and (not result.sent or _explored_alone(result)):
        return _in_short(result.explored)
    if result.outcome is Outcome.MIXED:
        found = [f"{each.anomaly.value} {each.count:,}×" for each in result.findings if each.count]
        return ", ".join(found) or "mixed"
    if result.ending is Ending.NOT_APPLICABLE:
        return result.reason
    if result.ending is not Ending.JUDGED:
        done = result.evidence.ends
        return f"{done:,} of {plural(result.sent, 'request')} ended" if result.sent else "nothing was sent"
    missing = lacking(result)
    if missing:
        return missing
    finding = weakest(result)
    return f"no mix-up, {bound_words(finding)}" if finding else "nothing was looked for"


def _explored_alone(result: CellResult) -> bool:
    """Tell whether only the exploration saw a mix-up."""
    return result.outcome is Outcome.MIXED and not any(each.count for each in result.findings)


def deadlocked(result: CellResult) -> bool:
    """Tell whether all that was seen of a cell is a deadlock, in which nothing was mixed up."""
    found = result.explored
    told = found.explanation if found is not None else None
    return told is not None and told.stuck and _explored_alone(result)


def _in_short(found: Exploration) -> str:
    if found.explanation is not None:
        return f"{found.explanation.kind} in schedule {found.found_at:,} of the exploration"
    if found.outcome is Outcome.MIXED:  # and cannot be explained
        return f"mix-up in schedule {found.found_at:,} of the exploration"
    if found.outcome is Outcome.INCONCLUSIVE:
        return found.reason
    return f"no mix-up, {plural(found.schedules, 'schedule')} explored"


def flooded(result: CellResult) -> str:
    """Say in one short line what the flood of a cell saw, its exploration aside."""
    found = [f"{each.anomaly.value} {each.count:,}×" for each in result.findings if each.count]
    if result.ending is Ending.HUNG:
        found.append(f"{result.evidence.ends:,} ended")
    return ", ".join(found) or "no mix-up seen"


def searched(found: Exploration) -> str:
    """Say what an exploration came to, with its bound, or why nothing can be told."""
    if found.interrupted and found.schedules:
        return f"{found.sentence} Then it was interrupted."
    if found.outcome is Outcome.INCONCLUSIVE and found.reason:
        ran = f" after {plural(found.schedules, 'schedule')}" if found.schedules else ""
        return f"Nothing can be told{ran}: {found.reason}."
    return found.sentence


def lacking(result: CellResult) -> str:
    """Say what evidence an inconclusive cell lacked, or nothing for one that was conclusive."""
    if result.outcome is not Outcome.INCONCLUSIVE:
        return ""
    if result.explored is not None and not result.sent:
        return result.explored.reason
    needs = dict.fromkeys(each.needs.value for each in result.findings if each.required and not each.chances)
    reasons = [f"no {listed(list(needs), 'or')}"] if needs else []
    found = result.evidence
    if found.failed:
        first = f": {result.troubles[0].text}" if result.troubles else ""
        reasons.append(f"{found.failed:,} of {plural(result.sent, 'request')} failed{first}")
    if found.unanswered:
        reasons.append(f"{found.unanswered:,} never ended")
    if found.entered < result.sent:
        reasons.append(f"{result.sent - found.entered:,} never began")
    return "; ".join(reasons) or "too little evidence"


def explanation(result: CellResult) -> str:
    """Say in full sentences how a cell stands and why."""
    stands = standing(result)
    local, units = short(result.cell.subject), f"{result.unit.value}s"
    reason = STUCK if stands is Standing.BROKEN and deadlocked(result) else REASONS[stands]
    parts = [reason.format(local=local, units=units)]
    if _explored_alone(result) and result.sent:
        if result.ending is Ending.HUNG:
            shown = "the exploration shows how" if deadlocked(result) else "beside that the exploration shows"
            parts.append(f"The flood hung, and {shown}: {_proof(result)}")
        else:
            parts.append("The flood did not meet it: it took the exploration to find the interleaving.")
    elif result.outcome is Outcome.MIXED:
        parts += [ANOMALIES[each.anomaly] for each in result.findings if each.count][:1]
    elif stands is Standing.HUNG:
        parts.append("So nothing is known.")
    elif stands is Standing.UNPROVEN:
        parts += [f"Here: {lacking(result)}."]
    elif result.outcome is Outcome.ISOLATED and (finding := weakest(result)) and finding.bound is not None:
        parts.append(
            f"The smallest count of evidence is {finding.chances:,} {NEEDS[finding.needs]}; "
            f"with no mix-up among them, the true rate is below {rate(finding.bound)} at 95 % confidence."
        )
    return " ".join([*parts, *([aside(result)] if aside(result) else [])])


def _proof(result: CellResult) -> str:
    """Return what happened in the interleaving that was found, or else what is said of the search."""
    assert result.explored is not None
    found = result.explored
    return found.explanation.sentence if found.explanation is not None else found.sentence


def aside(result: CellResult) -> str:
    """Say which anomalies a cell showed that do not count against it, or nothing."""
    seen = [each.anomaly.value for each in result.findings if each.count]
    if result.outcome is Outcome.MIXED or not seen:
        return ""
    return f"It also showed {listed(seen)}, which no Local can prevent here, so that does not count."


def evidence_rows(result: CellResult) -> list[tuple[str, int]]:
    """Return what was counted where the requests ran, without what is zero and of no weight."""
    found = result.evidence
    always = [("sent", result.sent), ("began", found.entered), ("ended", found.ends)]
    chances = [
        ("overlap", found.overlap),
        ("reuse", found.reuse),
        ("replies", found.replies),
        ("updates", found.updates),
    ]
    trouble = [("failed", found.failed), ("cut short", found.cancelled), ("never ended", found.unanswered)]
    return always + [pair for pair in chances + trouble if pair[1]]
