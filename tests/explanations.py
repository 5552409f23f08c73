"""Makes the explanation of a mix-up, of which a test says only what it is about."""

from typing import Any

from harness.core.exploration import Explanation
from harness.core.feasibility import Feasibility


def explanation(sentence: str, **more: Any) -> Explanation:
    """Return an explanation of one preemption of two units; ``more`` is put in place of what is usual."""
    usual: dict[str, Any] = {
        "kind": "bleed",
        "feasibility": Feasibility.JITTER,
        "preemptions": 1,
        "units": ("r1", "r2"),
        "schedule": (),
        "lines": (),
        "token": "",
    }
    return Explanation(sentence, **{**usual, **more})
