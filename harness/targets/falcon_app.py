"""The target ``falcon_app``: Falcon, which hands request and response to everything by argument, on WSGI and ASGI."""

from collections.abc import Iterable
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from harness.core.ports import GIVEN, Given, Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.core.steps import Script, drive, drive_async
from harness.targets._answers import ERROR, AwaitedChunks, chunks, is_streamed, note, viewing
from harness.targets._explicit import Explicit
from harness.targets._hooks import Hooks
from harness.targets._rows import row
from harness.targets._served import Served
from localimpl import Promise, Subject, Unit


class MountedFalcon(Served):
    """A scenario's view at ``/`` of a falcon.App, or of a falcon.asgi.App, of its own."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.hooks = Hooks(scenario)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI server; the Given is expected in the environ."""
        return self._wsgi(environ, start_response)  # type: ignore[no-any-return]

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer an ASGI server; the Given is expected in the scope."""
        await self._asgi(scope, receive, send)

    @cached_property
    def _wsgi(self) -> Any:
        import falcon

        return self._filled(falcon.App(middleware=[Blocking(self)]), Blocking(self), refuse)

    @cached_property
    def _asgi(self) -> Any:
        import falcon.asgi

        return self._filled(falcon.asgi.App(middleware=[Awaiting(self)]), Awaiting(self), refuse_awaited)

    def _filled(self, app: Any, resource: Any, handler: Any) -> Any:
        app.add_route("/", resource)
        if self.scenario.status == ERROR:
            app.add_error_handler(Exception, handler)  # the one that comes with it logs a traceback for each
        return app

    def viewing(self, request: Any) -> Script[Any]:
        """Run the view for the request that was handed on."""
        return viewing(self.scenario, ambient(request), carried(request).own)

    def before(self, request: Any) -> Script[None]:
        """Run the hooks before a view."""
        yield from self._noting(request, self.hooks.run_before(ambient(request), carried(request).own))

    def after(self, request: Any, response: Any) -> Script[None]:
        """Run the hooks after a view, however it ended: Falcon has one place for both."""
        app, own = ambient(request), carried(request).own
        try:
            yield from self._noting(request, self.hooks.run_after(response, app, own))
        finally:
            yield from self._noting(request, self.hooks.run_teardown(None, app, own))

    def _noting(self, request: Any, script: Script[Any]) -> Script[None]:
        try:
            yield from script
        except Exception as error:
            note(self.scenario, carried(request).own, error)
            raise


class Blocking:
    """Resource and middleware in their plain colour."""

    def __init__(self, mounted: MountedFalcon) -> None:
        self._mounted = mounted

    def on_get(self, request: Any, response: Any) -> None:
        """Answer with the view."""
        perform = carried(request).perform
        answer = drive(self._mounted.viewing(request), perform)
        if is_streamed(answer):
            response.stream = chunks(answer, perform)
        else:
            response.text = answer

    def process_request(self, request: Any, response: Any) -> None:
        """Run the hooks before a view."""
        drive(self._mounted.before(request), carried(request).perform)

    def process_response(self, request: Any, response: Any, resource: Any, succeeded: bool) -> None:
        """Run the hooks after a view."""
        drive(self._mounted.after(request, response), carried(request).perform)


class Awaiting:
    """Resource and middleware as coroutines."""

    def __init__(self, mounted: MountedFalcon) -> None:
        self._mounted = mounted

    async def on_get(self, request: Any, response: Any) -> None:
        """Answer with the view."""
        perform = carried(request).perform
        answer = await drive_async(self._mounted.viewing(request), perform)
        if is_streamed(answer):
            response.stream = AwaitedChunks(answer, perform)
        else:
            response.text = answer

    async def process_request(self, request: Any, response: Any) -> None:
        """Run the hooks before a view."""
        await drive_async(self._mounted.before(request), carried(request).perform)

    async def process_response(self, request: Any, response: Any, resource: Any, succeeded: bool) -> None:
        """Run the hooks after a view."""
        await drive_async(self._mounted.after(request, response), carried(request).perform)


class Headers:
    """Looks a header up as Falcon does, whatever its capitals."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __getitem__(self, name: str) -> str:
        found = self._request.get_header(name)
        if found is None:
            raise LookupError(name)
        return str(found)


def ambient(request: Any) -> Explicit:
    """Return what is offered to whoever was handed this request; ``g`` is its ``context``."""
    values = request.context.setdefault("locals", {})
    return Explicit(SimpleNamespace(headers=Headers(request)), values, g=request.context)


def carried(request: Any) -> Given:
    """Return the Given of the request that was handed on."""
    carrier = request.env if hasattr(request, "env") else request.scope
    return carrier[GIVEN]  # type: ignore[no-any-return]


def refuse(request: Any, response: Any, error: Exception, params: Any) -> None:
    """Answer 500."""
    response.status = ERROR


async def refuse_awaited(request: Any, response: Any, error: Exception, params: Any) -> None:
    """Answer 500."""
    response.status = ERROR


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    """Mount a scenario on a Falcon of its own."""
    return MountedFalcon(scenario)


TARGET = Target(
    "falcon_app",
    "Falcon: request and response are arguments everywhere",
    mount,
    means=frozenset({Means.LOCAL, Means.REQUEST, Means.G, Means.HOOKS, Means.COPY, Means.STREAM}),
    speaks=frozenset({"wsgi", "asgi"}),
    in_process=False,
    requires="frameworks",
    module="falcon",
)

SUBJECT = row(
    "falcon_app",
    "Falcon hands the request on by argument, with a `context` of its own, and keeps nothing by ambience.",
    Promise(isolates=frozenset(Unit)),
    module="falcon",
    source="falcon.Request.context",
)
