"""A client that hangs up in the middle of a streamed body leaves nothing behind for the others."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Chunk, Script


def body(app: Ambient, own: Probe) -> Script[None]:
    yield Chunk(own.token.encode())
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    yield Chunk(b" more")
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    yield Chunk(b" and the end")


def view(app: Ambient, own: Probe) -> Script[Script[None]]:
    own.look("g.user", lambda: app.g.user)
    app.g.user = own.wrote("g.user")
    yield PAUSE
    return app.stream_with_context(body(app, own))


SCENARIO = Scenario(
    "disconnect",
    "A client that hangs up disturbs nobody else.",
    view,
    hangs_up=True,
    uses=frozenset({Means.G, Means.STREAM}),
)
