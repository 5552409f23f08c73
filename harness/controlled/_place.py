"""Where a unit stands still in the code of the program: not in gevent, the harness or the standard library."""

import sysconfig
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from types import FrameType, GeneratorType
from typing import Any

import gevent
import greenlet

import harness.core
import harness.explorer
import harness.schedulers
import harness.units
from harness.core.steps import drive

Place = tuple[str, int]
NOWHERE: Place = ("", 0)

_ROOMS = (harness.core, harness.explorer, harness.schedulers, harness.units)
_HARNESS = Path(str(harness.core.__file__)).parents[1]
_ABOVE = (_HARNESS / "apps" / "pair", _HARNESS / "pytest_plugin")
"""Walk two users through an app, or call what a test explores, and are no part of it."""
_CARRIERS = tuple(
    f"{Path(file).parent}/"
    for file in (
        gevent.__file__,
        greenlet.__file__,
        *(str(room.__file__) for room in _ROOMS),
        *(str(room / "_") for room in _ABOVE),
        __file__,
    )
)
_STANDARD = f"{sysconfig.get_path('stdlib')}/"
_INSTALLED = tuple(f"{sysconfig.get_path(name)}/" for name in ("purelib", "platlib"))


@lru_cache(maxsize=4096)
def carries(file: str) -> bool:
    """Tell whether a source file is no part of the program, but runs it."""
    if file.startswith(("<frozen ", *_CARRIERS)):
        return True
    return file.startswith(_STANDARD) and not file.startswith(_INSTALLED)


def place(frame: FrameType | None) -> Place:
    """Return (file, line) of the innermost frame that is the program's; of a script, of its innermost generator."""
    while frame is not None:
        found = _of_script(frame) if frame.f_code is drive.__code__ else NOWHERE
        if found is NOWHERE and not carries(frame.f_code.co_filename):
            found = (frame.f_code.co_filename, frame.f_lineno)
        if found is not NOWHERE:
            return found
        frame = frame.f_back
    return NOWHERE


def beginning(call: Callable[..., Any] | None) -> Place:
    """Return where a function of the program begins, for a unit that has not begun."""
    while isinstance(call, partial):
        call = call.func
    code = getattr(getattr(call, "__func__", call), "__code__", None)
    return NOWHERE if code is None or carries(code.co_filename) else (code.co_filename, code.co_firstlineno)


def _of_script(frame: FrameType) -> Place:
    """Return where the script stands that a driver's frame runs: a generator that waits is on no stack."""
    found = NOWHERE
    script = frame.f_locals.get("script")
    while isinstance(script, GeneratorType) and script.gi_frame is not None:
        code = script.gi_frame.f_code
        if not carries(code.co_filename):
            found = (code.co_filename, script.gi_frame.f_lineno)
        script = script.gi_yieldfrom
    return found
