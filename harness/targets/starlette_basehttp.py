"""The target ``starlette_basehttp``: Starlette with a BaseHTTPMiddleware, the view on a child task of its own."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Scenario
from harness.targets._rows import row
from harness.targets.starlette_app import MEANS
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Starlette whose hooks are in a BaseHTTPMiddleware."""
    from harness.targets._starlette import MountedBaseHttp

    return MountedBaseHttp(scenario)


TARGET = Target(
    "starlette_basehttp",
    "Starlette with a BaseHTTPMiddleware: the view runs on a child task",
    mount,
    means=MEANS,
    speaks=frozenset({"asgi"}),
    in_process=False,
    requires="frameworks",
    module="starlette",
)

SUBJECT = row(
    "starlette_basehttp",
    "What the view stores in `request.state`, a BaseHTTPMiddleware finds; of its ContextVars it would see nothing "
    "(starlette #1081).",
    Promise(isolates=frozenset({Unit.TASK})),
    module="starlette",
    source="starlette.middleware.base",
)
