"""A context pushed inside a request hides the outer one, and popping it brings the outer one back."""

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def view(app: Ambient, own: Probe) -> Script[str]:
    outer = app.g.depth = own.wrote("g.depth")
    yield PAUSE
    with app.app_context():
        own.expect("g.depth")
        own.look("g.depth", lambda: app.g.depth)
        app.g.depth = own.wrote("g.depth")
        yield PAUSE
        own.look("g.depth", lambda: app.g.depth)
    own.expect("g.depth", outer)
    yield PAUSE
    own.look("g.depth", lambda: app.g.depth)
    return own.token


SCENARIO = Scenario(
    "nested_contexts",
    "Nested contexts are pushed and popped in each request's own stack.",
    view,
    uses=frozenset({Means.G, Means.NESTED}),
)
