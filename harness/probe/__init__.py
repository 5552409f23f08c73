"""One line of middleware that looks, after a request, for what others left in the app's own variables.

``app = harness.probe.wsgi(app)`` or ``app = harness.probe.asgi(app)``: without the variable ``CTXSTRESS_PROBE`` in the
environment, which names a file to report to, both return the app as it is. It never changes what the app answers.
"""

import os
from typing import Any, TypeVar

FILE = "CTXSTRESS_PROBE"
"""The environment variable that names the journal; without it nothing is done."""
TOKENS = "CTXSTRESS_TOKENS"
"""The environment variable with the pattern of tokens, where they are not those of ctxstress."""
TOKEN = "zq[2-9a-km-y]{14}|97[0-9]{13}"
"""What a token of ctxstress looks like."""
SHARE = "CTXSTRESS_PROBE_SHARE"
"""The environment variable with the part of the time that looking may take, as in 0.05; 1 looks at every request."""

App = TypeVar("App")


def wsgi(app: App) -> App:
    """Return a WSGI app with a probe round it, where one is asked for."""
    return _wrapped(app, "WsgiProbe")


def asgi(app: App) -> App:
    """Return an ASGI app with a probe round it, where one is asked for."""
    return _wrapped(app, "AsgiProbe")


def _wrapped(app: App, face: str) -> App:
    file = os.environ.get(FILE)
    if not file:
        return app
    # Late, so that where no probe is asked for nothing is imported either.
    from harness.probe import middleware
    from harness.probe.journal_file import JournalFile
    from harness.probe.probe import Probe

    probe = Probe(
        JournalFile(file), os.environ.get(TOKENS) or TOKEN, app, float(os.environ.get(SHARE, "0.05"))
    )
    wrapped: Any = getattr(middleware, face)(app, probe)
    return wrapped  # type: ignore[no-any-return]
