"""The target ``fastapi_async``: FastAPI with `async def` view and dependencies, all on the request's task."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Scenario
from harness.targets._rows import row
from harness.targets.starlette_app import MEANS
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a FastAPI of its own."""
    from harness.targets._fastapi import MountedFastApi

    return MountedFastApi(scenario)


TARGET = Target(
    "fastapi_async",
    "FastAPI: `async def` view and dependencies share the request's task",
    mount,
    means=MEANS,
    speaks=frozenset({"asgi"}),
    in_process=False,
    requires="frameworks",
    module="fastapi",
)

SUBJECT = row(
    "fastapi_async",
    "FastAPI hands the request on by argument; `async def` dependencies and view run on the task of the request, and "
    "what they set in ContextVars holds there as well.",
    Promise(isolates=frozenset({Unit.TASK})),
    module="fastapi",
    source="fastapi.dependencies, starlette.concurrency",
)
