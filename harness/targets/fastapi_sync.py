"""The target ``fastapi_sync``: FastAPI with `def` view and dependencies, each on a pooled thread."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Scenario
from harness.targets._rows import row
from harness.targets.starlette_app import MEANS
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a FastAPI of its own."""
    from harness.targets._fastapi import MountedFastApiSync

    return MountedFastApiSync(scenario)


TARGET = Target(
    "fastapi_sync",
    "FastAPI: `def` view and dependencies run on pooled threads",
    mount,
    means=MEANS,
    speaks=frozenset({"asgi"}),
    in_process=False,
    requires="frameworks",
    module="fastapi",
)

SUBJECT = row(
    "fastapi_sync",
    "FastAPI hands the request on by argument; each `def` runs on a pooled thread in a copy of the context, where what "
    "it sets in ContextVars is lost to all others.",
    Promise(isolates=frozenset({Unit.TASK})),
    module="fastapi",
    source="fastapi.dependencies, starlette.concurrency",
)
