"""The app with a probe round it, as WSGI and as ASGI; what is answered stays the same."""

from typing import Any

from harness.probe.bodies import at_the_end
from harness.probe.probe import Probe

MARK = "X-Ctxstress-Mark"
"""The header whose value names a request."""
IN_ENVIRON = "HTTP_" + MARK.upper().replace("-", "_")
IN_SCOPE = MARK.lower().encode()
NO_MARK = "-"


class WsgiProbe:
    """Looks on the worker that ran the request, when its body is over."""

    def __init__(self, app: Any, probe: Probe) -> None:
        self._app = app
        self._probe = probe

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Run the app between two looks, if this request is one to look at."""
        probe = self._probe
        if not probe.due():
            return self._app(environ, start_response)
        mark = environ.get(IN_ENVIRON, NO_MARK)
        found = probe.before(mark)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            probe.after(mark, found, context=True)
            raise
        return at_the_end(body, environ, lambda: probe.after(mark, found, context=True))


class AsgiProbe:
    """Looks on the loop that ran the request; its own ContextVars end with its task."""

    def __init__(self, app: Any, probe: Probe) -> None:
        self._app = app
        self._probe = probe

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the app between two looks, if this request is one to look at."""
        probe = self._probe
        if scope["type"] != "http" or not probe.due():
            await self._app(scope, receive, send)
            return
        mark = dict(scope["headers"]).get(IN_SCOPE, NO_MARK.encode()).decode("latin-1")
        found = probe.before(mark)
        try:
            await self._app(scope, receive, send)
        finally:
            probe.after(mark, found, context=False)
