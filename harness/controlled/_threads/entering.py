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


def enters(frame: FrameType) -> bool:
    """Tell whether a frame stands in the call by which a ``with`` enters its manager."""
    return any(
        before.opname == "LOAD_SPECIAL" and call.offset == frame.f_lasti
        for before, call in pairwise(get_instructions(frame.f_code))
    )


def raise_within(code: CodeType, ident: int, error: type[BaseException]) -> bool:
    """Raise an error in a thread at its next instruction in this code; False where other tools leave no means."""
    tool = next((tool for tool in IDS if monitoring.get_tool(tool) is None), None)
    if tool is None:
        return False
    event = monitoring.events.INSTRUCTION

    def reached(_: CodeType, __: int) -> None:
        if get_ident() == ident:
            monitoring.set_local_events(tool, code, 0)
            monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
            raise error

    monitoring.use_tool_id(tool, TOOL)
    monitoring.register_callback(tool, event, reached)
    monitoring.set_local_events(tool, code, event)
    return True
