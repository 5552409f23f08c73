"""App: the mini-framework over one Local, with its contexts, its proxies and its WSGI and ASGI faces."""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import iscoroutinefunction
from types import GeneratorType
from typing import Any

from blinker import Signal
from werkzeug.routing import Map
from werkzeug.test import EnvironBuilder

from harness.core.steps import Script
from harness.framework import asgi, wsgi
from harness.framework.calling import is_script, offered
from harness.framework.contexts import AppContext, RequestContext
from harness.framework.lifecycle import Lifecycle
from harness.framework.sessions import SessionInterface, open_store
from harness.framework.signals import request_finished, request_started
from localimpl import Subject

OUTSIDE_REQUEST = (
    "no request is current here; use it in a view or hook, or inside `with app.test_request_context():`"
)
OUTSIDE_APP = "no application is current here; use it in a view or hook, or inside `with app.app_context():`"


class App(Lifecycle):
    """A small web framework whose contexts live in the Locals that a subject makes.

    ``app(environ, start_response)`` is its WSGI face, ``app.asgi(scope, receive, send)`` its ASGI face. Views return
    a string, bytes, (body, status), a Response, or a script that yields ``Chunk`` for a streamed body. Views and
    hooks are plain functions, generators of steps, or ``async def``. A harness.core.ports.Given under
    ``ctxstress.given`` in the environ or scope performs the steps, and its ``own`` and ``extra`` reach views,
    hooks, handlers and receivers as keyword arguments; without one nothing is added and a pause only gives way.

    ``store`` is ``cookie`` (signed with ``secret_key``; without a key sessions cannot be written), ``memory``, ``sql``,
    ``redis``, ``redis_locked``, or a SessionInterface. ``url_map`` is one that has rules, for several Apps.
    """

    def __init__(
        self,
        subject: Subject,
        *,
        secret_key: str | None = None,
        store: str | SessionInterface = "cookie",
        name: str = "app",
        url_map: Map | None = None,
    ) -> None:
        super().__init__(url_map)
        self.name = name
        self.local = subject.make()
        self.app_contexts = subject.make_stack()
        self.request_contexts = subject.make_stack()
        self.sessions = open_store(store, secret_key) if isinstance(store, str) else store
        self.request: Any = self.request_contexts("request", unbound_message=OUTSIDE_REQUEST)
        self.session: Any = self.request_contexts("session", unbound_message=OUTSIDE_REQUEST)
        self.g: Any = self.app_contexts("g", unbound_message=OUTSIDE_APP)
        self.current_app: Any = self.app_contexts("app", unbound_message=OUTSIDE_APP)

    def __repr__(self) -> str:
        return f"<App {self.name}>"

    # Faces

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a WSGI server."""
        return self.wsgi_app(environ, start_response)

    def wsgi_app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a WSGI server; middleware goes here, as in ``app.wsgi_app = Middleware(app.wsgi_app)``."""
        return wsgi.answer(self, environ, start_response)

    async def asgi(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer an ASGI 3 server."""
        await asgi.answer(self, scope, receive, send)

    # Contexts

    def app_context(self) -> AppContext:
        """Return an application context with a ``g`` of its own, to be pushed by ``with``."""
        return self.make_app_context({})

    def test_request_context(self, *args: Any, **kwargs: Any) -> RequestContext:
        """Return the context of a made-up request, to be pushed by ``with``; arguments as Werkzeug's EnvironBuilder."""
        builder = EnvironBuilder(*args, **kwargs)
        try:
            return self.request_context(builder.get_environ())
        finally:
            builder.close()

    def copy_current_request_context(self, function: Any) -> Any:
        """Bind a function of any colour, or a script, to the current request: its request, session and ``g``.

        On whichever unit the result is called or run, they are current for as long as it runs.
        """
        request_context, app_context = self._current()

        if isinstance(function, GeneratorType):
            return request_context.copy(app_context).around(function)

        if is_script(function):

            @wraps(function)
            def bound(*args: Any, **kwargs: Any) -> Any:
                return request_context.copy(app_context).around(function(*args, **kwargs))

        elif iscoroutinefunction(function):

            @wraps(function)
            async def bound(*args: Any, **kwargs: Any) -> Any:
                with request_context.copy(app_context):
                    return await function(*args, **kwargs)

        else:

            @wraps(function)
            def bound(*args: Any, **kwargs: Any) -> Any:
                with request_context.copy(app_context):
                    return function(*args, **kwargs)

        return bound

    def stream_with_context(self, body: Script[Any]) -> Script[Any]:
        """Return the body so that the current request's context lives until the body is exhausted or closed."""
        return self._current()[0].keep_for(body)

    def _current(self) -> tuple[RequestContext, AppContext]:
        request_context, app_context = self.request_contexts.top, self.app_contexts.top
        if request_context is None or app_context is None:
            raise RuntimeError(OUTSIDE_REQUEST)
        return request_context, app_context

    # Signals

    def on_started(self, receiver: Callable[..., Any]) -> None:
        """Call ``receiver(app, **given)`` when a request starts."""
        self.connect(request_started, offered(receiver, self, 1))

    def on_finished(self, receiver: Callable[..., Any]) -> None:
        """Call ``receiver(app, response=…, **given)`` when a request is finished."""
        self.connect(request_finished, offered(receiver, self, 1))

    def connect(self, signal: Signal, receiver: Callable[..., Any]) -> None:
        """Call ``receiver`` when this App sends a signal, for as long as the App lives."""
        signal.connect(receiver, sender=self, weak=False)

    # Flashes

    def flash(self, message: str, category: str = "message") -> None:
        """Keep a message in the session for the client's next look."""
        self.session["_flashes"] = [*self.session.get("_flashes", ()), (category, message)]

    def get_flashed_messages(self) -> list[tuple[str, str]]:
        """Take the (category, message) pairs out of the session; later calls in this request return the same."""
        context, _ = self._current()
        if context.flashes is None:
            flashes = self.session.pop("_flashes") if "_flashes" in self.session else []
            context.flashes = [(category, message) for category, message in flashes]
        return context.flashes
