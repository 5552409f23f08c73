"""The target ``django_asgi``: Django under ASGI, with ``async def`` views and middleware of both colours."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Scenario
from harness.targets._rows import row
from harness.targets.django_wsgi import MEANS, promise
from localimpl import Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on this process's Django, with ``async def`` views."""
    from harness.targets._django import MountedAsgi

    return MountedAsgi(scenario)


TARGET = Target(
    "django_asgi",
    "Django under ASGI: the request is an argument, language and time zone are ambient",
    mount,
    means=MEANS,
    speaks=frozenset({"asgi"}),
    in_process=False,
    requires="frameworks",
    module="django",
)

SUBJECT = row(
    "django_asgi",
    "Django hands the request on by argument, also to the threads it runs synchronous middleware on; language and "
    "time zone lie in asgiref Locals, set by override.",
    promise(Unit.TASK),
    module="django",
    source="django.core.handlers.asgi, django.utils.translation, asgiref.local",
)
