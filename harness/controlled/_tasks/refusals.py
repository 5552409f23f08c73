"""What the controlled loop cannot control: real sockets, processes, pipes and signals, refused by name."""

import asyncio
from collections.abc import Callable
from typing import Any

ADVICE = {
    "signal": ("a signal comes when it wants", "call the handler yourself"),
    "subprocess": ("a process cannot be scheduled", "put a coroutine in its place that sleeps and answers"),
    "pipe": ("a pipe cannot be scheduled", "use an asyncio.Queue"),
    "run": ("a second loop inside the first has no place in a schedule", "await instead"),
    "": ("real I/O cannot be scheduled", "put a coroutine in its place that sleeps and answers"),
}
"""By a part of the method's name: why, and what to do."""

INNER = frozenset({"close", "stop", "run_forever", "run_until_complete"})


def refuse_the_rest(loop: type[Any]) -> type[Any]:
    """Let a loop refuse all methods of an event loop that its class does not define, whatever Python adds."""
    for name, method in vars(asyncio.AbstractEventLoop).items():
        if callable(method) and not name.startswith("_") and name not in vars(loop):
            setattr(loop, name, _refusing(name))
    return loop


def _refusing(name: str) -> Callable[..., Any]:
    part = "run" if name in INNER else next(part for part in ADVICE if part in name)
    why, instead = ADVICE[part]

    def refuse(self: Any, *arguments: Any, **options: Any) -> Any:
        raise self.lost_control(f"called {name} of the event loop", f"{why}: {instead}")

    refuse.__name__ = name
    return refuse
