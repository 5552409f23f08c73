"""Says in one sentence what happened in a schedule, and marks the moments that prove it."""

from harness.core.control import Mixup
from harness.core.history import ABSENT, Event, History, Kind
from harness.core.verdict import Anomaly, Witness
from harness.explorer.located import Tape
from harness.explorer.seen_in_results import seen_in_results, stuck
from harness.explorer.tale import Happened, Tale, code


def happened(tape: Tape, history: History, mixup: Mixup) -> Happened:
    """Return the sentence for a mix-up that a schedule showed."""
    tale = Tale(tape, history)
    witness = mixup.witness
    if witness is not None and witness.seqs and all(seq in tale.at for seq in witness.seqs):
        return _proven(tale, witness)
    if mixup.kind == "deadlock":
        return stuck(tale)
    return seen_in_results(tale, mixup)


def _proven(tale: Tale, witness: Witness) -> Happened:
    """Tell a mix-up that events prove."""
    source, target = tale.at[witness.seqs[0]], tale.at[witness.seqs[-1]]
    wrote, read = tale.events[witness.seqs[0]], tale.events[witness.seqs[-1]]
    marks = {source: "write", target: "read"}
    if source == target:
        marks = {target: "read"}
    match witness.anomaly:
        case Anomaly.BLEED | Anomaly.TORN:
            sentence, turn = _foreign(tale, witness, wrote, read)
        case Anomaly.STALE:
            sentence, turn = _stale(tale, wrote, read), None
        case Anomaly.LOST:
            sentence, turn = _lost(tale, wrote, read)
        case Anomaly.LOST_UPDATE:
            sentence, turn = _overwritten(tale, wrote, read)
        case Anomaly.CROSSED_REPLY:
            sentence, turn = _crossed(tale, wrote, read)
        case Anomaly.RESIDUE:
            sentence, turn = _residue(tale, read), None
    if turn is not None:
        marks[turn] = "switch"
    return Happened(sentence, marks)


def _foreign(tale: Tale, witness: Witness, wrote: Event, read: Event) -> tuple[str, int | None]:
    source, target = tale.at[wrote.seq], tale.at[read.seq]
    writer, victim = _who(tale, source), _who(tale, target)
    name = code(wrote.name)
    got = f"{writer}'s value"
    if witness.anomaly is Anomaly.TORN:
        got = f"{writer}'s {name} together with {_rest(tale, wrote, read)}"
    own = _last_write(tale, read, wrote.name)
    away = tale.absence(tale.moments[target].unit, source)
    if away is not None and away.ends <= target:
        overtaken = tale.overtaken(away.begins, writer)
        if own is not None and own < away.begins:
            return f"{victim} wrote {name}, {overtaken}, then read {got}.", away.begins
        unwritten = ", though it had written none of its own" if own is None else ""
        return f"{victim} {overtaken}, which wrote {name}; {victim} then read {got}{unwritten}.", away.begins
    away = tale.absence(tale.moments[source].unit, target)
    if away is not None:
        overtaken = tale.overtaken(away.begins, victim)
        instead = ", not its own" if own is not None and witness.anomaly is not Anomaly.TORN else ""
        return f"{writer} wrote {name} and {overtaken}; {victim} then read {got}{instead}.", away.begins
    return f"{writer} wrote {name}; {victim}, in flight with it, read {got}.", None


def _rest(tale: Tale, wrote: Event, read: Event) -> str:
    """Say whose the other fields of a joint look-up were."""
    writers = {event.value: event.request for event in tale.events if event.kind is Kind.WROTE}
    fields = zip(read.name.split("+"), read.value, strict=True)
    told = []
    for name, value in fields:
        owner = writers.get(value)
        if owner != wrote.request:
            whose = "its own" if owner == read.request else f"{owner}'s" if owner else "nobody's"
            told.append(f"{whose} {code(name)}")
    return " and ".join(told)


def _stale(tale: Tale, wrote: Event, read: Event) -> str:
    source, target = tale.at[wrote.seq], tale.at[read.seq]
    writer, victim = _who(tale, source), _who(tale, target)
    name = code(wrote.name)
    same = " on the same unit" if tale.moments[source].unit == tale.moments[target].unit else ""
    if wrote.kind is Kind.REVOKED:
        told = f"{writer} ended {name} and was over; {victim} began later{same} and still found it"
    else:
        told = f"{writer} wrote {name} and ended; {victim} began later{same} and still read {writer}'s value"
    return f"{told}.{tale.alone()}"


def _lost(tale: Tale, wrote: Event, read: Event) -> tuple[str, int | None]:
    source, target = tale.at[wrote.seq], tale.at[read.seq]
    victim = _who(tale, target)
    values = read.value if isinstance(read.value, tuple) else (read.value,)
    written = {event.value for event in tale.events if event.kind is Kind.WROTE}
    if ABSENT in values:
        found = "found nothing in its place"
    elif all(value in written for value in values):
        found = "found an older value of its own"
    else:
        found = "found a value that nobody wrote"
    away = [
        each
        for each in tale.absences(tale.moments[target].unit)
        if source < each.begins and each.ends <= target
    ]
    if away:
        turn = away[-1].begins
        return f"{victim} wrote {code(wrote.name)}, {tale.overtaken(turn)}, then {found}.", turn
    return f"{victim} wrote {code(wrote.name)} and then {found}.{tale.alone()}", None


def _overwritten(tale: Tale, first: Event, second: Event) -> tuple[str, int | None]:
    one, two = tale.at[first.seq], tale.at[second.seq]
    early, late = _who(tale, one), _who(tale, two)
    name = code(first.name)
    away = tale.absence(tale.moments[two].unit, one)
    if away is not None and away.ends <= two:
        return (
            f"{late} read {name}, {tale.overtaken(away.begins, early)}, which updated it, then wrote over it from the "
            f"old value: {early}'s update is lost."
        ), away.begins
    away = tale.absence(tale.moments[one].unit, two)
    if away is not None:
        return (
            f"{early} read {name} and {tale.overtaken(away.begins, late)}, which updated it from the same value: one "
            "of the two updates is lost."
        ), away.begins
    return (
        f"{early} and {late} both updated {name} from the same value: one of the two updates is lost.{tale.alone()}"
    ), None


def _crossed(tale: Tale, wrote: Event, read: Event) -> tuple[str, int | None]:
    victim, other = read.request, wrote.request
    turns = [index for index in tale.overtakings() if index < tale.at[read.seq]]
    told = f"the client of {victim} got the answer to {other}"
    if not turns:
        return f"{told}.{tale.alone()}", None
    turn = turns[-1]
    left = tale.who(turn, tale.moments[turn].left)
    return f"{left} {tale.overtaken(turn)}; then {told}.", turn


def _residue(tale: Tale, read: Event) -> str:
    name = code(read.name)
    return f"{read.request} was over, and {name} was still stored for the unit that ran it.{tale.alone()}"


def _last_write(tale: Tale, read: Event, name: str) -> int | None:
    """Return the moment at which a request last wrote a name before a look-up."""
    own = [
        event.seq
        for event in tale.events[: read.seq]
        if event.kind is Kind.WROTE and event.request == read.request and event.name == name
    ]
    return tale.at.get(own[-1]) if own else None


def _who(tale: Tale, index: int) -> str:
    """Return whose event this is: the request, or the child of one."""
    name = tale.tape.names[tale.moments[index].unit]
    return name if "/" in name else tale.events[tale.moments[index].seq].request
