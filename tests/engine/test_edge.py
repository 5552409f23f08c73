"""The edge by itself: routing, stamps in their order, failures, and labels that no recycled ident confuses."""

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import gevent
import greenlet
import pytest

from harness.core.history import History, Probe
from harness.core.ports import GIVEN, Answer, Given
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Script
from harness.engine.edge import Edge
from harness.engine.visits import Site
from harness.inside.unit_labels import UnitLabels
from harness.units.task import TaskSteps
from harness.units.thread import ThreadSteps
from localimpl import Unit


class Pauses:
    """A gate that remembers whose pauses it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def ticks(self, seed: int, nth: int) -> Iterable[None]:
        self.asked.append((seed, nth))
        return ()


class App:
    """A mounted scenario whose behaviour each test sets."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.held: list[tuple[str, str]] = []
        self.error: BaseException | None = None
        self.pieces: Any = [b"piece"]

    def exchange(self, order: Any, cookies: Any, own: Probe) -> Script[Answer]:
        raise NotImplementedError

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.environ = environ
        given: Given = environ[GIVEN]
        given.perform(PAUSE)
        given.own.wrote("name")
        start_response("200 OK", [])
        if self.error is not None:
            raise self.error
        pieces: Iterable[bytes] = self.pieces
        return pieces

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        self.environ = scope
        given: Given = scope[GIVEN]
        await given.perform(PAUSE)
        given.own.wrote("name")
        if self.error is not None:
            raise self.error
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self.pieces:
            await send({"type": "http.response.body"})

    def leftovers(self) -> Iterator[tuple[str, str]]:
        yield from self.held


class Bench:
    """An edge over one app, with what was answered."""

    def __init__(self, unit: Unit = Unit.THREAD, *, status: int = 200, checked: bool = True) -> None:
        self.app = App()
        self.gate = Pauses()
        scenario = Scenario("shown", "a claim", view=print, status=status)
        steps = {Unit.THREAD: ThreadSteps, Unit.TASK: TaskSteps}[unit]
        self.site = Site(scenario, self.app, lambda: steps(self.gate))
        self.edge = Edge([self.site], UnitLabels(unit), checked=checked)
        self.statuses: list[str] = []
        self.sent: list[Any] = []

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> None:
        self.statuses.append(status)

    def wsgi(self, path: str = "/shown/", *, marked: bool = True) -> Iterable[bytes]:
        environ = {"PATH_INFO": path}
        if marked:
            environ |= {
                "HTTP_X_CTXSTRESS_REQUEST": "r1",
                "HTTP_X_CTXSTRESS_TOKEN": "r1-ff",
                "HTTP_X_CTXSTRESS_USER": "user1",
                "HTTP_X_CTXSTRESS_SEED": "42",
            }
        return self.edge.wsgi(environ, self.start_response)

    def get(self, path: str = "/shown/", *, marked: bool = True) -> bytes:
        answer = self.wsgi(path, marked=marked)
        try:
            return b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def asgi(self, path: str = "/shown/") -> bytes:
        headers = [
            (b"x-ctxstress-request", b"r1"),
            (b"x-ctxstress-token", b"r1-ff"),
            (b"x-ctxstress-user", b"user1"),
            (b"x-ctxstress-seed", b"42"),
        ]

        async def send(message: Any) -> None:
            self.sent.append(message)

        async def receive() -> Any:
            raise AssertionError("nobody asks")

        asyncio.run(self.edge.asgi({"type": "http", "path": path, "headers": headers}, receive, send))
        return b"".join(message.get("body", b"") for message in self.sent)

    def kinds(self) -> list[str]:
        return [event.kind.name for event in self.history()]

    def history(self) -> History:
        return History(self.site.rows)


def test_the_app_sees_the_rest_of_the_path() -> None:
    bench = Bench()
    bench.get("/shown/some/where")
    assert (bench.app.environ["SCRIPT_NAME"], bench.app.environ["PATH_INFO"]) == ("/shown", "/some/where")
    bench.get("/shown")
    assert bench.app.environ["PATH_INFO"] == "/"


def test_the_app_sees_the_rest_of_the_path_on_a_task() -> None:
    bench = Bench(Unit.TASK)
    bench.asgi("/shown/some/where")
    assert (bench.app.environ["path"], bench.app.environ["raw_path"]) == ("/some/where", b"/some/where")


@pytest.mark.parametrize("path", ["/", "/other/", "/-/", "/-/history/other"])
def test_an_unknown_path_names_what_there_is(path: str) -> None:
    bench = Bench()
    assert bench.get(path) == b"nothing is here; scenarios: shown"
    assert bench.statuses == ["404 Not Found"]
    assert Bench(Unit.TASK).asgi(path) == b"nothing is here; scenarios: shown"


def test_is_ready() -> None:
    assert Bench().get("/-/ready") == b"ready"
    assert Bench(Unit.TASK).asgi("/-/ready") == b"ready"


def test_a_request_is_stamped_around_all_that_the_app_does() -> None:
    bench = Bench()
    bench.app.held = [("name", "left over")]
    bench.get()
    assert bench.kinds() == ["ENTER", "WROTE", "RESIDUE", "LEAVE"]
    assert {(event.request, event.unit) for event in bench.history()} == {("r1", "thread-0")}
    assert next(iter(bench.history())).value == "r1-ff"


def test_a_request_is_stamped_around_all_that_the_app_does_on_a_task() -> None:
    bench = Bench(Unit.TASK)
    bench.app.held = [("name", "left over")]
    assert bench.asgi() == b"piece"
    assert bench.kinds() == ["ENTER", "WROTE", "RESIDUE", "LEAVE"]
    assert {(event.request, event.unit) for event in bench.history()} == {("r1", "task-0")}


def test_a_request_has_not_left_before_its_body_is_closed() -> None:
    bench = Bench()
    body = bench.wsgi()
    assert list(body) == [b"piece"]
    assert bench.kinds() == ["ENTER", "WROTE"]
    assert json.loads(bench.get("/-/history/shown"))["in_flight"] == 1
    body.close()  # type: ignore[attr-defined]
    assert bench.kinds() == ["LEAVE"]
    assert json.loads(bench.get("/-/history/shown"))["in_flight"] == 0


def test_a_body_that_its_server_drops_has_left_without_the_app_being_told() -> None:
    bench = Bench()
    closed = []

    class Own(list[bytes]):
        def close(self) -> None:
            closed.append("closed")

    bench.app.pieces = Own([b"one", b"two"])
    body = bench.wsgi()
    next(iter(body))
    del body
    assert bench.kinds()[-2:] == ["CANCELLED", "LEAVE"]
    assert not bench.site.in_flight
    assert not closed


def test_the_app_closes_its_body_before_the_request_leaves() -> None:
    bench = Bench()

    class Closing(list[bytes]):
        def close(self) -> None:
            bench.app.environ[GIVEN].own.read("in close", "x")

    bench.app.pieces = Closing([b"piece"])
    bench.get()
    assert bench.kinds() == ["ENTER", "WROTE", "READ", "LEAVE"]


def test_a_body_closed_before_its_end_was_cut_short() -> None:
    bench = Bench()
    bench.app.pieces = [b"one", b"two"]
    body = bench.wsgi()
    assert next(iter(body)) == b"one"
    body.close()  # type: ignore[attr-defined]
    assert bench.kinds() == ["ENTER", "WROTE", "CANCELLED", "LEAVE"]


def test_an_answer_left_incomplete_was_cut_short_on_a_task() -> None:
    bench = Bench(Unit.TASK)
    bench.app.pieces = []
    bench.asgi()
    assert bench.kinds() == ["ENTER", "WROTE", "CANCELLED", "LEAVE"]


@pytest.mark.parametrize("unit", [Unit.THREAD, Unit.TASK])
@pytest.mark.parametrize(("status", "recorded"), [(200, ["FAILED"]), (500, [])])
def test_an_error_is_answered_and_recorded_unless_the_scenario_wants_it(
    unit: Unit, status: int, recorded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(unit, status=status)
    bench.app.error = ValueError("r1-ff was wrong")
    answered = bench.get() if unit is Unit.THREAD else bench.asgi()
    assert answered == b"r1-ff was wrong (ValueError)"
    assert bench.statuses[-1:] == (["500 Internal Server Error"] if unit is Unit.THREAD else [])
    assert bench.kinds() == ["ENTER", "WROTE", *recorded, "LEAVE"]
    assert ("Traceback" in capsys.readouterr().err) is bool(recorded)


def test_a_flood_of_errors_does_not_flood_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench()
    bench.app.error = ValueError("again")
    for _ in range(50):
        bench.get()
    assert bench.kinds().count("FAILED") == 50
    assert 1 <= capsys.readouterr().err.count("Traceback") <= 5


def test_an_error_in_the_body_is_recorded_and_left_to_the_server() -> None:
    bench = Bench()

    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("in the body")

    bench.app.pieces = pieces()
    body = bench.wsgi()
    with pytest.raises(ValueError, match="in the body"):
        list(body)
    body.close()  # type: ignore[attr-defined]
    assert bench.kinds() == ["ENTER", "WROTE", "FAILED", "LEAVE"]


def test_an_error_while_looking_for_leftovers_is_a_failure() -> None:
    bench = Bench()
    bench.app.held = [("name",)]  # type: ignore[list-item]
    bench.get()
    assert bench.kinds() == ["ENTER", "WROTE", "FAILED", "LEAVE"]


def test_what_ends_the_unit_is_recorded_and_goes_on() -> None:
    bench = Bench()
    bench.app.error = greenlet.GreenletExit()
    with pytest.raises(greenlet.GreenletExit):
        bench.get()
    assert bench.kinds() == ["ENTER", "WROTE", "CANCELLED", "LEAVE"]


def test_a_cancelled_task_is_recorded_and_stays_cancelled() -> None:
    bench = Bench(Unit.TASK)
    bench.app.error = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        bench.asgi()
    assert bench.kinds() == ["ENTER", "WROTE", "CANCELLED", "LEAVE"]


def test_other_connections_than_http_are_refused() -> None:
    with pytest.raises(TypeError, match="not websocket"):
        asyncio.run(Bench(Unit.TASK).edge.asgi({"type": "websocket"}, None, None))


def test_the_pauses_are_of_the_order_and_begin_anew() -> None:
    bench = Bench()
    bench.get()
    bench.get()
    assert bench.gate.asked == [(42, 1), (42, 1)]


def test_draining_hands_the_rows_over_once() -> None:
    bench = Bench()
    bench.get()
    first = json.loads(bench.get("/-/history/shown"))
    assert [row[0] for row in first["rows"]] == ["enter", "wrote", "leave"]
    assert json.loads(bench.get("/-/history/shown")) == {"in_flight": 0, "rows": []}


@pytest.mark.parametrize(("checked", "marked"), [(True, False), (False, True)], ids=["unmarked", "unchecked"])
def test_what_is_not_to_be_recorded_is_not_but_served(checked: bool, marked: bool) -> None:
    bench = Bench(checked=checked)
    assert bench.get(marked=marked) == b"piece"
    assert bench.kinds() == []
    assert json.loads(bench.get("/-/history/shown")) == {"in_flight": 0, "rows": []}


def test_the_users_token_reaches_the_view() -> None:
    bench = Bench()
    bench.get()
    assert bench.app.environ[GIVEN].own.user == "user1"


def test_a_thread_keeps_its_label_and_a_later_one_with_its_ident_gets_another() -> None:
    labels = UnitLabels(Unit.THREAD)
    assert labels() == labels()
    seen: dict[int, str] = {}
    for _ in range(500):
        given: list[tuple[int, str]] = []
        thread = threading.Thread(target=lambda: given.append((threading.get_ident(), labels())))  # noqa: B023
        thread.start()
        thread.join()
        [(ident, label)] = given
        assert label not in seen.values()
        if ident in seen:
            return
        seen[ident] = label
    pytest.skip("this platform recycles no thread ident in 500 threads")


def test_a_greenlet_keeps_its_label_and_a_later_one_at_its_address_gets_another() -> None:
    labels = UnitLabels(Unit.GREENLET)
    seen: dict[int, str] = {}
    for _ in range(500):
        found = gevent.spawn(lambda: (id(greenlet.getcurrent()), labels(), labels()))
        address, label, again = found.get()
        del found
        assert label == again
        assert label not in seen.values()
        if address in seen:
            return
        seen[address] = label
    pytest.fail("no address came again, so nothing is shown")


def test_each_task_has_a_label_of_its_own() -> None:
    labels = UnitLabels(Unit.TASK)

    async def twice() -> tuple[str, str]:
        first = labels()
        await asyncio.sleep(0)
        return first, labels()

    async def several() -> list[tuple[str, str]]:
        return [*await asyncio.gather(twice(), twice()), await asyncio.create_task(twice())]

    assert asyncio.run(several()) == [(f"task-{number}",) * 2 for number in range(3)]
