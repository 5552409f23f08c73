"""Sessions get a new id while other tabs of the same browser are at work: the old id is dead, the new one theirs."""

from hashlib import blake2b

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import EVERY_READ, Cookies, Means, Scenario
from harness.core.steps import PAUSE, Script
from harness.core.verdict import Anomaly

ROTATES = "048c"
"""The last digits of the tokens of those requests that rotate; the others are tabs that only work on."""


def view(app: Ambient, own: Probe) -> Script[str]:
    # A tab whose request was on its way when the id was rotated comes with a dead one and finds nothing. Finding the
    # session under a cookie that it says it has left is like finding it as it was: the id stayed the same.
    cookie = blake2b(app.request.headers.get("Cookie", "").encode(), digest_size=8).hexdigest()
    yield PAUSE
    yield PAUSE
    own.began(f"session.login of {own.user}")
    before = app.session.get("login")
    if before is None:
        own.expect("session.user")
        own.look("session.user", lambda: app.session["user"])
        app.session["user"] = own.user
    else:
        left, was = app.session.get("left", ("", ""))
        found = was if left == cookie else before
        own.expect("session.login", found)
        own.read("session.login", found)
    own.wrote("session.user", own.user)
    own.look("session.user", lambda: app.session["user"])
    yield PAUSE
    if before is None or own.token[-1] in ROTATES:
        app.session.rotate()
        after = own.wrote("session.login")
        app.session["login"] = after
        if before is not None:
            own.updated(f"session.login of {own.user}", before, after)
            own.revoked("session.login", before)
            app.session["left"] = cookie, before
    else:
        app.session["visited"] = own.token
        own.expect("session.login", before)
    yield PAUSE
    own.look("session.user", lambda: app.session["user"])
    own.look("session.login", lambda: app.session["login"])
    return own.token


SCENARIO = Scenario(
    "session_rotation",
    "A session that got a new id is found under no other, and by nobody else.",
    view,
    looks_for=EVERY_READ | {Anomaly.LOST_UPDATE},
    cookies=Cookies.TABS,
    uses=frozenset({Means.REQUEST, Means.SESSION, Means.REVOCATION}),
    store="memory",
    unpromised=frozenset({Anomaly.LOST_UPDATE}),
    few_suffice=False,
)
