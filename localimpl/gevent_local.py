"""gevent's own local, which is also what monkey patching puts in place of threading.local."""

from localimpl.namespace import Namespace
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


def _make() -> Namespace:
    from gevent.local import local

    return Namespace(local())


SUBJECT = Subject(
    name="gevent_local",
    summary="gevent.local.local: a dict for each greenlet, dropped when the greenlet ends.",
    make=_make,
    promise=Promise(
        isolates=frozenset({Unit.THREAD, Unit.GREENLET}),
        refuted_on=frozenset({(Unit.TASK, "read_back")}),
    ),
)
