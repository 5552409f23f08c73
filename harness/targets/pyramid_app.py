"""The target ``pyramid_app``: Pyramid, which hands the request on and keeps a stack of them in a thread-local, too."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

from harness.core.ports import GIVEN, Given, Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.core.steps import Script, drive
from harness.targets._answers import chunks, is_streamed, note, viewing
from harness.targets._held import HeldLocal
from harness.targets._hooks import Hooks, Registered
from harness.targets._rows import row
from harness.targets._served import Served
from localimpl import Promise, Subject, Unit


class Ambience:
    """What Pyramid offers by ambience: all of it is asked of ``get_current_request()``."""

    def __init__(self, registry: Any) -> None:
        from pyramid.threadlocal import RequestContext, get_current_request  # type: ignore[import-untyped]

        self._registry = registry
        self._current = get_current_request
        self._pushed = RequestContext
        self.local = HeldLocal(lambda: get_current_request().__dict__.setdefault("locals", {}))

    @property
    def request(self) -> Any:
        """The current request, or None."""
        return self._current()

    @property
    def g(self) -> Any:
        """The current request, whose attributes are a namespace for one request."""
        return self._current()

    @property
    def session(self) -> Any:
        """The session of the current request."""
        return self._current().session

    def app_context(self) -> AbstractContextManager[Any]:
        """Push a request of its own, as scripts do that run outside any."""
        from pyramid.scripting import prepare  # type: ignore[import-untyped]

        return prepare(registry=self._registry)  # type: ignore[no-any-return]

    def copy_current_request_context(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Push this request wherever the function is called, for as long as it runs."""
        request = self._current()

        @wraps(function)
        def bound(*args: Any, **kwargs: Any) -> Any:
            with self._pushed(request):
                return function(*args, **kwargs)

        return bound

    def stream_with_context(self, body: Script[Any]) -> Script[Any]:
        """Push this request again while its body is made: Pyramid pops it when the response is returned."""
        request = self._current()

        def kept() -> Script[Any]:
            with self._pushed(request):
                return (yield from body)

        return kept()


class MountedPyramid(Served):
    """A scenario's view at ``/`` of a Pyramid of its own."""

    def __init__(self, scenario: Scenario) -> None:
        from pyramid.config import Configurator  # type: ignore[import-untyped]
        from pyramid.events import NewRequest, NewResponse  # type: ignore[import-untyped]
        from pyramid.session import SignedCookieSessionFactory  # type: ignore[import-untyped]
        from pyramid.threadlocal import get_current_request

        self._scenario = scenario
        self._current = get_current_request
        self._hooks = Hooks(scenario)
        with Configurator(session_factory=SignedCookieSessionFactory("ctxstress")) as config:
            self._ambient: Any = Ambience(config.registry)
            config.add_route("view", "/")
            config.add_view(self._view, route_name="view")
            config.add_request_method(lambda request: request.environ[GIVEN], "given", property=True)
            for receiver in self._hooks.started:
                config.add_subscriber(self._receiving(receiver), NewRequest)
            for receiver in self._hooks.finished:
                config.add_subscriber(self._receiving(receiver), NewResponse)
            config.add_subscriber(self._arrived, NewRequest)
            self._app = config.make_wsgi_app()

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI server; the Given is expected in the environ."""
        return self._app(environ, start_response)  # type: ignore[no-any-return]

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield the request that is still current on this unit."""
        request = self._current()
        if request is not None:
            yield "request", repr(request)

    def _view(self, request: Any) -> Any:
        from pyramid.response import Response  # type: ignore[import-untyped]

        given: Given = request.given
        answer = drive(viewing(self._scenario, self._ambient, given.own), given.perform)
        return Response(app_iter=chunks(answer, given.perform)) if is_streamed(answer) else Response(answer)

    def _arrived(self, event: Any) -> None:
        """Run the hooks before the view, and have the request call the others at its end."""
        request, hooks = event.request, self._hooks
        if hooks.after:
            request.add_response_callback(
                lambda request, response: self._run(request, hooks.run_after, response)
            )
        if hooks.teardown:
            request.add_finished_callback(
                lambda request: self._run(request, hooks.run_teardown, request.exception)
            )
        self._run(request, hooks.run_before)

    def _receiving(self, receiver: Registered) -> Callable[[Any], None]:
        return lambda event: self._run(event.request, receiver, event)

    def _run(self, request: Any, hooks: Callable[..., Script[Any]], *handed: Any) -> None:
        given: Given = request.given
        try:
            drive(hooks(*handed, self._ambient, given.own), given.perform)
        except Exception as error:
            note(self._scenario, given.own, error)
            raise


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Pyramid with signed-cookie sessions."""
    return MountedPyramid(scenario)


TARGET = Target(
    "pyramid_app",
    "Pyramid: hooks and views are handed the request; libraries find it in a thread-local",
    mount,
    means=frozenset(
        {
            Means.LOCAL,
            Means.REQUEST,
            Means.SESSION,
            Means.G,
            Means.HOOKS,
            Means.SIGNALS,
            Means.NESTED,
            Means.COPY,
            Means.STREAM,
        }
    ),
    speaks=frozenset({"wsgi"}),
    in_process=False,
    requires="frameworks",
    module="pyramid",
)

SUBJECT = row(
    "pyramid_app",
    "Pyramid pushes each request on a stack in a threading.local, pops it when the response is returned, and hands it "
    "on by argument as well.",
    Promise(isolates=frozenset({Unit.THREAD, Unit.GREENLET})),
    module="pyramid",
    source="pyramid.threadlocal",
)
