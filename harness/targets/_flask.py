"""Mounts a scenario on Flask: its proxies, contexts, hooks and signals are what views and hooks are given."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import flask

from harness.core.scenario import Scenario
from harness.core.steps import drive
from harness.targets._answers import ERROR, chunks, is_streamed, note, viewing
from harness.targets._held import HeldLocal
from harness.targets._hooks import Hooks, Registered
from harness.targets._served import Served
from harness.targets._truth import given, through_wsgi


class Ambience:
    """What Flask offers by ambience; one object for all requests, since each look-up finds the current one's."""

    request = flask.request
    session = flask.session
    g = flask.g
    copy_current_request_context = staticmethod(flask.copy_current_request_context)
    stream_with_context = staticmethod(flask.stream_with_context)

    def __init__(self, app: flask.Flask) -> None:
        self.app_context = app.app_context
        self.local = HeldLocal(lambda: flask.g.setdefault("locals", {}))


class MountedFlask(Served):
    """A scenario's view at ``/`` of a Flask of its own; ``configure`` adds the extension of a row, if any."""

    def __init__(self, scenario: Scenario, configure: Callable[[flask.Flask], Any] | None = None) -> None:
        self.flask = app = flask.Flask(__name__, static_folder=None)
        self._scenario = scenario
        self._ambient: Any = Ambience(app)
        app.secret_key = "ctxstress"
        app.logger.disabled = scenario.status == ERROR  # a flood of errors that are wanted
        if configure is not None:
            configure(app)
        app.add_url_rule("/", scenario.name, self._view)
        hooks = Hooks(scenario)
        for hook in hooks.before:
            app.before_request(self._called(hook))
        for hook in hooks.after:
            app.after_request(self._called(hook))
        for hook in hooks.teardown:
            app.teardown_request(self._called(hook))
        for receiver in hooks.started:
            flask.request_started.connect(self._called(receiver), app, weak=False)
        for receiver in hooks.finished:
            flask.request_finished.connect(self._called(receiver), app, weak=False)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI server; the Given is expected in the environ."""
        return through_wsgi(self.flask, environ, start_response)

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield what is still current on this unit; outside a request that is no context, and so no ``g``."""
        if flask.has_app_context():
            yield "app context", repr({name: flask.g.get(name) for name in flask.g})
        if flask.has_request_context():
            yield "request context", repr(flask.request)

    def _view(self) -> Any:
        here = given()
        answer = drive(viewing(self._scenario, self._ambient, here.own), here.perform)
        return flask.Response(chunks(answer, here.perform)) if is_streamed(answer) else answer

    def _called(self, hook: Registered) -> Callable[..., Any]:
        def run(*handed: Any, **facts: Any) -> Any:
            here = given()
            try:
                return drive(hook(*handed, self._ambient, here.own, **facts), here.perform)
            except Exception as error:
                note(self._scenario, here.own, error)
                raise

        return run
