"""The target ``aiohttp_app``: aiohttp, which hands the request on by argument and speaks no interface but its own."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.targets._rows import row
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on an aiohttp Application of its own."""
    from harness.targets._aiohttp import MountedAiohttp

    return MountedAiohttp(scenario)


TARGET = Target(
    "aiohttp_app",
    "aiohttp: the request is an argument, and a mapping of what goes with it",
    mount,
    # Sessions are another package's, and a task that outlives the request is made by asyncio's own means.
    means=frozenset({Means.LOCAL, Means.REQUEST, Means.G, Means.HOOKS, Means.COPY, Means.STREAM}),
    speaks=frozenset({"aiohttp"}),
    in_process=False,
    requires="frameworks",
    module="aiohttp",
)

SUBJECT = row(
    "aiohttp_app",
    "aiohttp hands the request on by argument, a mapping of what goes with it, and keeps nothing by ambience.",
    Promise(isolates=frozenset({Unit.TASK})),
    module="aiohttp",
    source="aiohttp.web_request.BaseRequest",
)
