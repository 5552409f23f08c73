"""Finds again what the token of a schedule names: the program, and the controlled host that it ran on."""

from harness.catalog import choose_one, entries
from harness.core.control import ControlledHost, Program
from harness.engine.cell_program import find_program
from harness.explorer.references import find
from harness.explorer.token import Token


def program_of(token: Token) -> Program:
    """Return the program of a token. Raises UserError when it cannot be found from here."""
    checkers = [entry.part for entry in entries("checker")]
    return find(token.reference, {"cell": lambda reference: find_program(reference, checkers, token.seed)})


def host_of(token: Token) -> ControlledHost:
    """Return the controlled host of a token. Raises UserError when there is none of that name."""
    host: ControlledHost = choose_one("controlled", token.host).part
    return host
