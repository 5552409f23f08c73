"""A fidelity control: the plain ``def`` twin of read_back must find what the script finds."""

import time

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from localimpl import Unit


def view(app: Ambient, own: Probe) -> str:
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    time.sleep(0.0002)
    own.look("user", app.local.get, "user")
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "native_sync",
    "A plain `def` view reads back what it stored.",
    view,
    units=frozenset({Unit.THREAD, Unit.GREENLET}),
    uses=frozenset({Means.LOCAL, Means.G}),
)
