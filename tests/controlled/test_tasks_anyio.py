"""anyio, and Starlette on top of it, under control: also its worker threads, which are units like asyncio's own."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from harness.core.control import Work
from harness.core.execution import Fate
from tests.controlled.task_schedules import calls, in_turns, outcomes, schedules

anyio = pytest.importorskip("anyio", reason="comes with the extra `frameworks`")
pytest.importorskip("anyio.to_thread")
applications = pytest.importorskip("starlette.applications", reason="comes with the extra `frameworks`")
base = pytest.importorskip("starlette.middleware.base")
responses = pytest.importorskip("starlette.responses")
routing = pytest.importorskip("starlette.routing")

USER: ContextVar[str] = ContextVar("user", default="nobody")


def test_a_cancelled_scope_cancels_who_is_late() -> None:
    async def races() -> tuple[list[int], bool]:
        done: list[int] = []

        async def sleeper(delay: int) -> None:
            await anyio.sleep(delay)
            done.append(delay)

        with anyio.move_on_after(3) as scope:
            async with anyio.create_task_group() as group:
                for delay in (1, 2, 5):
                    group.start_soon(sleeper, delay)
        return done, scope.cancelled_caught

    assert in_turns(calls(races)).results[0] == ([1, 2], True)
    assert {each.fate for each in schedules(calls(races), bound=1)} == {Fate.DONE}


def test_a_function_on_a_thread_of_anyio_is_a_unit() -> None:
    original = anyio.to_thread.run_sync

    async def offloads() -> Any:
        USER.set("r1")
        return await anyio.to_thread.run_sync(lambda: (threading.current_thread().name, USER.get()))

    found = list(schedules(calls(offloads, offloads), bound=1))
    assert {each.results[0] for each in found} == {("asyncio_0", "r1")}
    assert {frozenset(each.names) for each in found} == {frozenset({"r1", "r2", "r1/thread", "r2/thread"})}
    assert anyio.to_thread.run_sync is original


def test_anyio_has_its_own_threads_again_when_the_host_is_closed() -> None:
    async def offloads() -> Any:
        return await anyio.to_thread.run_sync(lambda: threading.current_thread().name)

    assert asyncio.run(offloads()) == "AnyIO worker thread"


class Naming(base.BaseHTTPMiddleware):  # type: ignore[misc,name-defined]
    """Sets who asks, round the view."""

    async def dispatch(self, request: Any, call_next: Any) -> Any:
        USER.set(request.query_params["user"])
        return await call_next(request)


def answers(request: Any) -> Any:
    return responses.PlainTextResponse(USER.get())


async def ask(app: Any, user: str) -> str:
    body: list[bytes] = []
    received: list[int] = []

    async def receive() -> dict[str, Any]:
        if received:
            await asyncio.Event().wait()
        received.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        body.append(message.get("body", b""))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": f"user={user}".encode(),
        "headers": [],
    }
    await app(scope, receive, send)
    return b"".join(body).decode()


@pytest.mark.parametrize("users", [("alice", "bob")])
def test_an_app_with_middleware_and_a_view_on_a_thread(users: tuple[str, str]) -> None:
    app = applications.Starlette(routes=[routing.Route("/", answers)])
    app.add_middleware(Naming)
    one, other = users
    works = [Work("r1", lambda: ask(app, one)), Work("r2", lambda: ask(app, other))]
    found = outcomes(lambda: works, bound=0)
    assert set(found) == {users}
    assert found.total() > 10
