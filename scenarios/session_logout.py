"""Users log out while other tabs of the same browser are at work: who logged out stays so, nobody else is touched."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Cookies, Means, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly

LOGS_OUT = "048c"
"""The last digits of the tokens of those requests that log out; the others are tabs that only work on."""


def view(app: Ambient, own: Probe) -> Script[str]:
    # A tab whose request was on its way when another logged out comes with the id of a session that is over. Finding
    # one under it proves that it lives on, or was brought back by a late save.
    yield PAUSE
    yield PAUSE
    own.began(f"session.login of {own.user}")
    before = app.session.get("login")
    if before is None:
        own.expect("session.user")
        own.look("session.user", lambda: app.session["user"])
        app.session["user"] = own.user
        app.session["login"] = own.wrote("session.login")
    else:
        own.expect("session.login", before)
        own.look("session.login", lambda: app.session["login"])
        app.session["visited"] = own.token
    own.wrote("session.user", own.user)
    own.look("session.user", lambda: app.session["user"])
    yield PAUSE
    own.look("session.user", lambda: app.session["user"])
    if before is not None and own.token[-1] in LOGS_OUT:
        app.session.clear()
        own.updated(f"session.login of {own.user}", before, "logged out")
        own.revoked("session.login", before)
        own.expect("session.user")
        own.look("session.user", lambda: app.session["user"])
    return own.token


SCENARIO = Scenario(
    "session_logout",
    "A session that was logged out is found by nobody, and everybody else's as it was.",
    view,
    looks_for=EVERY_READ | {Anomaly.LOST_UPDATE},
    cookies=Cookies.TABS,
    uses=frozenset({Means.SESSION, Means.REVOCATION}),
    store="memory",
    unpromised=frozenset({Anomaly.LOST_UPDATE}),
    few_suffice=False,
)
