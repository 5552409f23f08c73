"""Many clients, each with a session of its own: nobody is shown another's."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Cookies, Means, Scenario
from harness.core.steps import PAUSE, Script


def view(app: Ambient, own: Probe) -> Script[str]:
    own.wrote("session.user", own.user)
    yield PAUSE  # between two requests of one client, others are saved
    if "user" not in app.session:
        app.session["user"] = own.user
    yield PAUSE
    own.look("session.user", lambda: app.session["user"])
    visits = app.session.get("visits", 0)
    yield PAUSE
    app.session["visits"] = visits + 1
    own.look("session.user", lambda: app.session["user"])
    return own.token


SCENARIO = Scenario(
    "session_many_clients",
    "Each client finds its own user in its session.",
    view,
    cookies=Cookies.OWN,
    uses=frozenset({Means.SESSION}),
    store="memory",
)
