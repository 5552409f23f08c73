"""The target ``django_wsgi``: Django under WSGI, where the request is an argument and settings are ambient."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.targets._rows import row
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on this process's Django, with plain ``def`` views."""
    from harness.targets._django import MountedWsgi

    return MountedWsgi(scenario)


MEANS = frozenset(
    {
        Means.LOCAL,
        Means.REQUEST,
        Means.SESSION,
        Means.REVOCATION,
        Means.G,
        Means.HOOKS,
        Means.COPY,
        Means.STREAM,
        Means.SETTINGS,
    }
)
"""Its signals bring a receiver the environ at the start and nothing at the end, so no receiver knows its request."""

INTERRUPTED = (
    "Django answers a request whose session was ended meanwhile with 400 (SessionInterrupted): nothing comes back to "
    "life, but to this harness any answer other than the right one is a failure"
)


def promise(*units: Unit) -> Promise:
    """Return what Django promises on these units; ending a session under load is a matter of its own."""
    return Promise(
        frozenset(units),
        exempt={
            (unit, name): INTERRUPTED for unit in units for name in ("session_logout", "session_rotation")
        },
    )


TARGET = Target(
    "django_wsgi",
    "Django under WSGI: the request is an argument, language, time zone and connection are ambient",
    mount,
    means=MEANS,
    speaks=frozenset({"wsgi"}),
    in_process=False,
    requires="frameworks",
    module="django",
)

SUBJECT = row(
    "django_wsgi",
    "Django hands the request on by argument; language, time zone and connection lie in asgiref Locals, set for a "
    "block by override.",
    promise(Unit.THREAD, Unit.GREENLET),
    module="django",
    source="django.utils.translation, django.utils.timezone, django.db.connections; Django ticket 22120",
)
