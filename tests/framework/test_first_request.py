"""Before-first-request functions run once in the process, before any view, on whatever units requests come."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from werkzeug.test import Client, create_environ

from harness.core.steps import PAUSE, Script, drive, drive_async
from harness.framework import App
from harness.framework.performers import on_this_task, on_this_thread

PARTIES = 16


def prepare(app: App) -> SimpleNamespace:
    """Count the calls, and the views that ran before the functions had finished."""
    seen = SimpleNamespace(calls=0, finished=False, too_early=0)

    @app.before_first_request
    def first() -> Script[None]:
        seen.calls += 1
        for _ in range(20):
            yield PAUSE
        seen.finished = True

    @app.route("/")
    def index() -> str:
        seen.too_early += not seen.finished
        return "done"

    return seen


def test_once_on_many_threads(app: App) -> None:
    seen = prepare(app)
    start = threading.Barrier(PARTIES)
    answers: list[int] = []

    def send() -> None:
        start.wait()
        answers.append(drive(app.respond(create_environ("/")), on_this_thread).status_code)

    threads = [threading.Thread(target=send) for _ in range(PARTIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * PARTIES
    assert (seen.calls, seen.too_early) == (1, 0)


def test_once_on_many_tasks_of_one_thread(app: App) -> None:
    seen = prepare(app)

    async def send_all() -> None:
        await asyncio.gather(
            *(drive_async(app.respond(create_environ("/")), on_this_task) for _ in range(PARTIES))
        )

    asyncio.run(send_all())
    assert (seen.calls, seen.too_early) == (1, 0)


def test_again_after_a_failure(app: App, client: Client) -> None:
    calls: list[str] = []

    @app.before_first_request
    def first() -> None:
        calls.append("")
        if len(calls) == 1:
            raise OSError("not up yet")

    app.add_url_rule("/", "index", lambda: "done")
    assert [client.get("/").status_code for _ in range(3)] == [500, 200, 200]
    assert len(calls) == 2


def test_again_after_the_request_that_began_was_cut_short(app: App) -> None:
    seen = prepare(app)
    script = app.respond(create_environ("/"))
    next(script)
    script.close()
    assert drive(app.respond(create_environ("/")), lambda step: None).status_code == 200
    assert (seen.calls, seen.too_early) == (2, 0)


@pytest.mark.parametrize("requests", [1, 3])
def test_pauses_of_others_are_none_once_it_is_over(app: App, requests: int) -> None:
    prepare(app)
    steps: list[object] = []
    for _ in range(requests):
        drive(app.respond(create_environ("/")), steps.append)
    assert steps == [PAUSE] * 20
