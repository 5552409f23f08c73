"""The gate ``jitter``: each pause lasts one to four ticks, by the request's seed, so that units overtake each other."""

from collections.abc import Iterable

from harness.core.ports import GateKind

MOST_TICKS = 4
SEED_BITS = 48
"""As many as a planned request's seed has; each pause takes two."""


class Jitter:
    """Pauses of unequal length, the same for the same seed."""

    def ticks(self, seed: int, nth: int) -> Iterable[int]:
        """Yield one to four times."""
        return range(1 + (seed >> 2 * nth % SEED_BITS) % MOST_TICKS)


GATE = GateKind(
    "jitter", "gives way one to four times at each pause, by the request's seed", lambda parties: Jitter()
)
