"""Mounts a scenario on aiohttp: the request is an argument, and a mapping of what goes with it."""

from functools import partial
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from harness.core.ports import GIVEN, Given
from harness.core.scenario import Scenario
from harness.core.steps import Script, drive_async
from harness.framework.calling import awaited
from harness.targets._answers import AwaitedChunks, is_streamed, note, viewing
from harness.targets._explicit import Explicit
from harness.targets._hooks import Hooks
from harness.targets._served import Served


class MountedAiohttp(Served):
    """A scenario's view at ``/`` of an aiohttp Application of its own, its hooks in a middleware."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._hooks = Hooks(scenario)

    def application(self) -> web.Application:
        """Return the application; the Given is expected in the request."""
        app = web.Application(middlewares=[self._hooking])
        app.router.add_get("/", self._view)
        return app

    def ambient(self, request: web.Request) -> Explicit:
        """Return what is offered to whoever was handed this request; ``g`` is kept in it."""
        values = kept(request, "locals", dict)
        return Explicit(request, values, g=kept(request, "g", SimpleNamespace))

    @web.middleware
    async def _hooking(self, request: web.Request, handler: Any) -> web.StreamResponse:
        script = self._hooked(request, partial(handler, request))
        return await drive_async(script, carried(request).perform)

    def _hooked(self, request: web.Request, answer: Any) -> Script[Any]:
        app, own, hooks = self.ambient(request), carried(request).own, self._hooks
        try:
            try:
                yield from hooks.run_before(app, own)
                response = yield from awaited(answer())
                return (yield from hooks.run_after(response, app, own))
            finally:
                yield from hooks.run_teardown(None, app, own)
        except ConnectionResetError:
            raise  # by a client that has gone
        except Exception as error:
            note(self._scenario, own, error)
            raise

    async def _view(self, request: web.Request) -> web.StreamResponse:
        here = carried(request)
        answer = await drive_async(viewing(self._scenario, self.ambient(request), here.own), here.perform)
        if not is_streamed(answer):
            return web.Response(text=answer)
        response = web.StreamResponse()
        pieces = AwaitedChunks(answer, here.perform)
        try:
            await response.prepare(request)
            async for piece in pieces:
                await response.write(piece)
        finally:
            await pieces.aclose()
        return response


def kept(request: web.Request, name: str, make: Any) -> Any:
    """Return what a request keeps under a name, made when first asked for."""
    if name not in request:
        request[name] = make()
    return request[name]


def carried(request: web.Request) -> Given:
    """Return the Given of the request that was handed on."""
    return request[GIVEN]  # type: ignore[no-any-return]
