"""The target ``mini``: this project's framework over the subject, its whole lifecycle around the scenario's view."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from io import BytesIO
from typing import Any

from werkzeug.routing import Map, Rule

from harness.core.history import Probe
from harness.core.plan import Order
from harness.core.ports import GIVEN, Answer, Given, Target
from harness.core.scenario import Scenario
from harness.core.steps import Script
from harness.framework.app import App
from harness.framework.sessions import SessionInterface
from harness.framework.signals import got_request_exception
from harness.framework.wrappers import Body
from localimpl import Subject

TEMPLATE: dict[str, Any] = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.input": BytesIO(),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class MountedApp:
    """A scenario's view at ``/`` of an App of its own, whose sessions are in the scenario's store or the one given."""

    def __init__(
        self, subject: Subject, scenario: Scenario, store: str | SessionInterface | None = None
    ) -> None:
        self.app = app = App(
            subject,
            secret_key="ctxstress",
            store=scenario.store if store is None else store,
            name=f"mini/{subject.name}",
            url_map=_one_page(scenario.name),
        )
        app.endpoint(scenario.name)(partial(scenario.view, app))
        if scenario.prepare is not None:
            scenario.prepare(app)
        if scenario.status != 500:
            app.connect(got_request_exception, _note)

    def exchange(self, order: Order, cookies: Mapping[str, str], own: Probe) -> Script[Answer]:
        """Send one request inside this process and return its answer, the body read to its end or to the hang-up.

        Raises what breaks a streamed body off; errors before the body are answered with 500.
        """
        environ = TEMPLATE.copy()
        environ["HTTP_X_CTXSTRESS_TOKEN"] = order.token
        if cookies:
            environ["HTTP_COOKIE"] = "; ".join([f"{name}={value}" for name, value in cookies.items()])
        environ[GIVEN] = given = Given(own, _handed_on)
        response = yield from self.app.respond(environ, given)
        status, headers, body = response.finish(environ)
        if not isinstance(body, Body):
            return Answer(int(status[:3]), headers, b"".join(body))

        chunks = []
        cut = False
        try:
            while not cut and (chunk := (yield from body.next_chunk())) is not None:
                chunks.append(chunk)
                cut = order.hangs_up
        finally:
            body.close()
        return Answer(int(status[:3]), headers, b"".join(chunks), cut)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI server; the Given is expected in the environ."""
        return self.app.wsgi_app(environ, start_response)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer an ASGI server; the Given is expected in the scope."""
        await self.app.asgi(scope, receive, send)

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield (name, value) of what the subject still holds for the current unit: the Local, then the two stacks."""
        app = self.app
        for name, value in app.local:
            yield name, str(value)
        for name, stack in (("app context", app.app_contexts), ("request context", app.request_contexts)):
            top = stack.top
            if top is not None:
                yield name, str(top)


@cache
def _one_page(endpoint: str) -> Map:
    """Return the rules of an app with one page; kept, for to compile one takes as long as a request."""
    rules = Map([Rule("/", endpoint=endpoint, methods=["GET"])])
    rules.update()
    return rules


def _note(sender: Any, exception: Exception, own: Probe | None = None, **_: Any) -> None:
    if own is not None:  # a context that a view pushed itself has no request of its own
        own.failed(exception)


def _handed_on(step: Any) -> Any:
    raise TypeError(
        f"{step!r} was performed by the request's own unit; an exchange hands its steps on instead"
    )


TARGET = Target(
    "mini", "this project's small framework, with Flask's request lifecycle, over the Local", MountedApp
)
