"""Settings that a framework keeps by ambience, a language or a time zone, hold for one request and end with it."""

from contextlib import ExitStack

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from harness.core.steps import PAUSE, Script


def view(app: Ambient, own: Probe) -> Script[str]:
    settings = app.settings
    for name in settings.names:
        own.look(name, settings.get, name)
    with ExitStack() as stack:
        for name in settings.names:
            stack.enter_context(settings.override(name, own.wrote(name)))
        for _ in range(2):
            yield PAUSE
            for name in settings.names:
                own.look(name, settings.get, name)
    for name in settings.names:
        own.expect(name)
        own.look(name, settings.get, name)
    return own.token


SCENARIO = Scenario(
    "ambient_settings",
    "A language or time zone set for one request holds for no other.",
    view,
    uses=frozenset({Means.SETTINGS}),
)
