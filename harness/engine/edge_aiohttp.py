"""The application that aiohttp's server runs: the same edge, as an aiohttp Application with scenarios below it."""

from typing import Any

from aiohttp import web

from harness.core.ports import GIVEN
from harness.engine.edge import CONTROL, Edge
from harness.engine.visits import ERROR, Visit

MARKS = ("X-Ctxstress-Request", "X-Ctxstress-Token", "X-Ctxstress-User", "X-Ctxstress-Seed")


class AiohttpEdge(Edge):
    """Mounts each scenario's own Application below its name, behind a middleware that records each marked request."""

    def application(self) -> web.Application:
        """Return the application; what is mounted must have an ``application()`` to put below it."""
        top = web.Application(middlewares=[self._recorded])
        for name, site in self._sites.items():
            part: Any = site.mounted
            top.add_subapp(f"/{name}", part.application())
        top.router.add_route("*", f"/{{name:{CONTROL}}}{{rest:/.*}}", self._controlled)
        return top

    async def _controlled(self, request: web.Request) -> web.Response:
        status, body = self._control(request.match_info["name"], request.match_info["rest"])
        return web.Response(status=int(status[:3]), body=body, content_type="text/plain")

    @web.middleware
    async def _recorded(self, request: web.Request, handler: Any) -> web.StreamResponse:
        site = self._sites.get(request.path.split("/")[1])
        if site is None:
            return await handler(request)  # type: ignore[no-any-return]
        visit = self._visit(site, *(request.headers.get(mark, "") for mark in MARKS))
        request[GIVEN] = visit.given()
        if not self._checked:
            return await handler(request)  # type: ignore[no-any-return]
        visit.enter()
        try:
            return await self._sent(request, handler, visit)
        except BaseException:
            visit.own.cancelled()
            raise
        finally:
            visit.end()

    async def _sent(self, request: web.Request, handler: Any, visit: Visit) -> web.StreamResponse:
        """Return the answer once it is sent: the server, which would send it, does so when this middleware is left."""
        response: web.StreamResponse | None = None
        try:
            response = await handler(request)
            assert response is not None
            await response.prepare(request)
            await response.write_eof()
        except Exception as error:
            if _has_gone(request):
                visit.own.cancelled()
            else:
                visit.fail(error)
                response = web.Response(status=ERROR, text=f"{error} ({type(error).__name__})")
                await response.prepare(request)
                await response.write_eof()
        return response if response is not None else web.Response()


def _has_gone(request: web.Request) -> bool:
    """Tell whether the client has closed the connection."""
    transport = request.transport
    return transport is None or transport.is_closing()
