"""One client sends several requests at once that change its session: an update may be lost, a value never mixed."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Cookies, Means, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly


def view(app: Ambient, own: Probe) -> Script[str]:
    own.wrote("request", own.token)
    own.began("session.version")
    before = app.session.get("version", "none")
    yield PAUSE
    after = own.wrote("session.version")
    app.session["version"] = after
    own.updated("session.version", before, after)
    yield PAUSE
    own.look("session.version", lambda: app.session["version"])
    # A store may let them wait for each other, and then it is here that they overlap.
    own.look("request", lambda: app.request.headers["X-Ctxstress-Token"])
    return own.token


SCENARIO = Scenario(
    "session_one_client",
    "Requests of one client at once keep their own view of its session.",
    view,
    looks_for=EVERY_READ | {Anomaly.LOST_UPDATE},
    cookies=Cookies.SHARED,
    uses=frozenset({Means.REQUEST, Means.SESSION}),
    store="memory",
    unpromised=frozenset({Anomaly.LOST_UPDATE}),
)
