"""The target ``flask_app``: Flask, whose request, session and ``g`` are proxies to two ContextVars."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.targets._rows import row
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Flask with the signed-cookie sessions that it comes with."""
    from harness.targets._flask import MountedFlask

    return MountedFlask(scenario)


MEANS = frozenset(
    {
        Means.LOCAL,
        Means.REQUEST,
        Means.SESSION,
        Means.G,
        Means.HOOKS,
        Means.SIGNALS,
        Means.NESTED,
        Means.COPY,
        Means.STREAM,
    }
)
"""``g`` is Flask's storage under names of one's own, and needs a context."""

TARGET = Target(
    "flask_app",
    "Flask: views find request, session and `g` by ambience",
    mount,
    means=MEANS,
    speaks=frozenset({"wsgi"}),
    in_process=False,
    requires="frameworks",
    module="flask",
)

SUBJECT = row(
    "flask_app",
    "Flask keeps an application and a request context in a ContextVar each, pushed when a request begins and popped "
    "when it ends.",
    Promise(isolates=frozenset({Unit.THREAD, Unit.GREENLET})),
    module="flask",
    source="flask.globals, flask.ctx",
)
