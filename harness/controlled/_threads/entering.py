"""Interrupts a thread that enters a ``with`` where it has entered, so that it leaves what it is in.

On 3.14 the entry is a call like any other, right after which the interpreter raises what one thread raises in
another. The ``with`` would be none yet: a lock that the thread waited for would be held for ever.
"""

from dis import get_instructions
from itertools import pairwise
from threading import get_ident
from types import CodeType, FrameType

from harness.controlled._points.monitoring import IDS, monitoring

TOOL = "ctxstress, to end a thread"

_meant: dict[int, tuple[CodeType, type[BaseException]]] = {}
"""In which code what is to be raised, by the thread's ident; one that never comes back stays here."""


def enters(frame: FrameType) -> bool:
    """Tell whether a frame stands in the call by which a ``with`` enters its manager."""
    return any(
        before.opname == "LOAD_SPECIAL" and call.offset == frame.f_lasti
        for before, call in pairwise(get_instructions(frame.f_code))
    )


def raise_within(code: CodeType, ident: int, error: type[BaseException]) -> bool:
    """Raise an error in a thread at its next instruction in this code; False where other tools leave no means."""
    tool = _tool() if _meant else next((each for each in IDS if monitoring.get_tool(each) is None), None)
    if tool is None:
        return False
    if not _meant:
        monitoring.use_tool_id(tool, TOOL)
        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, _reached)
    _meant[ident] = code, error
    monitoring.set_local_events(tool, code, monitoring.events.INSTRUCTION)
    return True


def _reached(code: CodeType, _: int) -> None:
    meant, error = _meant.get(get_ident(), (None, None))
    if meant is code and error is not None:
        del _meant[get_ident()]
        if all(other is not code for other, _ in _meant.values()):
            monitoring.set_local_events(_tool(), code, 0)
        if not _meant:
            monitoring.free_tool_id(_tool())
        raise error


def _tool() -> int:
    return next(each for each in IDS if monitoring.get_tool(each) == TOOL)
