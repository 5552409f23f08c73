"""Contexts are pushed, nested, on a stack that all greenlets of a thread share: one pops, and reads, another's."""

from collections.abc import Callable, Hashable

from bench.explore.case import USERS, Begin, Case, Trial, returning, serving
from bench.explore.cases._greenlets import greenlet, pause, thread_ident
from harness.core.feasibility import Feasibility
from localimpl import Unit

RIGHT = returning("bleed", {user: (f"{user}'s request", f"{user}'s app") for user in USERS})


class Stack:
    """A stack for each unit; ``key`` returns which unit this is."""

    def __init__(self, key: Callable[[], Hashable]) -> None:
        self._key = key
        self._stacks: dict[Hashable, list[str]] = {}

    def push(self, context: str) -> None:
        """Lay a context on the running unit's stack."""
        self._stacks.setdefault(self._key(), []).append(context)

    def pop(self) -> str:
        """Take the uppermost off."""
        return self._stacks[self._key()].pop()


def _keyed(key: Callable[[], Hashable]) -> Begin:
    def begin() -> Trial:
        stack = Stack(key)

        def serve(user: str) -> tuple[str, str]:
            stack.push(f"{user}'s app")
            pause(1)
            stack.push(f"{user}'s request")
            pause(1)
            return stack.pop(), stack.pop()

        return serving(serve, RIGHT)

    return begin


CASE = Case(
    unit=Unit.GREENLET,
    kind="bleed",
    feasibility=Feasibility.FIFO,
    faulty=_keyed(thread_ident),
    fixed=_keyed(greenlet),
    preemptions=2,
    source="Flask's context stacks over an ident-keyed Local, gevent imported late",
)
