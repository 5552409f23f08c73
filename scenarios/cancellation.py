"""A request cut short from outside, by a cancelled task or a timed-out greenlet, leaves nothing behind."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Cancel, Script
from localimpl import Unit


def cut_short(token: str) -> bool:
    """Tell, by its token, whether a request is among the third or so that is cut short."""
    return token[-1] in "01234"


def view(app: Ambient, own: Probe) -> Script[str]:
    own.look("user", app.local.get, "user")
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    yield PAUSE
    if cut_short(own.token):
        yield Cancel()
    own.look("user", app.local.get, "user")
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "cancellation",
    "A request that is cut short leaves nothing behind.",
    view,
    units=frozenset({Unit.GREENLET, Unit.TASK}),
    in_process=True,
    uses=frozenset({Means.LOCAL, Means.G}),
)
