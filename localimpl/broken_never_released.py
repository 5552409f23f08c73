"""A negative control: nothing is released at the end of a request: the next one on the same worker finds it.

Modelled on Flask #2517, where an error while the session was opened kept the request context from being
popped and "in following requests the 'g' object still holds information from the failing request".
"""

from localimpl.contextvar import ContextLocal
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


class NeverReleasedLocal(ContextLocal, reads_attributes=True):
    """Keeps units apart, but not the requests that one unit serves in turn."""

    __slots__ = ()

    def release(self) -> None:
        """Do nothing, which is the fault."""


SUBJECT = Subject(
    name="broken_never_released",
    summary="One ContextVar for each name; releasing does nothing.",
    make=NeverReleasedLocal,
    promise=Promise(
        isolates=frozenset(),
        refuted_on=frozenset({(Unit.THREAD, "starts_empty"), (Unit.GREENLET, "starts_empty")}),
    ),
    control=True,
    source="Flask #2517",
)
