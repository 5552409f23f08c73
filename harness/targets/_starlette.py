"""Mounts scenarios on Starlette: the request goes by argument, and ``request.state`` wherever its scope goes."""

from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTasks
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.core.ports import GIVEN, Given
from harness.core.scenario import Scenario
from harness.core.steps import Script, drive_async
from harness.targets._answers import ERROR, AwaitedChunks, is_streamed, note, viewing
from harness.targets._explicit import Explicit
from harness.targets._hooks import Hooks
from harness.targets._served import Served


class Handed(Explicit):
    """What is offered to whoever was handed this request; ``g`` is its ``state``."""

    __slots__ = ("_tasks",)

    def __init__(self, request: Request, tasks: BackgroundTasks) -> None:
        values = request.scope.setdefault("state", {}).setdefault("locals", {})
        super().__init__(request, values, g=request.state, session=request.session)
        self._tasks = tasks

    def add_background_task(self, work: Script[Any]) -> None:
        """Add to what runs, on the request's own task, once the answer is sent."""
        self._tasks.add_task(drive_async, work, carried(self.request).perform)


class MountedStarlette(Served):
    """A scenario's view at ``/`` of a Starlette of its own, its hooks in a middleware that is plain ASGI."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.hooks = Hooks(scenario)
        self._app = self._made()

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer an ASGI server; the Given is expected in the scope."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            pass  # the answer is not complete, which says it
        except Exception:
            # Answered by now; Starlette raises each again for the server's log, which a flood would only fill.
            if self.scenario.status != ERROR:
                raise

    def _made(self) -> Any:
        return Starlette(
            routes=[Route("/", self._view)],
            middleware=[Middleware(SessionMiddleware, secret_key="ctxstress"), self._hooking()],
        )

    def _hooking(self) -> Middleware:
        return Middleware(Plain, mounted=self)

    def ambient(self, request: Request) -> Handed:
        """Return what hooks are offered: what they have done after the answer, nobody asks."""
        return Handed(request, BackgroundTasks())

    async def _view(self, request: Request) -> Response:
        tasks = BackgroundTasks()
        perform = carried(request).perform
        app = Handed(request, tasks)
        answer = await drive_async(viewing(self.scenario, app, carried(request).own), perform)
        if is_streamed(answer):
            return StreamingResponse(AwaitedChunks(answer, perform), background=tasks)
        return PlainTextResponse(answer, background=tasks)

    def before(self, request: Request) -> Script[None]:
        """Run the hooks before a view."""
        return self.noting(request, self.hooks.run_before(self.ambient(request), carried(request).own))

    def after(self, request: Request, response: Any) -> Script[Any]:
        """Run the hooks that see the response."""
        return self.noting(
            request, self.hooks.run_after(response, self.ambient(request), carried(request).own)
        )

    def teardown(self, request: Request, error: BaseException | None = None) -> Script[None]:
        """Run the hooks of the request's end."""
        return self.noting(
            request, self.hooks.run_teardown(error, self.ambient(request), carried(request).own)
        )

    def noting(self, request: Request, script: Script[Any]) -> Script[Any]:
        """Run hooks and record an error that the scenario does not expect."""
        try:
            return (yield from script)
        except Exception as error:
            note(self.scenario, carried(request).own, error)
            raise


class MountedBaseHttp(MountedStarlette):
    """The same with the hooks in a BaseHTTPMiddleware, which runs what is inside it on a task of its own."""

    def _hooking(self) -> Middleware:
        return Middleware(BaseHTTPMiddleware, dispatch=self._dispatch)

    async def _dispatch(self, request: Request, call_next: Any) -> Response:
        perform = carried(request).perform
        try:
            await drive_async(self.before(request), perform)
            response = await call_next(request)
            return await drive_async(self.after(request, response), perform)
        finally:
            await drive_async(self.teardown(request), perform)


class Passing:
    """Plain ASGI middleware that runs the hooks which see the response, when the head of the answer passes."""

    def __init__(self, app: Any, mounted: MountedStarlette) -> None:
        self._app = app
        self._mounted = mounted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on."""

        async def passing(message: Any) -> None:
            if message["type"] == "http.response.start":
                await drive_async(self._mounted.after(Request(scope), message), scope[GIVEN].perform)
            await send(message)

        await self._app(scope, receive, passing)


class Plain(Passing):
    """Runs all hooks; the last of them before the head is sent, since later none could change the answer by raising."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on."""
        mounted, request, perform = self._mounted, Request(scope), scope[GIVEN].perform
        ended = False

        async def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                await drive_async(mounted.teardown(request), perform)

        async def passing(message: Any) -> None:
            if message["type"] == "http.response.start":
                await end()
            await send(message)

        try:
            await drive_async(mounted.before(request), perform)
            await super().__call__(scope, receive, passing)
        finally:
            await end()


def carried(request: Request) -> Given:
    """Return the Given of the request that was handed on."""
    return request.scope[GIVEN]  # type: ignore[no-any-return]
