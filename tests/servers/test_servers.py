"""What each server says of itself, seen from outside: units, connections, streaming, overlap, and bad clients."""

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psutil
import pytest

from harness.catalog import entries
from harness.core.evidence import measure
from harness.core.history import Kind
from harness.core.names import load
from harness.core.plan import Order, plan
from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from harness.engine.client import Client, mark
from harness.engine.http_connection import Connection
from harness.engine.over_http import Exchange, flood_over_http
from harness.engine.server_process import ServerProcess
from harness.servers._stdlib_http import Connection as StdlibConnection
from harness.servers._stdlib_http import Listener
from tests.engine import stand_ins

SERVERS: list[Server] = [entry.part for entry in entries("server") if not entry.missing]
NAMES = [server.name for server in SERVERS]
KEEP_ALIVE = [server.name for server in SERVERS if server.keep_alive]
ASKED_FOR = {
    *("wsgiref_single", "threaded", "threaded_pool", "gevent_pywsgi", "uvicorn_asgi"),
    *("gunicorn_sync", "gunicorn_gthread", "gunicorn_gevent", "waitress_threads", "cheroot_threads"),
    *("werkzeug_single", "werkzeug_threaded", "eventlet_wsgi", "uwsgi_single", "uwsgi_threads"),
    *("hypercorn_asgi", "hypercorn_wsgi", "daphne_asgi", "granian_asgi", "granian_wsgi"),
    "aiohttp_web",
}
THREADS = 8
DO_NOT_TELL_OF_HANG_UPS = {"hypercorn_wsgi"}
"""The app's body is taken to its end, whether anybody listens or not."""
END_BROKEN_ANSWERS_WELL = {
    *("werkzeug_single", "werkzeug_threaded"),  # an error page, behind what is there already
    *(
        "uwsgi_single",
        "uwsgi_threads",
    ),  # the end of the connection, which is that of any body of unknown length
    "granian_wsgi",  # a last chunk
}
"""A client cannot tell a broken answer from a whole one."""
SCENARIOS = (
    "READ_BACK",
    "NODELAY",
    "STREAM",
    "HANG_UP",
    "MEET",
    "AMBIENT",
    "NATIVE",
    "RAISING",
    "RAISING_AS_TOLD",
    "RAISING_IN_BODY",
)


@pytest.fixture(scope="module", params=NAMES)
def running(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with ServerProcess(
        subject="tests.engine.stand_ins:KEEPS",
        server=f"harness.servers.{request.param}:SERVER",
        target="tests.engine.stand_ins:TARGET",
        gate="harness.gates.jitter:GATE",
        scenarios=[f"tests.engine.stand_ins:{name}" for name in SCENARIOS],
    ) as process:
        yield process


def described(running: ServerProcess) -> Server:
    found: Server = load(f"harness.servers.{running.name}:SERVER")
    return found


def client(running: ServerProcess) -> Client:
    return Client(running.port, None, 10)


def request(path: str, order: Order) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{mark(order)}\r\n".encode()


def flood(
    running: ServerProcess, scenario: str, requests: int, clients: int = 8, patience: float = 30
) -> Exchange:
    found = getattr(stand_ins, scenario)
    return flood_over_http(
        running.port, found, plan(requests, clients, 1, found.hangs_up), time_limit=60, patience=patience
    )


def test_all_are_here() -> None:
    assert {entry.name for entry in entries("server")} == ASKED_FOR


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_the_file_and_an_extra_has_its_module(name: str) -> None:
    server: Server = load(f"harness.servers.{name}:SERVER")
    assert server.name == name
    assert server.module or not server.requires


def test_listens_on_loopback_only(running: ServerProcess) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(running.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", running.port)]


def test_every_request_gets_its_own_answer(running: ServerProcess) -> None:
    exchange = flood(running, "READ_BACK", 200)
    replies = {event.request: event.value for event in exchange.history if event.kind is Kind.REPLIED}
    assert replies == {order.request: order.token for lane in plan(200, 8, 1) for order in lane}
    assert exchange.drained
    assert not [event for event in exchange.history if event.kind is Kind.FAILED]


def test_gives_just_the_evidence_that_it_offers(running: ServerProcess) -> None:
    evidence = measure(flood(running, "READ_BACK", 200).history)
    given = {need for need in Need if evidence.of(need)}
    # The stand-in's view updates nothing, so of this evidence there is none to be given.
    assert given == described(running).offers - {Need.UPDATES}


def test_two_requests_meet_where_overlap_is_offered(running: ServerProcess) -> None:
    exchange = flood(running, "MEET", 2, clients=2)
    said = [event.value for event in exchange.history if event.name == "company"]
    overlaps = Need.OVERLAP in described(running).offers
    assert said == (["met", "met"] if overlaps else ["alone", "met"])


def test_keeps_connections_alive_or_says_that_it_does_not(running: ServerProcess) -> None:
    [[order]] = plan(1, 1, 1)
    connection = Connection(running.port, 10)
    answer = connection.exchange(request("/read_back/", order))
    assert answer.status == 200
    assert connection.reusable is described(running).keep_alive
    if connection.reusable:
        assert connection.exchange(request("/read_back/", order)).body == answer.body
    connection.close()


def test_no_answer_waits_for_an_acknowledgement(running: ServerProcess) -> None:
    [[order]] = plan(1, 1, 1)
    with client(running) as each:
        assert each.send("nodelay", order).body.decode().split()[1] == "True"


class Counting(socket.socket):
    """Counts what is sent."""

    sends = 0

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.sends += 1
        super().sendall(data, flags)


def streamed(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield from (b"one", b"", b"two", b"three")


def sized(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "3")])
    return [b"one"]


@pytest.mark.parametrize(
    ("app", "sends", "end"),
    [(sized, 1, b"\r\n\r\none"), (streamed, 4, b"3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n")],
)
def test_an_answer_is_sent_in_as_few_pieces_as_can_be(app: Any, sends: int, end: bytes) -> None:
    with Listener(("127.0.0.1", 0), StdlibConnection) as listener:
        listener.set_app(app)
        with socket.create_connection(listener.server_address) as asking:  # type: ignore[arg-type]
            asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            accepted, address = listener.get_request()
            with Counting(fileno=accepted.detach()) as counting:
                StdlibConnection(counting, address, listener)
                assert counting.sends == sends
            with asking.makefile("rb") as answer:
                assert answer.read().endswith(end)


def units(exchange: Exchange) -> list[str]:
    return [event.unit for event in exchange.history if event.kind is Kind.ENTER]


CONNECTIONS = 4 * (1 + (100 // 4) // 8)
"""What 4 clients with 100 requests open: each the first, and one more at each eighth request."""
UNITS = {
    "one thread": (range(1, 2), range(1, 2)),
    "a new thread for each connection, which brings one request": (range(100, 101), range(2, 101)),
    f"{THREADS} threads, any of which takes the next request of any connection": (range(2, 9), range(2, 9)),
    f"{THREADS} threads, each of which accepts connections for itself": (range(2, 9), range(2, 9)),
    "a greenlet for each connection": (range(CONNECTIONS, CONNECTIONS + 1), range(1, 2)),
    "a task for each request, on one thread": (range(100, 101), range(1, 2)),
}
"""How many units, and how many threads of the system, 100 requests of 4 clients may run on, by what a server says."""


def test_runs_requests_on_the_units_it_names(running: ServerProcess) -> None:
    exchange = flood(running, "NATIVE", 100, clients=4)
    server = described(running)
    labels = units(exchange)
    assert {label.rpartition("-")[0] for label in labels} == {server.unit.value}
    natives = {event.value for event in exchange.history if event.name == "native"}
    expected = UNITS[server.pool]
    assert (len(set(labels)) in expected[0], len(natives) in expected[1]) == (True, True), (labels, natives)


def ambient(running: ServerProcess, requests: int, *, fresh: bool) -> list[tuple[bool, bool]]:
    """Whether each of some requests in turn found in the ContextVar and in the thread what an earlier one left."""
    found = []
    with client(running) as each:
        for [order] in plan(requests, requests, 1):
            _, variable, thread, *_ = each.send("ambient", order).body.decode().split()
            found.append((variable == "left", thread == "left"))
            if fresh:
                each.close()
    return found


def test_says_what_it_carries_over(running: ServerProcess) -> None:
    server = described(running)
    new = ambient(running, 20, fresh=True)[1:]
    # What is left there already shows on this connection only if a request on it left it: its first does not count.
    same = ambient(running, 20, fresh=False)[1:] if server.keep_alive else []
    carried = [any(each[kind] for each in found) for kind in (0, 1) for found in (same, new)]
    assert replace(server.carries, contextvar_after_large_body=False) == Carries(*carried)


def test_carries_nothing_over_but_on_units_that_are_used_again(running: ServerProcess) -> None:
    server = described(running)
    if Need.REUSE not in server.offers:
        assert server.carries.contextvar_same is server.carries.contextvar_new is False


def test_a_body_of_unknown_length_comes_in_chunks_or_ends_with_the_connection(running: ServerProcess) -> None:
    [[order]] = plan(1, 1, 1)
    connection = Connection(running.port, 10)
    answer = connection.exchange(request("/stream/", order))
    connection.close()
    headers = {name.lower(): value for name, value in answer.headers}
    assert headers.get("transfer-encoding") == "chunked" or not connection.reusable
    assert answer.body.decode() == "".join(f"{order.token} {number}\n" for number in range(20))


def test_to_http_1_0_a_body_of_unknown_length_ends_with_the_connection(running: ServerProcess) -> None:
    [[order]] = plan(1, 1, 1)
    connection = Connection(running.port, 10)
    answer = connection.exchange(request("/stream/", order).replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    assert not connection.reusable
    assert answer.body.decode() == "".join(f"{order.token} {number}\n" for number in range(20))


def test_a_client_that_hangs_up_ends_the_body(running: ServerProcess) -> None:
    exchange = flood(running, "HANG_UP", 30, clients=3)
    rows = list(exchange.history)
    gone = {order.request for lane in plan(30, 3, 1, True) for order in lane if order.hangs_up}
    assert len(gone) == 10
    stamped = {event.request for event in rows if event.kind is Kind.CANCELLED and event.unit[:6] != "client"}
    if running.name in DO_NOT_TELL_OF_HANG_UPS:
        assert not stamped
        return
    assert stamped == gone
    assert {event.request for event in rows if event.kind is Kind.LEAVE} >= gone
    made = [event.request for event in rows if event.name == "made"]
    assert all(made.count(name) < stand_ins.MANY_PIECES for name in gone)
    assert all(
        made.count(order.request) == stand_ins.PIECES
        for lane in plan(30, 3, 1)
        for order in lane
        if order.request not in gone
    )


def test_an_error_of_the_app_is_answered_and_recorded(running: ServerProcess) -> None:
    exchange = flood(running, "RAISING", 8)
    assert measure(exchange.history).failed == 8
    texts = {
        event.value for event in exchange.history if event.kind is Kind.FAILED and event.unit[:6] == "client"
    }
    assert texts == {"answered 500, not 200: <token> raised (ValueError)"}


def test_an_error_that_the_scenario_wants_is_no_failure(running: ServerProcess) -> None:
    evidence = measure(flood(running, "RAISING_AS_TOLD", 8).history)
    assert (evidence.ends, evidence.failed) == (8, 0)


def test_an_error_in_the_body_breaks_the_answer_off_and_nothing_else(running: ServerProcess) -> None:
    exchange = flood(running, "RAISING_IN_BODY", 8, patience=1)
    evidence = measure(exchange.history)
    assert (evidence.ends, evidence.failed, evidence.cancelled) == (8, 8, 0)
    replies = [event for event in exchange.history if event.kind is Kind.REPLIED]
    assert len(replies) == (8 if running.name in END_BROKEN_ANSWERS_WELL else 0)
    assert measure(flood(running, "READ_BACK", 8).history).failed == 0


@pytest.mark.parametrize("sent", [b"garbage\r\n\r\n", b"GET\r\n\r\n", b"\x00\xff" * 40 + b"\r\n\r\n", b""])
def test_a_bad_client_harms_nobody_else(running: ServerProcess, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", running.port), 10) as bad:
        bad.sendall(sent)
    with client(running) as good:
        assert good.get("/-/ready").body == b"ready"


def test_a_request_body_that_nobody_reads_is_not_taken_for_a_request(running: ServerProcess) -> None:
    hidden = b"GET /raising/ HTTP/1.1\r\nHost: x\r\n\r\n"
    connection = Connection(running.port, 10)
    head = b"POST /-/ready HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    # An answer to the hidden request would stand behind the first and make the client complain.
    assert connection.exchange(head + hidden).status == 200
    if connection.reusable:
        assert connection.exchange(b"GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n").body == b"ready"
    connection.close()


@pytest.mark.parametrize("running", KEEP_ALIVE, indirect=True, scope="module")
def test_requests_sent_ahead_are_all_answered_where_connections_are_kept(running: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", running.port), 10) as ahead:
        ahead.sendall(b"GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        got = b""
        while got.count(b"\r\n\r\nready") < 3:
            piece = ahead.recv(65536)
            assert piece, f"closed after {got!r}"
            got += piece


def test_many_new_connections_at_once_are_all_served(running: ServerProcess) -> None:
    def rest(waiting: socket.socket) -> bytes:
        with waiting, waiting.makefile("rb") as answer:
            return answer.read()

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(60) as readers:
        address = ("127.0.0.1", running.port)
        waiting = [stack.enter_context(socket.create_connection(address, 30)) for _ in range(60)]
        for each in waiting:
            each.sendall(b"GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        # All at once, for some servers do not go on until a client that has its answer has hung up.
        assert {answer[-5:] for answer in readers.map(rest, waiting)} == {b"ready"}
