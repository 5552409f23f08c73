"""Hooks and signal receivers see the request that they are called for."""

from typing import Any

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Script


def prepare(app: Ambient) -> None:
    @app.on_started
    def started(sender: Any, own: Probe, **_: Any) -> None:
        app.g.trace = own.wrote("g.trace")

    @app.before_request
    def identify(own: Probe) -> None:
        own.look("g.trace", lambda: app.g.trace)
        app.g.user = own.wrote("g.user")

    @app.after_request
    def sign(response: Any, own: Probe) -> Any:
        own.look("g.user", lambda: app.g.user)
        return response

    @app.on_finished
    def finished(sender: Any, own: Probe, **_: Any) -> None:
        own.look("g.trace", lambda: app.g.trace)

    @app.teardown_request
    def close(error: BaseException | None, own: Probe) -> None:
        own.look("g.user", lambda: app.g.user)


def view(app: Ambient, own: Probe) -> Script[str]:
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    yield PAUSE
    return own.token


SCENARIO = Scenario(
    "hooks_and_signals", "Hooks and signal receivers see their own request.", view, prepare=prepare
)
