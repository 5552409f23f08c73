"""Hooks before, after and at the end of a request see the request that they are called for."""

from typing import Any

from harness.core.ambient import Ambient, Hooks
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def prepare(hooks: Hooks) -> None:
    @hooks.before_request
    def identify(app: Ambient, own: Probe) -> None:
        own.look("g.user", lambda: app.g.user)
        app.g.user = own.wrote("g.user")

    @hooks.after_request
    def sign(response: Any, app: Ambient, own: Probe) -> Any:
        own.look("g.user", lambda: app.g.user)
        return response

    @hooks.teardown_request
    def close(error: BaseException | None, app: Ambient, own: Probe) -> None:
        own.look("g.user", lambda: app.g.user)


def view(app: Ambient, own: Probe) -> Script[str]:
    own.look("g.user", lambda: app.g.user)
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "hooks",
    "Hooks round a view see their own request.",
    view,
    prepare=prepare,
    uses=frozenset({Means.G, Means.HOOKS}),
)
