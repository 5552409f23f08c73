"""Finds again what a token names, and runs its schedule in a process of the kind in which it was found.

Cells on a host that wants it were explored where gevent had patched the standard library before anything else:
``python -m harness.replayable`` is such a process, which reads a token from stdin and writes what it came to to stdout.
"""

import sys

if __name__ == "__main__":
    from gevent import monkey

    monkey.patch_all()

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Any

from harness.catalog import choose_one, entries
from harness.core.control import ControlledHost, Program
from harness.core.errors import UserError
from harness.core.exploration import Explanation, Exploration
from harness.core.record import build, to_json
from harness.engine import child
from harness.engine.cell_program import REFERENCE, find_program, named_cell
from harness.explorer.references import find
from harness.explorer.replaying import replay, search_instead
from harness.explorer.token import Token, decode


@dataclass(frozen=True, slots=True)
class CameTo:
    """What the schedule of a token came to."""

    explanation: Explanation | None
    """How the mix-up came about, if it is still there."""
    missed: int
    """Switches of the schedule that were never come to: the code has changed since."""
    instead: Exploration | None
    """The search of all schedules that are no harder to come by, where there is no mix-up and switches were missed."""


def run_again(token: str) -> CameTo:
    """Run the schedule of a token, in a process of its own where its cell wants a patched one.

    Raises UserError when what the token names cannot be found or replayed, and KeyboardInterrupt.
    """
    asked = decode(token)
    return _run_patched(token) if _is_patched(asked) else _run_here(asked)


def program_of(token: Token) -> Program:
    """Return the program of a token. Raises UserError when it cannot be found from here."""
    checkers = [entry.part for entry in entries("checker")]
    return find(token.reference, {"cell": lambda reference: find_program(reference, checkers, token.seed)})


def host_of(token: Token) -> ControlledHost:
    """Return the controlled host of a token. Raises UserError when there is none of that name."""
    host: ControlledHost = choose_one("controlled", token.host).part
    return host


def _is_patched(token: Token) -> bool:
    """Tell whether the token is of a cell that a patched process explored; callables are explored where they are."""
    if not token.reference.startswith(REFERENCE):
        return False
    cell, _ = named_cell(token.reference)
    return bool(choose_one("host", cell.where).part.patched)


def _run_here(token: Token) -> CameTo:
    program, host = program_of(token), host_of(token)
    done = replay(program, host, token)
    gone = done.missed and not done.mixup
    return CameTo(done.explanation, done.missed, search_instead(program, host, token) if gone else None)


def _run_patched(token: str) -> CameTo:
    interrupted = False
    with subprocess.Popen(
        child.command("harness.replayable"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child.variables(),
        text=True,
        process_group=0,  # or a terminal's Ctrl-C would reach it twice
    ) as process:
        try:
            said, _ = process.communicate(token)
        except KeyboardInterrupt:
            interrupted = True
            process.send_signal(signal.SIGINT)  # a search ends, and says how far it came
            said, _ = process.communicate()
        finally:
            process.kill()
    if not said.endswith("}"):
        if interrupted:
            raise KeyboardInterrupt
        raise UserError(f"the process of the replay ended with exit code {process.returncode}")
    told: dict[str, Any] = json.loads(said)
    if error := told.get("error"):
        raise UserError(error)
    return build(CameTo, told)


def _main() -> None:
    """Run the schedule of the token on stdin; write what it came to, or why it could not be run, to stdout.

    Nothing is written where it was interrupted before there was anything to tell.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the program prints must not get into the answer
    try:
        told = to_json(_run_here(decode(sys.stdin.read())))
    except UserError as error:
        told = json.dumps({"error": str(error)})
    except KeyboardInterrupt:
        told = ""
    out.write(told)
    out.flush()
    os._exit(0)  # whatever the program has begun and never ends


if __name__ == "__main__":
    _main()
