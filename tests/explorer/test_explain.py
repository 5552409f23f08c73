"""What is explained of a mix-up that events prove: the sentence, the lines in order, and the marks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.controlled.greenlets import CONTROLLED
from harness.core.control import Control, Mixup
from harness.core.errors import UserError
from harness.core.exploration import Explanation, Line
from harness.core.feasibility import Feasibility
from harness.core.history import Probe
from harness.core.steps import PAUSE, Join, Script, Spawn
from harness.explorer.telling.explain import explain
from tests.explorer.explored import (
    Requests,
    explained,
    found,
    line_of,
    view_forgets,
    view_looks_first,
    view_looks_in_flight,
    view_overwritten,
    view_updates,
)

HERE = "tests/explorer/explored.py"
Tell = Callable[..., Explanation]


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> Iterator[Tell]:
    """Explain the first mix-up of a view that two requests run."""
    monkeypatch.chdir(pytestconfig.rootpath)
    with CONTROLLED.open() as control:
        yield lambda view, kind="", **more: explained(Requests(view, **more), control, kind)


@pytest.fixture
def control() -> Iterator[Control]:
    with CONTROLLED.open() as opened:
        yield opened


def marked(explanation: Explanation) -> dict[str, Line]:
    return {line.mark: line for line in explanation.lines if line.mark}


def at(view: Callable[..., Any], text: str) -> str:
    return f"{HERE}:{line_of(view, text)}"


def mine(view: Callable[..., Any], text: str, number: int = 0) -> str:
    return f"tests/explorer/test_explain.py:{line_of(view, text, number)}"


def test_who_is_overwritten_while_overtaken_reads_the_others_value(tell: Tell) -> None:
    told = tell(view_overwritten)
    where = at(view_overwritten, "yield PAUSE")
    assert told.sentence == f"r1 wrote `user`, was overtaken by r2 at {where}, then read r2's value."
    assert (told.kind, told.preemptions, told.units) == ("bleed", 1, ("r1", "r2"))


def test_the_write_the_read_and_the_switch_are_marked_and_stand_in_the_source(tell: Tell) -> None:
    marks = marked(tell(view_overwritten))
    write, switch, read = marks["write"], marks["switch"], marks["read"]
    assert (write.unit, write.kind, write.name) == ("r2", "wrote", "user")
    assert write.code == 'shared["user"] = own.wrote("user")'
    assert (switch.unit, switch.kind, switch.name, switch.code) == ("r1", "switch", "r2", "yield PAUSE")
    assert (read.unit, read.kind, read.value) == ("r1", "read", write.value)
    assert (read.file, read.line) == (HERE, line_of(view_overwritten, "own.look"))


def test_lines_stand_in_the_order_in_which_they_ran(tell: Tell) -> None:
    told = tell(view_overwritten)
    ran = [(line.unit, line.line) for line in told.lines if line.file == HERE and line.kind != "switch"]
    first = line_of(view_overwritten, "shared[")
    whole = [first, first + 1, first + 2]
    inside = [(unit, line) for unit, line in ran if line in whole]
    assert inside == [
        *(("r1", line) for line in whole[:2]),
        *(("r2", line) for line in whole),
        ("r1", whole[2]),
    ]


def test_nothing_is_told_of_what_came_after_the_proof_nor_of_who_had_no_part(tell: Tell) -> None:
    told = tell(view_overwritten, names=("r1", "r2", "r3"))
    assert told.lines[-1].mark == "read"
    assert {line.unit for line in told.lines} == {"r1", "r2"}


def test_the_schedule_is_told_by_places(tell: Tell) -> None:
    (switch,) = tell(view_overwritten).schedule
    assert (switch.unit, switch.role, switch.file) == ("r1", "pause", HERE)
    assert (switch.line, switch.occurrence, switch.to) == (line_of(view_overwritten, "yield"), 1, "r2")


def test_who_loses_its_value_to_anothers_end(tell: Tell) -> None:
    told = tell(view_forgets)
    where = at(view_forgets, "yield PAUSE")
    assert (
        told.sentence == f"r1 wrote `user`, was overtaken by r2 at {where}, then found nothing in its place."
    )
    assert marked(told)["read"].value == "<absent>"


def test_the_line_that_did_it_is_shown_though_no_probe_tells_it(tell: Tell) -> None:
    told = tell(view_forgets)
    assert ("r2", "line", "shared.clear()") in [(line.unit, line.kind, line.code) for line in told.lines]


def test_whose_update_is_lost(tell: Tell) -> None:
    where = at(view_updates, "yield PAUSE")
    assert tell(view_updates).sentence == (
        f"r1 read `total`, was overtaken by r2 at {where}, which updated it, then wrote over it from the old value: "
        "r2's update is lost."
    )


def test_what_is_left_over_needs_no_switch(tell: Tell) -> None:
    told = tell(view_looks_first)
    assert told.sentence == (
        "r1 wrote `user` and ended; r2 began later and still read r1's value. No switch is needed for that."
    )
    assert (told.preemptions, told.schedule) == (0, ())
    assert "switch" not in marked(told)


def test_who_looks_while_another_is_under_way(tell: Tell) -> None:
    where = at(view_looks_in_flight, "yield PAUSE")
    assert tell(view_looks_in_flight).sentence == (
        f"r1 wrote `user` and was overtaken by r2 at {where}; r2 then read r1's value."
    )


def looks_without_a_write(shared: dict[str, Any], own: Probe) -> Script[None]:
    if own.request == "r1":
        yield PAUSE
        own.look("user", shared.__getitem__, "user")
    else:
        shared["user"] = own.wrote("user")
        yield PAUSE


def test_who_wrote_nothing_itself(tell: Tell) -> None:
    where = mine(looks_without_a_write, "yield")
    assert tell(looks_without_a_write, kind="bleed").sentence == (
        f"r1 was overtaken by r2 at {where}, which wrote `user`; r1 then read r2's value, though it had written none "
        "of its own."
    )


def two_fields(shared: dict[str, Any], own: Probe) -> Script[None]:
    shared["name"] = own.wrote("name")
    yield PAUSE
    shared["age"] = own.wrote("age")
    own.look_together(("name", "age"), shared.__getitem__)


def test_fields_of_two_together(tell: Tell) -> None:
    assert tell(two_fields, kind="torn").sentence == (
        f"r1 wrote `name`, was overtaken by r2 at {mine(two_fields, 'yield')}, then read r2's `name` together with its "
        "own `age`."
    )


def older(shared: dict[str, Any], own: Probe) -> Script[None]:
    if own.request == "r1":
        shared["saved"] = shared["user"] = own.wrote("user")
        shared["user"] = own.wrote("user")
        yield PAUSE
        own.look("user", shared.__getitem__, "user")
    elif "saved" in shared:
        shared["user"] = shared["saved"]


def spoilt(shared: dict[str, Any], own: Probe) -> Script[None]:
    shared["user"] = own.wrote("user")
    yield PAUSE
    own.look("user", shared.__getitem__, "user")
    shared["user"] = "nobody's"


@pytest.mark.parametrize(
    ("view", "found"),
    [(older, "found an older value of its own"), (spoilt, "found a value that nobody wrote")],
)
def test_what_is_found_in_place_of_ones_own(tell: Tell, view: Any, found: str) -> None:
    told = tell(view)
    assert told.kind == "lost"
    assert told.sentence.startswith("r1 wrote `user`, was overtaken by r2 at ")
    assert told.sentence.endswith(f", then {found}.")


def left_behind(shared: dict[str, Any], own: Probe) -> Script[None]:
    own.residue("user", "r1-0123456789ab")
    yield PAUSE


def test_what_is_still_stored(tell: Tell) -> None:
    assert tell(left_behind).sentence == (
        "r1 was over, and `user` was still stored for the unit that ran it. No switch is needed for that."
    )


def test_files_elsewhere_are_told_by_their_last_parts(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = tell(view_overwritten)
    assert f"at explorer/explored.py:{line_of(view_overwritten, 'yield')}," in told.sentence


def test_what_does_not_show_again_is_no_witness(control: Control) -> None:
    program = Requests(view_overwritten)
    ran = found(program, control)
    with pytest.raises(UserError, match="not deterministic under control"):
        explain(program, control, [0, 0, 1, 1], ran.mixup or Mixup("", "", ""), Feasibility.JITTER)


def test_a_mix_up_of_another_kind_is_no_witness_either(control: Control) -> None:
    program = Requests(view_overwritten)
    ran = found(program, control)
    with pytest.raises(UserError, match="r1, in flight with it"):
        explain(program, control, ran.execution.ran, Mixup("all was lost", "r1", "lost"), Feasibility.JITTER)


def shares_a_stack(shared: dict[str, Any], own: Probe) -> Script[None]:
    stack = shared.setdefault("stack", [])
    stack.append(own.request)
    yield PAUSE
    if stack.pop() != own.request:
        own.residue("context", own.token)


def test_what_is_still_stored_after_a_switch(tell: Tell) -> None:
    told = tell(shares_a_stack)
    assert told.kind == "residue"
    assert told.preemptions == 2
    where = mine(shares_a_stack, "yield")
    assert told.sentence == (
        f"r1 was overtaken by r2 at {where}, then r2 was overtaken by r1 at {where}; r1 was over, and `context` was "
        "still stored for the unit that ran it."
    )
    assert told.units == ("r1", "r2")


def writes_for_good(shared: dict[str, Any], own: Probe) -> Script[None]:
    """Finds what one that was overtaken meanwhile wrote, long after."""
    last = shared.setdefault("asked", [])
    last.append(own.request)
    yield PAUSE
    if last[-1] != own.request:
        shared["late"] = own.request
    shared["user"] = own.wrote("user")
    if shared.get("late") == own.request:
        del shared["user"]
    own.look("user", shared.__getitem__, "user")


def test_a_switch_that_came_before_the_write_is_told_too(tell: Tell) -> None:
    told = tell(writes_for_good, kind="lost")
    assert told.sentence == (
        f"r1 was overtaken by r2 at {mine(writes_for_good, 'yield')}; r1 wrote `user` and then found nothing in its "
        "place."
    )


def waits_for_its_child(shared: dict[str, Any], own: Probe) -> Script[None]:
    shared["user"] = own.wrote("user")

    def child() -> Script[None]:
        yield PAUSE

    yield Join((yield Spawn(child())))
    own.look("user", shared.__getitem__, "user")


def test_who_waits_is_not_overtaken(tell: Tell) -> None:
    told = tell(waits_for_its_child)
    where = mine(waits_for_its_child, "yield Join")
    assert told.preemptions == 0
    assert told.sentence.startswith(f"r1 wrote `user`, waited at {where} for the end of r1/1")
    assert told.sentence.endswith(" while r2 went on, then read r2's value.")
