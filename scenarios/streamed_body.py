"""A body that is made after the view returned still belongs to its own request."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Chunk, Script


def body(app: Ambient, own: Probe) -> Script[None]:
    yield Chunk(own.token.encode())
    for _ in range(2):
        yield PAUSE
        own.look("g.user", lambda: app.g.user)
        yield Chunk(b" more")


def view(app: Ambient, own: Probe) -> Script[Script[None]]:
    app.g.user = own.wrote("g.user")
    yield PAUSE
    return app.stream_with_context(body(app, own))


SCENARIO = Scenario(
    "streamed_body",
    "A streamed body is made in its own request's context.",
    view,
    uses=frozenset({Means.G, Means.STREAM}),
)
