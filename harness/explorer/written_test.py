"""Writes a mix-up down as a test of pytest that fails until it is gone."""

import re
import textwrap
from pathlib import Path

from harness.core.errors import UserError
from harness.core.exploration import Explanation, Switch
from harness.core.record import short
from harness.explorer.token import decode

WIDTH = 88
"""Columns of what is written: as most formatters leave alone."""
ORDINALS = {1: "first", 2: "second", 3: "third"}


def write_test(token: str, explanation: Explanation, path: Path) -> None:
    """Write a test file that replays the token with the fixture ``explore``.

    Raises UserError for a token that names no program, a path that pytest would not collect, and a file that is there.
    """
    reference = decode(token).reference
    if not reference:
        raise UserError(
            "the token names no program, so a test could not find it: see 'reference' of the program"
        )
    check_path(path)
    text = test_text(token, reference, explanation)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"cannot write the test to {path}: {error}; name another file") from error


def check_path(path: Path) -> None:
    """Raise UserError for a path at which no test can be written, or that pytest would not collect."""
    if path.suffix != ".py" or not (path.name.startswith("test_") or path.stem.endswith("_test")):
        raise UserError(f"pytest would not collect {path.name}: call it test_{path.stem}.py")
    if path.exists():
        raise UserError(f"{path} is there already: name another file, or remove it")


def test_text(token: str, reference: str, explanation: Explanation) -> str:
    """Return the source of the test."""
    sentence = _filled(f"Fails until this is gone: {_escaped(explanation.sentence)}")
    steps = [_told(switch) for switch in explanation.schedule] or [
        "One after the other; no switch is needed."
    ]
    comment = [line for step in steps for line in textwrap.wrap(step, WIDTH - 6)]
    name = re.sub(r"\W+", "_", explanation.kind.lower()).strip("_")
    pieces = textwrap.wrap(token, WIDTH - 14, break_on_hyphens=False)
    return "\n".join(
        [
            f'"""{sentence}',
            "",
            *_filled(
                f"Of {_escaped(_what(reference))}, written by `ctxstress replay --write-test`."
            ).splitlines(),
            '"""',
            "",
            "",
            f"def test_no_{name}(explore):",
            *(f"    # {line}" for line in comment),
            "    explore.replay(",
            *(f'        "{piece}"' for piece in pieces),
            "    )",
            "",
        ]
    )


def _what(reference: str) -> str:
    """Return a reference in short: of a cell the names of its parts, and how many requests."""
    kind, _, rest = reference.partition(":")
    if kind != "cell":
        return reference
    *parts, requests = rest.split("|")
    return f"the cell {', '.join(map(short, parts))} with {requests} requests"


def _told(switch: Switch) -> str:
    """Say in words when to switch and to whom."""
    if not switch.unit:
        return f"{switch.to} begins."
    if switch.role == "end":
        return f"When {switch.unit} has ended, {switch.to} goes on."
    time = ORDINALS.get(switch.occurrence, f"{switch.occurrence}th")
    where = f" at {switch.file}:{switch.line}" if switch.file else ""
    return f"When {switch.unit} stands{where} for the {time} time ({switch.role}), {switch.to} goes on."


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _escaped(text: str) -> str:
    """Return a text that may stand in a docstring, whatever it holds."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
