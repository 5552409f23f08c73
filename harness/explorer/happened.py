"""Says in one sentence what happened in a schedule, and marks the moments that prove it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.core.control import Mixup
from harness.core.history import ABSENT, Event, History, Kind
from harness.core.verdict import Anomaly, Witness
from harness.explorer.located import Tape, What
from harness.explorer.tale import Tale

MOST_TOLD = 3
"""Switches that one sentence tells one by one."""
NO_SWITCH = "no switch is needed for that"


@dataclass(frozen=True, slots=True)
class Happened:
    """The sentence, and for the moments that prove it their marks: ``write``, ``read`` and ``switch``."""

    sentence: str
    marks: dict[int, str] = field(default_factory=dict)


def happened(tape: Tape, history: History, mixup: Mixup) -> Happened:
    """Return the sentence for a mix-up that a schedule showed."""
    tale = Tale(tape, history)
    witness = mixup.witness
    if witness is not None and witness.seqs and all(seq in tale.at for seq in witness.seqs):
        return _proven(tale, witness)
    if mixup.kind == "deadlock":
        return _stuck(tale)
    return _plain(tale, mixup)


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
    name = _code(wrote.name)
    got = f"{writer}'s value"
    if witness.anomaly is Anomaly.TORN:
        rest = [part for part in read.name.split("+") if part != wrote.name]
        got = f"{writer}'s {name} together with {' and '.join(map(_code, rest))} of another"
    own = _last_write(tale, read, name=None if witness.anomaly is Anomaly.TORN else read.name)
    away = tale.absence(tale.moments[target].unit, source)
    if away is not None and away.ends <= target:
        if own is not None and own < away.begins:
            did = "its own values" if witness.anomaly is Anomaly.TORN else name
            return (
                f"{victim} wrote {did}, {tale.overtaken(away.begins, writer)}, then read {got}.",
                away.begins,
            )
        return (
            f"{victim} {tale.overtaken(away.begins, writer)}, which wrote {name}; {victim} then read {got}, "
            "though it had written none of its own."
            if own is None
            else f"{victim} {tale.overtaken(away.begins, writer)}, which wrote {name}; {victim} then read {got}."
        ), away.begins
    away = tale.absence(tale.moments[source].unit, target)
    if away is not None:
        instead = ", not its own" if own is not None else ""
        return (
            f"{writer} wrote {name} and {tale.overtaken(away.begins, victim)}; {victim} then read {got}{instead}."
        ), away.begins
    return f"{writer} wrote {name}; {victim}, in flight with it, read {got}.", None


def _stale(tale: Tale, wrote: Event, read: Event) -> str:
    source, target = tale.at[wrote.seq], tale.at[read.seq]
    writer, victim = _who(tale, source), _who(tale, target)
    name = _code(wrote.name)
    same = " on the same unit" if tale.moments[source].unit == tale.moments[target].unit else ""
    if wrote.kind is Kind.REVOKED:
        told = f"{writer} ended {name} and was over; {victim} began later{same} and still found it"
    else:
        told = f"{writer} wrote {name} and ended; {victim} began later{same} and still read {writer}'s value"
    return f"{told}.{_alone(tale)}"


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
        return f"{victim} wrote {_code(wrote.name)}, {tale.overtaken(turn)}, then {found}.", turn
    return f"{victim} wrote {_code(wrote.name)} and then {found}.{_alone(tale)}", None


def _overwritten(tale: Tale, first: Event, second: Event) -> tuple[str, int | None]:
    one, two = tale.at[first.seq], tale.at[second.seq]
    early, late = _who(tale, one), _who(tale, two)
    name = _code(first.name)
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
        f"{early} and {late} both updated {name} from the same value: one of the two updates is lost.{_alone(tale)}"
    ), None


def _crossed(tale: Tale, wrote: Event, read: Event) -> tuple[str, int | None]:
    victim, other = read.request, wrote.request
    turns = [index for index in tale.overtakings() if index < tale.at[read.seq]]
    told = f"the client of {victim} got the answer to {other}"
    if not turns:
        return f"{told}.{_alone(tale)}", None
    turn = turns[-1]
    left = tale.who(turn, tale.moments[turn].left)
    return f"{left} {tale.overtaken(turn)}; then {told}.", turn


def _residue(tale: Tale, read: Event) -> str:
    name = _code(read.name)
    return f"{read.request} was over, and {name} was still stored for the unit that ran it.{_alone(tale)}"


def _stuck(tale: Tale) -> Happened:
    """Tell a deadlock: how it came to it, and who waits for what."""
    waits = [f"{tale.tape.names[unit]} waits for {what}" for unit, what in tale.tape.waiting.items()]
    told = ", and ".join(waits)
    end = "nobody can go on" if len(waits) > 1 else "nobody is left to bring it"
    turns = tale.overtakings()
    if not turns:
        return Happened(f"{told}: {end}.{_alone(tale)}")
    return Happened(f"{_chain(tale, turns)}; now {told}: {end}.", {turns[-1]: "switch"})


def _plain(tale: Tale, mixup: Mixup) -> Happened:
    """Tell a mix-up that only its result shows."""
    turns = tale.overtakings()
    said = mixup.sentence.rstrip(".")
    does = said.removeprefix(f"{mixup.unit} ") if mixup.unit and said.startswith(f"{mixup.unit} ") else ""
    if not turns:
        order = list(dict.fromkeys(tale.tape.names[unit] for unit in tale.tape.ran))
        if does and mixup.unit in order[1:]:
            before = order[order.index(mixup.unit) - 1]
            return Happened(f"{mixup.unit} began after {before} had ended and {does}: {NO_SWITCH}.")
        return Happened(f"{said}, one after the other: {', then '.join(order)}; {NO_SWITCH}.")
    names = tale.tape.names
    own = [index for index in turns if names[tale.moments[index].left] == mixup.unit]
    turn = (own or turns)[-1]
    marks, contested = _contested(tale, turn)
    marks[turn] = "switch"
    if len(turns) == 1 and own and does:
        which = f", which wrote {_code(contested)}," if contested else ""
        return Happened(f"{mixup.unit} {tale.overtaken(turn)}{which} and then {does}.", marks)
    then = "then " if does else ""
    return Happened(f"{_chain(tale, turns)}; {then}{said}.", marks)


def _chain(tale: Tale, turns: Sequence[int]) -> str:
    """Tell one switch after the other; of many the first and the last."""
    told = []
    for index in turns:
        left = tale.who(index, tale.moments[index].left)
        told.append(tale.overtaken(index, subject=f"{left} "))
    if len(told) > MOST_TOLD:
        return f"{told[0]}, and after {len(told) - 2} more switches {told[-1]}"
    return ", then ".join(told)


def _contested(tale: Tale, turn: int) -> tuple[dict[int, str], str]:
    """Return the marks of a write by another while a unit was away and of its own access after that, or before."""
    unit = tale.moments[turn].left
    away = next((each for each in tale.absences(unit) if each.begins == turn), None)
    touches = [
        (index, moment)
        for index, moment in enumerate(tale.moments)
        if moment.what is What.TOUCH and moment.name
    ]
    if away is None:
        return {}, ""
    mine = [(index, moment) for index, moment in touches if moment.unit == unit]
    for index, moment in reversed(touches):
        if moment.writes and moment.unit != unit and away.around(index):
            after = [
                at for at, each in mine if each.name == moment.name and at > away.ends and not each.writes
            ]
            before = [at for at, each in mine if each.name == moment.name and at < away.begins]
            if after or before:
                return {index: "write", (after[:1] or before[-1:])[0]: "read"}, moment.name
    return {}, ""


def _last_write(tale: Tale, read: Event, name: str | None) -> int | None:
    """Return the moment of a request's last write before a look-up, of one name or of any."""
    own = [
        event.seq
        for event in tale.events[: read.seq]
        if event.kind is Kind.WROTE and event.request == read.request and name in (None, event.name)
    ]
    return tale.at.get(own[-1]) if own else None


def _who(tale: Tale, index: int) -> str:
    """Return whose event this is: the request, or the child of one."""
    name = tale.tape.names[tale.moments[index].unit]
    return name if "/" in name else tale.events[tale.moments[index].seq].request


def _code(name: str) -> str:
    return f"`{name}`" if name else "its value"


def _alone(tale: Tale) -> str:
    return "" if tale.overtakings() else f" {NO_SWITCH.capitalize()}."
