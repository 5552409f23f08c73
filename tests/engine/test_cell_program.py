"""A cell as a program: what its reference brings back, and when all that its units share is announced."""

from dataclasses import replace

import pytest

from harness.catalog import entries
from harness.core.errors import UserError
from harness.core.record import Cell, Place
from harness.engine.cell_program import CellProgram, find_program

CHECKERS = [entry.part for entry in entries("checker")]
CELL = Cell(
    "localimpl.thread_ident:SUBJECT",
    Place.HOST,
    "harness.hosts.tasks:HOST",
    "scenarios.read_back:SCENARIO",
    "harness.targets.mini:TARGET",
    "harness.gates.once:GATE",
)


@pytest.mark.parametrize("requests", [2, 3, 7])
def test_its_reference_brings_back_as_many_requests(requests: int) -> None:
    program = CellProgram(CELL, CHECKERS, seed=4, requests=requests)
    again = find_program(program.reference, CHECKERS, seed=4)
    assert (again.cell, again.parts) == (CELL, program.parts)
    assert len(again.parts) == requests


@pytest.mark.parametrize(
    "reference", ["cell:a|b", "cell:a|b|c|d|e", "cell:a|b|c|d|e|many", "call:a|b|c|d|e|3"]
)
def test_what_names_no_cell_is_told(reference: str) -> None:
    with pytest.raises(
        UserError, match=r"names no cell: cell:SUBJECT\|HOST\|SCENARIO\|TARGET\|GATE\|REQUESTS"
    ):
        find_program(reference, CHECKERS, seed=1)


def test_a_cell_on_a_server_is_none() -> None:
    with pytest.raises(UserError, match="is a server in a process of its own; explore the cell on a host"):
        CellProgram(replace(CELL, place=Place.SERVER), CHECKERS, seed=1)


def test_all_sharing_is_announced_only_where_nothing_else_is_looked_into() -> None:
    assert CellProgram(CELL, CHECKERS, seed=1).tracked
    assert not CellProgram(CELL, CHECKERS, seed=1, watched=["shop.py"]).tracked
    elsewhere = replace(
        CELL, target="harness.targets.flask_app:TARGET", subject="harness.targets.flask_app:SUBJECT"
    )
    assert not CellProgram(elsewhere, CHECKERS, seed=1).tracked


@pytest.mark.parametrize("requests", [0, 1])
def test_a_reference_to_fewer_requests_than_units_is_told(requests: int) -> None:
    whole = CellProgram(CELL, CHECKERS, seed=1).reference
    with pytest.raises(UserError, match="it takes 2 requests or more"):
        find_program(f"{whole.rpartition('|')[0]}|{requests}", CHECKERS, seed=1)
