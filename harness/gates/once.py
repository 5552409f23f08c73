"""The gate ``once``: each pause is one tick, so units take turns in the order that their runtime gives them."""

from collections.abc import Iterable

from harness.core.ports import GateKind

_ONE_TICK = (None,)


class Once:
    """Every pause gives way once."""

    def ticks(self, seed: int, nth: int) -> Iterable[None]:
        """Yield one tick."""
        return _ONE_TICK


GATE = GateKind("once", "gives way once at each pause", lambda parties: Once())
