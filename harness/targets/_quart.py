"""Mounts a scenario on Quart: its proxies, contexts, hooks and signals are what views and hooks are given."""

import asyncio
from collections.abc import Callable, Iterator
from contextvars import copy_context
from functools import partial
from typing import Any

import quart

from harness.core.ports import GIVEN, Given
from harness.core.scenario import Scenario
from harness.core.steps import Script, drive_async
from harness.targets._answers import ERROR, AwaitedChunks, note, viewing
from harness.targets._held import HeldLocal
from harness.targets._hooks import Hooks, Registered
from harness.targets._served import Served
from harness.targets._truth import awaiting, given

BACKGROUND = "background"
"""The key in a Given's extra of the ends of what a request does in the background."""


class HandingQuart(quart.Quart):
    """A Quart that leaves word, up the stack of the task that it answers a request on, of what that was given."""

    async def handle_request(self, request: quart.Request) -> Any:
        """Answer; the request is an argument here, and its scope has what is given."""
        scope: Any = request.scope
        return await awaiting(scope[GIVEN], super().handle_request, request)


class Ambience:
    """What Quart offers by ambience; one object for all requests, since each look-up finds the current one's."""

    request = quart.request
    session = quart.session
    g = quart.g

    def __init__(self, app: quart.Quart) -> None:
        self._app = app
        self.local = HeldLocal(lambda: quart.g.setdefault("locals", {}))

    def copy_current_request_context(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Bind a plain function as ``quart.utils.run_sync`` does; Quart's own of this name makes a coroutine of it."""
        return partial(copy_context().run, function)

    def stream_with_context(self, body: Script[Any]) -> Any:
        """Return an asynchronous body, the only one that Quart keeps a request's context for."""
        pieces = AwaitedChunks(body, given().perform)
        return quart.stream_with_context(lambda: pieces)()

    def add_background_task(self, work: Script[Any]) -> None:
        """Have Quart make a task for it, which begins at once and outlives the request."""
        here = given()
        over = asyncio.Event()
        here.extra.setdefault(BACKGROUND, []).append(over)

        async def run() -> None:
            try:
                await drive_async(work, here.perform)
            except Exception as error:
                here.own.failed(error)
            finally:
                over.set()

        self._app.add_background_task(run)


class MountedQuart(Served):
    """A scenario's view at ``/`` of a Quart of its own."""

    def __init__(self, scenario: Scenario) -> None:
        self.quart = app = HandingQuart(__name__, static_folder=None)
        self._scenario = scenario
        self._ambient: Any = Ambience(app)
        app.secret_key = "ctxstress"
        app.logger.disabled = scenario.status == ERROR  # a flood of errors that are wanted
        app.add_url_rule("/", scenario.name, self._view)
        hooks = Hooks(scenario)
        for hook in hooks.before:
            app.before_request(self._called(hook))
        for hook in hooks.after:
            app.after_request(self._called(hook))
        for hook in hooks.teardown:
            app.teardown_request(self._called(hook))
        for receiver in hooks.started:
            quart.request_started.connect(self._called(receiver), app, weak=False)
        for receiver in hooks.finished:
            quart.request_finished.connect(self._called(receiver), app, weak=False)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer an ASGI server; the Given is expected in the scope.

        Quart runs the rest of a request on tasks of its own. The request is over when the last of them is.
        """
        await self.quart(scope, receive, send)
        here: Given = scope[GIVEN]
        for over in here.extra.get(BACKGROUND, ()):
            await over.wait()

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield what is still current on this unit; outside a request that is no context, and so no ``g``."""
        if quart.has_app_context():
            yield "app context", repr({name: quart.g.get(name) for name in quart.g})
        if quart.has_request_context():
            yield "request context", repr(quart.request)

    async def _view(self) -> Any:
        here = given()
        return await drive_async(viewing(self._scenario, self._ambient, here.own), here.perform)

    def _called(self, hook: Registered) -> Callable[..., Any]:
        async def run(*handed: Any, **facts: Any) -> Any:
            here = given()
            try:
                return await drive_async(hook(*handed, self._ambient, here.own, **facts), here.perform)
            except Exception as error:
                note(self._scenario, here.own, error)
                raise

        return run
