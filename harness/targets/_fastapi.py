"""Mounts scenarios on FastAPI: hooks round a view are dependencies, of either colour, as the view is."""

from collections.abc import AsyncIterator, Iterator
from inspect import iscoroutinefunction
from typing import Any

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from harness.core.steps import Script, drive, drive_async
from harness.targets._answers import AwaitedChunks, chunks, is_streamed, viewing
from harness.targets._starlette import Handed, MountedStarlette, Passing, carried
from harness.units.thread import ThreadSteps


class MountedFastApi(MountedStarlette):
    """A scenario's view at ``/`` of a FastAPI of its own, with ``async def`` view and dependencies."""

    def _made(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        # The innermost is added first. A dependency can change an answer, but see none: middleware does.
        app.add_middleware(Passing, mounted=self)
        app.add_middleware(SessionMiddleware, secret_key="ctxstress")
        # Of this scope it ends before the answer is sent, and can still fail the request.
        hooks = Depends(self._dependency(), scope="function")
        app.add_api_route("/", self._endpoint(), dependencies=[hooks], response_model=None)
        return app

    def _dependency(self) -> Any:
        return self._depending

    def _endpoint(self) -> Any:
        return self._awaiting

    async def _depending(self, request: Request) -> AsyncIterator[None]:
        perform = carried(request).perform
        await drive_async(self.before(request), perform)
        try:
            yield
        except Exception as error:
            await drive_async(self.teardown(request, error), perform)
            raise
        else:
            await drive_async(self.teardown(request), perform)

    async def _awaiting(self, request: Request, tasks: BackgroundTasks) -> Response:
        here = carried(request)
        answer = await drive_async(viewing(self.scenario, Handed(request, tasks), here.own), here.perform)
        if is_streamed(answer):
            return StreamingResponse(AwaitedChunks(answer, here.perform))
        return PlainTextResponse(answer)


class MountedFastApiSync(MountedFastApi):
    """The same with ``def`` view and dependencies, each called on a pooled thread in a copy of the task's context.

    A scenario whose view is ``async def`` keeps its colour: it is what a ``def`` dependency is often put before.
    """

    def _dependency(self) -> Any:
        return self._depending_on_thread

    def _endpoint(self) -> Any:
        return self._awaiting if iscoroutinefunction(self.scenario.view) else self._on_thread

    def _depending_on_thread(self, request: Request) -> Iterator[None]:
        perform = threaded(request)
        drive(self.before(request), perform)
        try:
            yield
        except Exception as error:
            drive(self.teardown(request, error), perform)
            raise
        else:
            drive(self.teardown(request), perform)

    def _on_thread(self, request: Request, tasks: BackgroundTasks) -> Response:
        perform = threaded(request)
        answer = drive(viewing(self.scenario, HandedToThread(request, tasks), carried(request).own), perform)
        if is_streamed(answer):
            return StreamingResponse(chunks(answer, perform))
        return PlainTextResponse(answer)


class HandedToThread(Handed):
    """What is offered to a ``def`` view."""

    __slots__ = ()

    def add_background_task(self, work: Script[Any]) -> None:
        """Add a plain function to what runs, each on a pooled thread, once the answer is sent."""
        self._tasks.add_task(drive, work, threaded(self.request))


def threaded(request: Request) -> ThreadSteps:
    """Return what performs the steps of the request's part on a pooled thread."""
    return carried(request).perform.handed_to(ThreadSteps)  # type: ignore[no-any-return, union-attr]
