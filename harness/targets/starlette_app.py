"""The target ``starlette_app``: Starlette, its hooks in a plain ASGI middleware, on the task of the view."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.targets._rows import row
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Starlette with the signed-cookie sessions that it comes with."""
    from harness.targets._starlette import MountedStarlette

    return MountedStarlette(scenario)


MEANS = frozenset(
    {
        Means.LOCAL,
        Means.REQUEST,
        Means.SESSION,
        Means.G,
        Means.HOOKS,
        Means.COPY,
        Means.STREAM,
        Means.BACKGROUND,
    }
)

TARGET = Target(
    "starlette_app",
    "Starlette: the request is an argument, with a `state` of its own",
    mount,
    means=MEANS,
    speaks=frozenset({"asgi"}),
    in_process=False,
    requires="frameworks",
    module="starlette",
)

SUBJECT = row(
    "starlette_app",
    "Starlette hands the request on by argument; its `state` lies in the scope, which all middleware shares.",
    Promise(isolates=frozenset({Unit.TASK})),
    module="starlette",
    source="starlette.requests.HTTPConnection.state",
)
