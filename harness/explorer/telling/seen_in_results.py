"""Tells a mix-up that no probe proves: what a unit returned or raised, or that all of them wait for each other."""

from dataclasses import dataclass

from harness.core.control import Mixup
from harness.explorer.places import in_short
from harness.explorer.telling.located import What
from harness.explorer.telling.tale import NO_SWITCH, Happened, Tale, called, code


def stuck(tale: Tale) -> Happened:
    """Tell a deadlock: how it came to it, and who waits for what."""
    waits = [f"{_at_last(tale, unit)} waits for {in_short(what)}" for unit, what in tale.tape.stuck.items()]
    told = ", and ".join(waits)
    end = "nobody can go on" if len(waits) > 1 else "nobody is left to bring it"
    turns = tale.preemptions()
    if not turns:
        return Happened(f"{told}: {end}.{tale.alone()}")
    return Happened(f"{tale.chain(turns)}; now {told}: {end}.", {turns[-1]: "switch"})


def _at_last(tale: Tale, unit: int) -> str:
    """Return the name of a unit, by which hosts call it; of one that has served several requests, the last as well."""
    name, last = tale.tape.names[unit], tale.who(len(tale.moments) - 1, unit)
    return name if last == name else f"{last}, after {name} on the same unit,"


def seen_in_results(tale: Tale, mixup: Mixup) -> Happened:
    """Tell a mix-up that a result shows: who was left where, round which write and read, and what came of it."""
    turns = tale.overtakings()
    said = mixup.sentence.rstrip(".")
    does = said.removeprefix(f"{mixup.unit} ") if mixup.unit and said.startswith(f"{mixup.unit} ") else ""
    names = tale.tape.names
    if not turns:
        order = list(dict.fromkeys(names[unit] for unit in tale.tape.ran))
        if does and mixup.unit in order[1:]:
            before = order[order.index(mixup.unit) - 1]
            return Happened(f"{mixup.unit} began after {before} had ended and {does}: {NO_SWITCH}.")
        return Happened(f"{said}, one after the other: {', then '.join(order)}; {NO_SWITCH}.")
    own = [index for index in turns if names[tale.moments[index].left] == mixup.unit]
    turn = (own or turns)[-1]
    contested = _contested(tale, turn)
    marks = {turn: "switch"}
    if contested is not None:
        marks[contested.write] = "write"
        if contested.read is not None:
            marks[contested.read] = "read"
    if len(turns) > 1:
        return Happened(f"{tale.chain(turns)}; {'then ' if does else ''}{said}.", marks)
    left = tale.who(turn, tale.moments[turn].left)
    return Happened(
        f"{_switch(tale, turn, left, contested)}{_end(left, contested, mixup.unit, does, said)}.", marks
    )


@dataclass(frozen=True, slots=True)
class Contested:
    """A write by another while a unit was away, and the unit's own look that makes it matter, if one was noted."""

    object: str
    write: int
    read: int | None


def _contested(tale: Tale, turn: int) -> Contested | None:
    """Find the last such write: the unit reads that afterwards, or had read what was before, or writes over it."""
    unit = tale.moments[turn].left
    away = next((each for each in tale.absences(unit) if each.begins == turn), None)
    if away is None:
        return None
    touches = [(at, each) for at, each in enumerate(tale.moments) if each.what is What.TOUCH and each.file]
    for index, moment in reversed(touches):
        if not moment.writes or moment.unit == unit or not away.around(index):
            continue
        own = [(at, each) for at, each in touches if each.unit == unit and each.name == moment.name]
        after = next((each for each in own if each[0] > away.begins), None)
        before = [at for at, each in own if at < away.begins and not each.writes]
        if after is not None and not after[1].writes:
            return Contested(code(called(moment.name)), index, after[0])
        if before or after is not None:
            return Contested(code(called(moment.name)), index, before[-1] if before else None)
    return None


def _switch(tale: Tale, turn: int, left: str, contested: Contested | None) -> str:
    """Tell the one switch, with what was read and written round it."""
    overtaken = tale.overtaken(turn)
    if contested is None:
        return f"{left} {overtaken}"
    if contested.read is None:
        return f"{left} {overtaken}, which wrote {contested.object}, and wrote over that"
    if contested.read > turn:
        return f"{left} {overtaken}, which wrote {contested.object}"
    return f"{left} read {contested.object}, {overtaken}, which wrote it"


def _end(left: str, contested: Contested | None, unit: str, does: str, said: str) -> str:
    """Tell what came of it."""
    if does and unit == left:
        return f"{',' if contested else ''} and then {does}"
    if does:
        return f"; then {said}"
    return f", so that {said}" if said.startswith("no ") else f"; {said}"
