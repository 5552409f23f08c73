"""asgiref's Local, which Django uses for its connections, its translations and its URL resolver."""

from localimpl.namespace import Namespace
from localimpl.promise import Promise, Unit
from localimpl.subject import Subject


def _make() -> Namespace:
    from asgiref.local import Local

    return Namespace(Local())


SUBJECT = Subject(
    name="asgiref_local",
    summary="asgiref.local.Local, not thread-critical: one ContextVar that holds a dict of all values.",
    make=_make,
    promise=Promise(
        isolates=frozenset(Unit),
        exempt={
            (
                Unit.GREENLET,
                "executor_hop",
            ): "its lock, once gevent has patched it, is contended between the hub's "
            "thread and a native one and may never be handed over (asgiref 3.13.0 with gevent 26.9.0)"
        },
    ),
    requires="locals",
    module="asgiref",
)
