"""A request's Given is found up its own unit's stack, whoever else is in the middle of a call, and nowhere else."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from harness.core.history import History, Probe
from harness.core.ports import GIVEN, Given
from harness.targets._truth import awaiting, calling, given, through_asgi, through_wsgi


def made(token: str) -> Given:
    return Given(Probe(History().record, token, token, "unit"), lambda step: None)


def token() -> str:
    return given().own.token


def test_without_a_request_nothing_is_found() -> None:
    with pytest.raises(LookupError, match="no request is being answered"):
        given()


def test_the_nearest_request_is_found_through_calls_and_generators_and_is_gone_after() -> None:
    def inner() -> Iterator[str]:
        yield token()
        yield calling(made("nested"), token)
        yield token()

    assert calling(made("outer"), lambda: list(inner())) == ["outer", "nested", "outer"]
    with pytest.raises(LookupError):
        given()


def test_threads_that_are_all_in_the_middle_of_a_request_find_their_own() -> None:
    everybody = threading.Barrier(8)
    found: dict[str, str] = {}

    def answer(name: str) -> None:
        everybody.wait(10)
        found[name] = token()
        everybody.wait(10)

    threads = [threading.Thread(target=calling, args=(made(f"r{n}"), answer, f"r{n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == {f"r{n}": f"r{n}" for n in range(8)}


def test_greenlets_on_one_thread_find_their_own_and_a_child_none() -> None:
    found: dict[str, Any] = {}

    def child() -> str:
        try:
            return token()
        except LookupError:
            return "none"

    def answer(name: str) -> None:
        gevent.sleep(0)
        started = gevent.spawn(child)
        gevent.sleep(0)
        found[name] = (token(), started.get())

    gevent.joinall(
        [gevent.spawn(calling, made(f"r{n}"), answer, f"r{n}") for n in range(8)], raise_error=True
    )
    assert found == {f"r{n}": (f"r{n}", "none") for n in range(8)}


async def handler(name: str, found: dict[str, Any]) -> None:
    async def deep() -> str:
        await asyncio.sleep(0)
        return token()

    async def child() -> str:
        await asyncio.sleep(0)
        try:
            return token()
        except LookupError:
            return "none"

    started = asyncio.create_task(child())
    found[name] = (await deep(), await started)


def test_tasks_on_one_loop_find_their_own_and_a_child_none() -> None:
    found: dict[str, Any] = {}

    async def main() -> None:
        await asyncio.gather(*(awaiting(made(f"r{n}"), handler, f"r{n}", found) for n in range(8)))

    asyncio.run(main())
    assert found == {f"r{n}": (f"r{n}", "none") for n in range(8)}


def test_a_body_is_made_and_closed_below_its_request_on_whichever_thread() -> None:
    seen: list[str] = []

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            yield token().encode()

        def close(self) -> None:
            seen.append(token())

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(token())
        return Pieces()

    body = through_wsgi(app, {GIVEN: made("r1")}, None)

    def elsewhere() -> None:
        seen.extend(piece.decode() for piece in body)
        body.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(10)
    assert seen == ["r1", "r1", "r1"]


def test_an_asgi_application_is_awaited_below_its_request() -> None:
    seen = SimpleNamespace()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        seen.token = token()

    asyncio.run(through_asgi(app, {GIVEN: made("r1")}, None, None))
    assert seen.token == "r1"
