"""What was sent and what came back: the facts that the judges of an app's answers look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.apps.calls import Call
from harness.core.ports import Answer


@dataclass(frozen=True, slots=True)
class Visit:
    """One pass of a virtual user through a flow."""

    label: str
    """As in ``u3v17``; unique in a run."""
    user: str
    """The user's label, as in ``u3``."""
    values: Mapping[str, str]
    """What each placeholder stands for: ``token``, ``token:cart``, ``user``, ``int``, ``choice:de|en``, …"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a visit with its answer, or with what came instead of one."""

    mark: str
    """As in ``u3v17.0``: the visit and the number of the call in its flow; sent as the header that stamps go by."""
    visit: Visit
    call: Call
    sent: str
    """The request as it went out: line, headers, body; what the tokens stood in."""
    answer: Answer | None
    trouble: str
    """Why there is no answer: ``no answer within 10 s``, ``connection lost: …``; empty when there is one, or when the
    client itself went away."""
    began: float
    ended: float
    """By the client's clock (``time.monotonic``)."""
    pressure: str = ""
    nth: int = 0
    """How many requests the run had sent when this one ended."""

    @property
    def gave_up(self) -> bool:
        """Tell whether the client itself went away, so that nothing can be said of the answer."""
        return (self.answer is None and not self.trouble) or (self.answer is not None and self.answer.cut)
