"""The target ``bottle_app``: Bottle, whose ``request`` is one object for all, its environ in a ``threading.local``."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.core.steps import Script, drive
from harness.targets._answers import ERROR, chunks, is_streamed, note, viewing
from harness.targets._held import HeldLocal
from harness.targets._hooks import Hooks
from harness.targets._rows import row
from harness.targets._served import Served
from harness.targets._truth import given, through_wsgi
from localimpl import Promise, Subject, Unit


class Ambience:
    """What Bottle offers by ambience: ``bottle.request``, and what a view keeps in its environ."""

    def __init__(self, request: Any) -> None:
        self.request = request
        self.local = HeldLocal(lambda: request.environ.setdefault("ctxstress.locals", {}))

    @property
    def g(self) -> Any:
        """A namespace in the environ, since an attribute of Bottle's request can be set but once."""
        return self.request.environ.setdefault("ctxstress.g", SimpleNamespace())

    def stream_with_context(self, body: Script[Any]) -> Script[Any]:
        """Return the body as it is: the request stays bound to its thread until the next one comes."""
        return body


class MountedBottle(Served):
    """A scenario's view at ``/`` of a Bottle of its own.

    Bottle keeps a thread's last request bound until the next, which binds its own before anything else runs. That is
    by design and no request can see it, so it is not told as a leftover.
    """

    def __init__(self, scenario: Scenario) -> None:
        import bottle  # type: ignore[import-untyped]

        self._scenario = scenario
        self._ambient: Any = Ambience(bottle.request)
        self._response = bottle.response
        self._hooks = Hooks(scenario)
        self.bottle = app = bottle.Bottle()
        app.route("/", callback=self._view)
        app.add_hook("before_request", self._before)
        app.add_hook("after_request", self._after)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI server; the Given is expected in the environ."""
        if self._scenario.status == ERROR:
            environ["wsgi.errors"] = Silence()
        return through_wsgi(self.bottle, environ, start_response)

    def _view(self) -> Any:
        here = given()
        answer = drive(viewing(self._scenario, self._ambient, here.own), here.perform)
        return chunks(answer, here.perform) if is_streamed(answer) else answer

    def _before(self) -> None:
        self._run(self._hooks.run_before)

    def _after(self) -> None:
        # Called whatever became of the view: the end of a request has no other hook.
        try:
            self._run(self._hooks.run_after, self._response)
        finally:
            self._run(self._hooks.run_teardown, None)

    def _run(self, hooks: Callable[..., Script[Any]], *handed: Any) -> None:
        here = given()
        try:
            drive(hooks(*handed, self._ambient, here.own), here.perform)
        except Exception as error:
            note(self._scenario, here.own, error)
            raise


class Silence:
    """Takes the tracebacks of a flood of errors that are wanted."""

    def write(self, text: str) -> None: ...
    def flush(self) -> None: ...


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Bottle of its own."""
    return MountedBottle(scenario)


TARGET = Target(
    "bottle_app",
    "Bottle: views find the request in a thread-local",
    mount,
    means=frozenset({Means.LOCAL, Means.REQUEST, Means.G, Means.HOOKS, Means.STREAM}),
    speaks=frozenset({"wsgi"}),
    in_process=False,
    requires="frameworks",
    module="bottle",
)

SUBJECT = row(
    "bottle_app",
    "Bottle binds each request's environ to its thread in a threading.local, and leaves the last one bound.",
    Promise(isolates=frozenset({Unit.THREAD, Unit.GREENLET})),
    module="bottle",
    source="bottle.LocalRequest",
)
