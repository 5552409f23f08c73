"""Hooks and signal receivers see the request that they are called for."""

from typing import Any

from harness.core.ambient import Ambient, Hooks
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def prepare(hooks: Hooks) -> None:
    @hooks.on_started
    def started(sender: Any, app: Ambient, own: Probe, **_: Any) -> None:
        app.g.trace = own.wrote("g.trace")

    @hooks.before_request
    def identify(app: Ambient, own: Probe) -> None:
        own.look("g.trace", lambda: app.g.trace)
        app.g.user = own.wrote("g.user")

    @hooks.after_request
    def sign(response: Any, app: Ambient, own: Probe) -> Any:
        own.look("g.user", lambda: app.g.user)
        return response

    @hooks.on_finished
    def finished(sender: Any, app: Ambient, own: Probe, **_: Any) -> None:
        own.look("g.trace", lambda: app.g.trace)

    @hooks.teardown_request
    def close(error: BaseException | None, app: Ambient, own: Probe) -> None:
        own.look("g.user", lambda: app.g.user)


def view(app: Ambient, own: Probe) -> Script[str]:
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    yield PAUSE
    return own.token


SCENARIO = Scenario(
    "hooks_and_signals",
    "Hooks and signal receivers see their own request.",
    view,
    prepare=prepare,
    uses=frozenset({Means.G, Means.HOOKS, Means.SIGNALS}),
)
