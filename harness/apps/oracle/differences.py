"""A difference: one place where an answer is not as the same request gets it alone."""

from typing import NamedTuple


class Difference(NamedTuple):
    """What stands at a place instead of what belongs there; either may be empty."""

    place: str
    found: str
    expected: str
    lost: frozenset[str] = frozenset()
    """The request's own tokens that always stand there alone, and are gone."""
