"""The standard library's threading.local."""

from localimpl.namespace import Namespace
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject
from localimpl.unpatched import unpatched

SUBJECT = Subject(
    name="threading_local",
    summary="threading.local: the interpreter's thread state holds the values.",
    make=lambda: Namespace(unpatched("threading", "local")()),
    promise=Promise(
        isolates=frozenset({Unit.THREAD}),
        refuted_on=frozenset({(Unit.GREENLET, "read_back"), (Unit.TASK, "read_back")}),
    ),
)
