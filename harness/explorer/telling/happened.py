"""Says in one sentence what happened in a schedule, and marks the moments that prove it."""

from typing import NamedTuple

from harness.core.control import Mixup
from harness.core.execution import Fate
from harness.core.history import ABSENT, Event, History, Kind
from harness.core.verdict import Anomaly, Witness
from harness.explorer.telling.located import Tape
from harness.explorer.telling.seen_in_results import seen_in_results, stuck
from harness.explorer.telling.tale import Happened, Tale, code


def happened(tape: Tape, history: History, mixup: Mixup) -> Happened:
    """Return the sentence for a mix-up that a schedule showed."""
    tale = Tale(tape, history)
    witness = mixup.witness
    if witness is not None and witness.seqs and all(seq in tale.at for seq in witness.seqs):
        return _proven(tale, witness)
    if mixup.kind == Fate.DEADLOCK:
        return stuck(tale)
    return seen_in_results(tale, mixup)


class Said(NamedTuple):
    """A mix-up in words; ``turn`` is the switch that they tell, ``bare`` are the words without it."""

    whole: str
    bare: str
    turn: int | None = None


def _proven(tale: Tale, witness: Witness) -> Happened:
    """Tell a mix-up that events prove."""
    source, target = tale.at[witness.seqs[0]], tale.at[witness.seqs[-1]]
    wrote, read = tale.events[witness.seqs[0]], tale.events[witness.seqs[-1]]
    match witness.anomaly:
        case Anomaly.BLEED | Anomaly.TORN:
            said = _foreign(tale, witness, wrote, read)
        case Anomaly.STALE:
            said = _stale(tale, wrote, read)
        case Anomaly.LOST:
            said = _lost(tale, wrote, read)
        case Anomaly.LOST_UPDATE:
            said = _overwritten(tale, wrote, read)
        case Anomaly.CROSSED_REPLY:
            told = f"the client of {read.request} got the answer to {wrote.request}"
            said = Said(told, f"then {told}")
        case Anomaly.RESIDUE:
            name = code(read.name)
            told = f"{read.request} was over, and {name} was still stored for the unit that ran it"
            said = Said(told, told)
    marks = {source: "write", target: "read"}
    preemptions = [index for index in tale.preemptions() if index < target]
    if said.turn in preemptions or not preemptions:
        if said.turn is not None:
            marks[said.turn] = "switch"
        return Happened(f"{said.whole}.{tale.alone()}", marks)
    # A unit was switched out elsewhere than by what the words tell: without that it would not have come to this.
    marks |= {preemptions[-1]: "switch"}
    return Happened(f"{tale.chain(preemptions)}; {said.bare}.", marks)


def _foreign(tale: Tale, witness: Witness, wrote: Event, read: Event) -> Said:
    source, target = tale.at[wrote.seq], tale.at[read.seq]
    writer, victim = _who(tale, source), _who(tale, target)
    name = code(wrote.name)
    got = f"{writer}'s value"
    if witness.anomaly is Anomaly.TORN:
        got = f"{writer}'s {name} together with {_rest(tale, wrote, read)}"
    own = _last_write(tale, read, wrote.name)
    instead = ", not its own" if own is not None and witness.anomaly is not Anomaly.TORN else ""
    bare = f"{victim} then read {got}{instead}"
    away = tale.absence(tale.moments[target].unit, source)
    if away is not None and away.ends <= target:
        overtaken = tale.overtaken(away.begins, writer)
        if own is not None and own < away.begins:
            return Said(f"{victim} wrote {name}, {overtaken}, then read {got}", bare, away.begins)
        unwritten = ", though it had written none of its own" if own is None else ""
        whole = f"{victim} {overtaken}, which wrote {name}; {victim} then read {got}{unwritten}"
        return Said(whole, bare, away.begins)
    away = tale.absence(tale.moments[source].unit, target)
    if away is not None:
        overtaken = tale.overtaken(away.begins, victim)
        return Said(f"{writer} wrote {name} and {overtaken}; {bare}", bare, away.begins)
    return Said(f"{writer} wrote {name}; {victim}, in flight with it, read {got}{instead}", bare)


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


def _stale(tale: Tale, wrote: Event, read: Event) -> Said:
    writer, victim = _who(tale, tale.at[wrote.seq]), _who(tale, tale.at[read.seq])
    name = code(wrote.name)
    same = " on the same unit" if wrote.unit == read.unit else ""
    if wrote.kind is Kind.REVOKED:
        told = f"{writer} ended {name} and was over; {victim} began later{same} and still found it"
    else:
        told = f"{writer} wrote {name} and ended; {victim} began later{same} and still read {writer}'s value"
    return Said(told, told)


def _lost(tale: Tale, wrote: Event, read: Event) -> Said:
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
    wrote_it = f"{victim} wrote {code(wrote.name)}"
    away = [
        each.begins
        for each in tale.absences(tale.moments[target].unit)
        if source < each.begins and each.ends <= target
    ]
    if not away:
        return Said(f"{wrote_it} and then {found}", f"{wrote_it} and then {found}")
    preempted = set(away) & set(tale.preemptions())
    turn = max(preempted or away)
    return Said(f"{wrote_it}, {tale.overtaken(turn)}, then {found}", f"{wrote_it} and then {found}", turn)


def _overwritten(tale: Tale, first: Event, second: Event) -> Said:
    one, two = tale.at[first.seq], tale.at[second.seq]
    early, late = _who(tale, one), _who(tale, two)
    name = code(first.name)
    bare = f"{early} and {late} both updated {name} from the same value: one of the two updates is lost"
    away = tale.absence(tale.moments[two].unit, one)
    if away is not None and away.ends <= two:
        overtaken = tale.overtaken(away.begins, early)
        whole = (
            f"{late} read {name}, {overtaken}, which updated it, then wrote over it from the old value: {early}'s "
            "update is lost"
        )
        return Said(whole, bare, away.begins)
    away = tale.absence(tale.moments[one].unit, two)
    if away is not None:
        overtaken = tale.overtaken(away.begins, late)
        lost = "one of the two updates is lost"
        whole = f"{early} read {name} and {overtaken}, which updated it from the same value: {lost}"
        return Said(whole, bare, away.begins)
    return Said(bare, bare)


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
