"""The request lifecycle in three phases, written as one script that both faces of an App drive."""

import logging
import threading
from collections.abc import Iterable
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from blinker import Signal
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import Map, MapAdapter, RoutingException
from werkzeug.wrappers import Response as WerkzeugResponse

from harness.core.ports import Given
from harness.core.steps import PAUSE, Script
from harness.framework.calling import awaited, call
from harness.framework.contexts import AppContext, RequestContext
from harness.framework.registry import Registry
from harness.framework.sessions import NullSession, Session, SessionInterface, StoreUnavailable
from harness.framework.signals import (
    got_request_exception,
    request_finished,
    request_started,
    request_tearing_down,
)
from harness.framework.wrappers import Body, Request, Response

if TYPE_CHECKING:
    from localimpl import Local, LocalStack

log = logging.getLogger("harness.framework")

MOST_ADAPTERS = 64
"""Hosts whose URL adapters are kept; the name comes from the client, who could send any number."""

PLACE = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")
"""What of an environ a URL adapter depends on."""


class Lifecycle(Registry):
    """Arrival, view, end. A subclass that overrides a phase sees every request pass through it."""

    name: str
    local: "Local"
    app_contexts: "LocalStack"
    request_contexts: "LocalStack"
    sessions: SessionInterface

    def __init__(self, url_map: Map | None = None) -> None:
        super().__init__(url_map)
        self._adapters: dict[tuple[str | None, ...], MapAdapter] = {}
        self._first_lock = threading.Lock()
        self._first_begun = False
        self._first_done = False

    # Arrival

    def respond(self, environ: dict[str, Any], given: Given | None = None) -> Script[Response]:
        """Answer one request: the whole lifecycle as a script, for the unit that runs the request to drive.

        What is ``given`` goes to views, hooks and receivers as keyword arguments: ``own`` and the ``extra``.
        An error that nobody handles is answered with 500; what is no Exception (a cancellation) goes through,
        after teardown.
        """
        context = self.request_context(environ, given)
        try:
            return (yield from context.lasting(self._answer(context)))
        except Exception as error:
            # A teardown function raised, and no context is left to answer in.
            self.report(error, context)
            return make_response(InternalServerError(original_exception=error), context)

    def _answer(self, context: RequestContext) -> Script[Response]:
        try:
            context.push()
            return (yield from self.full_dispatch_request(context))
        except Exception as error:
            context.error = error
            return (yield from self.handle_exception(context, error))

    def request_context(self, environ: dict[str, Any], given: Given | None = None) -> RequestContext:
        """Wrap an environ; the context is not yet current and has no session."""
        return RequestContext(
            self,
            Request(environ, populate_request=False),
            {} if given is None else {"own": given.own, **given.extra},
        )

    def make_app_context(self, given: dict[str, Any]) -> AppContext:
        """Return a new application context, with a ``g`` of its own."""
        return AppContext(self, given)

    def open_session(self, request: Request) -> Session:
        """Return the session of the request's client, or a null session when there can be none."""
        session = self.sessions.open_session(request)
        return NullSession() if session is None else session

    def match_request(self, request: Request) -> None:
        """Find the rule and the view's arguments for a request, or the error that dispatching will raise."""
        try:
            rule, arguments = self._adapter(request.environ).match(
                request.path,
                request.method,
                return_rule=True,
                query_args=request.environ.get("QUERY_STRING", ""),
            )
        except HTTPException as error:
            request.routing_exception = error
        else:
            request.url_rule = rule
            request.view_args = dict(arguments)

    def _adapter(self, environ: dict[str, Any]) -> MapAdapter:
        key = tuple(map(environ.get, PLACE))
        adapter = self._adapters.get(key)
        if adapter is None or adapter.map is not self.url_map:
            if len(self._adapters) >= MOST_ADAPTERS:
                self._adapters.clear()
            place = {name: environ[name] for name in PLACE if name in environ}
            adapter = self._adapters[key] = self.url_map.bind_to_environ({"REQUEST_METHOD": "GET", **place})
        return adapter

    # View

    def full_dispatch_request(self, context: RequestContext) -> Script[Response]:
        """Run the hooks and the view, answer errors that have a handler, and finish the response."""
        if not self._first_done:
            yield from self._before_first(context)
        try:
            if request_started.receivers:
                yield from self.send(request_started, context.given)
            result = yield from self.preprocess_request(context)
            if result is None:
                result = yield from self.dispatch_request(context)
        except Exception as error:
            result = yield from self.handle_user_exception(context, error)
        return (yield from self.finalize_request(context, result))

    def _before_first(self, context: RequestContext) -> Script[None]:
        """Let one request call the functions; others that come meanwhile pause until it has.

        When they fail, that request fails and the next begins again.
        """
        while not self._first_done:
            with self._first_lock:
                mine = not self._first_begun and not self._first_done
                self._first_begun = True
            if not mine:
                yield PAUSE
                continue
            try:
                for function in self.first_request_functions:
                    yield from call(function, **context.given)
                self._first_done = True
            finally:
                self._first_begun = False

    def preprocess_request(self, context: RequestContext) -> Script[Any]:
        """Call the before_request functions until one returns an answer."""
        for hook in self.before_request_functions:
            result = yield from call(hook, **context.given)
            if result is not None:
                return result
        return None

    def dispatch_request(self, context: RequestContext) -> Script[Any]:
        """Call the view and return what it returns; raises what routing found wrong."""
        request = context.request
        if request.routing_exception is not None:
            raise request.routing_exception
        rule, arguments = request.url_rule, request.view_args
        assert rule is not None
        assert arguments is not None
        view, is_script = self.views[rule.endpoint]
        result = view(**arguments, **context.given)
        kind = type(result)
        if is_script and kind is GeneratorType:
            return (yield from result)
        if kind is CoroutineType:
            return (yield from awaited(result))
        return result

    def handle_user_exception(self, context: RequestContext, error: Exception) -> Script[Any]:
        """Return what the error's handler answers; an HTTP error without one is an answer itself, others are raised."""
        context.abandon()
        handler = None if isinstance(error, RoutingException) else self.handler_of(error)
        if handler is not None:
            return (yield from call(handler, error, **context.given))
        if isinstance(error, HTTPException):
            return error
        raise error

    # End

    def finalize_request(self, context: RequestContext, result: Any) -> Script[Response]:
        """Make the response of what was returned, call the after_request functions, save the session, signal."""
        response = yield from self.process_response(context, make_response(result, context))
        if request_finished.receivers:
            yield from self.send(request_finished, context.given, response=response)
        return response

    def process_response(self, context: RequestContext, response: Response) -> Script[Response]:
        """Call the after_request functions in reverse order, then save the session."""
        for hook in self.after_request_functions:
            response = yield from call(hook, response, **context.given)
        session = context.session
        if session is not None and session.accessed:
            self.save_session(session, response)
        return response

    def save_session(self, session: Session, response: Response) -> None:
        """Save a session that somebody looked at."""
        response.vary.add("Cookie")
        self.sessions.save_session(session, response)

    def handle_exception(self, context: RequestContext, error: Exception) -> Script[Response]:
        """Answer an error that nobody handled with 500, by the handler for 500 where there is one.

        A session store that is out of reach is answered with 503, and says so.
        """
        context.abandon()
        self.report(error, context)
        result: Any
        if isinstance(error, StoreUnavailable):
            handler = None
            result = Response(f"{error}\n", 503, content_type="text/plain; charset=utf-8")
        else:
            result = InternalServerError(original_exception=error)
            handler = self.handler_of(result)
        try:
            if handler is not None:
                result = yield from call(handler, result, **context.given)
            return (yield from self.finalize_request(context, result))
        except Exception as second:
            self.report(second, context)
            return make_response(InternalServerError(original_exception=error), context)

    def close_session(self, session: Session) -> None:
        """Let go of what the store holds for a session: a request is over."""
        self.sessions.close_session(session)

    def do_teardown_request(self, context: RequestContext, error: BaseException | None) -> Script[None]:
        """Call every teardown function of the request, then signal; raises the first error of theirs at the end."""
        yield from self._tear_down(self.request_teardowns, context, error)
        if request_tearing_down.receivers:
            yield from self.send(request_tearing_down, context.given, exc=error)

    def do_teardown_appcontext(self, context: AppContext, error: BaseException | None) -> Script[None]:
        """Call every teardown function of the application context; raises the first error of theirs at the end."""
        yield from self._tear_down(self.appcontext_teardowns, context, error)

    def _tear_down(
        self, hooks: Iterable[Any], context: AppContext | RequestContext, error: BaseException | None
    ) -> Script[None]:
        failed: Exception | None = None
        for hook in hooks:
            try:
                yield from call(hook, error, **context.given)
            except Exception as raised:
                if failed is None:
                    failed = raised
                else:
                    self.report(raised, context)
        if failed is not None:
            raise failed

    # Signals

    def send(self, signal: Signal, given: dict[str, Any], **facts: Any) -> Script[None]:
        """Call the receivers that listen to this App; they may be scripts and ``async def`` as well."""
        for receiver in signal.receivers_for(self):
            yield from call(receiver, self, **facts, **given)

    def report(self, error: Exception, context: AppContext | RequestContext) -> None:
        """Tell of an error that nobody handled: by signal, and in the log unless somebody else keeps the record."""
        if not context.given:
            log.error("%r raised %r", context, error, exc_info=error)
        for receiver in got_request_exception.receivers_for(self):
            receiver(self, exception=error, **context.given)


def make_response(result: Any, context: RequestContext) -> Response:
    """Make a response of what a view or handler returned.

    That is a string, bytes, (body, status), a script of chunks, a response or an HTTP error; TypeError for others.
    """
    if isinstance(result, Response):
        return result
    if isinstance(result, str):
        return Response.of(result.encode())
    if isinstance(result, bytes):
        return Response.of(result)
    if isinstance(result, GeneratorType):
        return Response(Body(result))  # type: ignore[arg-type]
    if isinstance(result, tuple) and len(result) == 2:
        response = make_response(result[0], context)
        response.status = result[1]
        return response
    if isinstance(result, HTTPException):
        result = result.get_response(context.request.environ)
    if isinstance(result, WerkzeugResponse):
        return Response.force_type(result)  # type: ignore[return-value]
    raise TypeError(
        f"{context.request.path} was answered with {result!r}; return a string, bytes, (body, status), a Response, "
        "or a script that yields Chunk"
    )
