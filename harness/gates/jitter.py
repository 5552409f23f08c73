"""The gate ``jitter``: each pause lasts one to four ticks, by the request's seed, so that units overtake each other."""

from collections.abc import Iterable

from harness.core.ports import GateKind

MOST_TICKS = 4
# Knuth's multiplier for 64 bits (The Art of Computer Programming, vol. 2, 3.3.4)
# spreads seed and count over the high bits.
_MULTIPLIER = 6364136223846793005
_MASK = (1 << 64) - 1


class Jitter:
    """Pauses of unequal length, the same for the same seed."""

    def ticks(self, seed: int, nth: int) -> Iterable[int]:
        """Yield one to four times."""
        return range(1 + ((((seed + nth) * _MULTIPLIER) & _MASK) >> 33) % MOST_TICKS)


GATE = GateKind(
    "jitter", "gives way one to four times at each pause, by the request's seed", lambda parties: Jitter()
)
