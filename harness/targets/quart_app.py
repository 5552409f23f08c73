"""The target ``quart_app``: Quart, whose request, session and ``g`` are proxies to two ContextVars."""

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.targets._rows import row
from localimpl import Promise, Subject, Unit


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Quart with the signed-cookie sessions that it comes with."""
    from harness.targets._quart import MountedQuart

    return MountedQuart(scenario)


EMPTY = (
    "Quart copies the request context alone for a streamed body, which begins with a new and empty `g` (quart #361): "
    "what these scenarios look for there is lost, in every request and whoever else is answered"
)

TARGET = Target(
    "quart_app",
    "Quart: views find request, session and `g` by ambience",
    mount,
    # ``g`` is its storage under names of one's own. Its contexts are pushed with ``async with`` alone.
    means=frozenset(
        {
            Means.LOCAL,
            Means.REQUEST,
            Means.SESSION,
            Means.G,
            Means.HOOKS,
            Means.SIGNALS,
            Means.COPY,
            Means.STREAM,
            Means.BACKGROUND,
        }
    ),
    speaks=frozenset({"asgi"}),
    in_process=False,
    requires="frameworks",
    module="quart",
)

SUBJECT = row(
    "quart_app",
    "Quart answers each request on a task of its own and keeps an application and a request context there, in a "
    "ContextVar each.",
    Promise(
        isolates=frozenset({Unit.TASK}),
        exempt={(Unit.TASK, scenario): EMPTY for scenario in ("streamed_body", "disconnect")},
    ),
    module="quart",
    source="quart.globals, quart.ctx, quart.asgi",
)
