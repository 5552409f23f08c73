"""What people register with an App: views under rules, hooks, error handlers."""

from collections.abc import Callable
from typing import Any, TypeVar

from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.routing import Map, Rule

from harness.framework.calling import is_script, offered

F = TypeVar("F", bound=Callable[..., Any])
View = tuple[Callable[..., Any], bool]
"""A view function, and whether it is written as a script."""


class Registry:
    """Keeps what was registered, in order. Functions may be plain, generators of steps, or ``async def``.

    Hooks round a request and receivers of signals get this App by name where they declare ``app``. Apps may share the
    Map of their rules, for which each says its ``endpoint`` functions; one that adds a rule gets a Map of its own.
    """

    def __init__(self, url_map: Map | None = None) -> None:
        self.url_map = Map() if url_map is None else url_map
        self._shares_map = url_map is not None
        self.views: dict[str, View] = {}
        self.first_request_functions: list[Callable[..., Any]] = []
        self.before_request_functions: list[Callable[..., Any]] = []
        self.after_request_functions: list[Callable[..., Any]] = []
        self.request_teardowns: list[Callable[..., Any]] = []
        self.appcontext_teardowns: list[Callable[..., Any]] = []
        self.error_handlers: dict[int | None, dict[type[Exception], Callable[..., Any]]] = {}

    def add_url_rule(self, rule: str, endpoint: str, view: Callable[..., Any], **options: Any) -> None:
        """Answer requests that match a rule, as in ``/users/<int:id>``, with a view.

        Options are those of a Werkzeug Rule; ``methods`` is GET when not given.
        """
        options.setdefault("methods", ["GET"])
        if endpoint in self.views and self.views[endpoint][0] is not view:
            raise ValueError(f"two views for the endpoint {endpoint!r}; give one of them another endpoint")
        if self._shares_map:
            self.url_map = Map([each.empty() for each in self.url_map.iter_rules()])
            self._shares_map = False
        self.url_map.add(Rule(rule, endpoint=endpoint, **options))
        self.endpoint(endpoint)(view)

    def route(self, rule: str, *, endpoint: str | None = None, **options: Any) -> Callable[[F], F]:
        """Decorate a view with its rule; the endpoint is the function's name when not given."""

        def register(view: F) -> F:
            self.add_url_rule(rule, endpoint or view.__name__, view, **options)
            return view

        return register

    def endpoint(self, name: str) -> Callable[[F], F]:
        """Decorate the view for an endpoint whose rules the Map has, or is going to have."""

        def register(view: F) -> F:
            self.views[name] = (view, is_script(view))
            return view

        return register

    def before_first_request(self, function: F) -> F:
        """Call a function once in the process, before anything else of the first request."""
        self.first_request_functions.append(function)
        return function

    def before_request(self, hook: F) -> F:
        """Call a function before each view; what it returns, unless None, is the answer and the view is skipped."""
        self.before_request_functions.append(offered(hook, self))
        return hook

    def after_request(self, hook: F) -> F:
        """Call a function with each response, the last registered first; it returns the response to send."""
        self.after_request_functions.insert(0, offered(hook, self, 1))
        return hook

    def teardown_request(self, hook: F) -> F:
        """Call a function with the error, or None, when a request ends, the last registered first."""
        self.request_teardowns.insert(0, offered(hook, self, 1))
        return hook

    def teardown_appcontext(self, hook: F) -> F:
        """Call a function with the error, or None, when an application context ends, the last registered first."""
        self.appcontext_teardowns.insert(0, hook)
        return hook

    def errorhandler(self, what: Any) -> Callable[[F], F]:
        """Decorate the function that answers errors of a class and its subclasses, or with an HTTP status."""
        if isinstance(what, int) and what not in default_exceptions:
            raise ValueError(f"{what} is not an HTTP error status")
        kind = default_exceptions[what] if isinstance(what, int) else what
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise TypeError(f"an error handler is for an HTTP status or an exception class, not for {what!r}")
        status = kind.code if issubclass(kind, HTTPException) else None

        def register(handler: F) -> F:
            self.error_handlers.setdefault(status, {})[kind] = handler
            return handler

        return register

    def handler_of(self, error: Exception) -> Callable[..., Any] | None:
        """Return the handler of an error: one for its status goes before one for any, then the nearest class wins."""
        status = error.code if isinstance(error, HTTPException) else None
        for handlers in (self.error_handlers.get(status), self.error_handlers.get(None)):
            for kind in type(error).__mro__ if handlers else ():
                if kind in handlers:  # type: ignore[operator]
                    return handlers[kind]  # type: ignore[index]
        return None
