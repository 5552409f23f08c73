"""One client against scripted servers: framing, order, hanging up, and which lost requests are sent again."""

import contextlib
import gc
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from harness.apps import user_agent
from harness.apps.addresses import Address
from harness.apps.calls import Call, Flow, Headers, Traffic
from harness.apps.pressures import Pressure
from harness.apps.tokens import Ledger
from harness.apps.user_agent import Reply, UserAgent
from harness.apps.users import Crowd, Step
from harness.engine.http_connection import RefusedError, UnconnectedError
from tests.apps.scripted import Handle, Scripted, closing, saying, wait

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KEEPS = Pressure("keeps", "")
Serve = Callable[..., "Scripted"]


def answer(body: str, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.fixture
def serve() -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def start(*scripts: Handle, host: str = "127.0.0.1") -> Scripted:
            server = Scripted(*scripts, host=host)
            stack.callback(server.close)
            return server

        yield start


def until(true: Callable[[], bool]) -> None:
    over = time.monotonic() + 20
    while not true():
        assert time.monotonic() < over, "it never came to that"
        time.sleep(0.002)


def steps(number: int, method: str = "GET", body: str = "", headers: Headers = ()) -> list[Step]:
    call = Call(method, "/a?t={token}", headers, body)
    user = Crowd(Traffic((Flow((call,)),)), Ledger(1), 1).user()
    return [user.next() for _ in range(number)]


def agent(server: Scripted, pressure: Pressure = KEEPS, patience: float = 10) -> UserAgent:
    client = UserAgent(server.address, pressure, patience, "seed")
    server.clients.append(client)
    return client


def send(client: UserAgent, number: int = 1, method: str = "GET", body: str = "") -> list[Reply]:
    return client.send(steps(number, method, body))


def bodies(replies: list[Reply]) -> list[str]:
    return [reply.answer.body.decode() if reply.answer else reply.trouble for reply in replies]


@pytest.mark.parametrize(
    ("method", "raw", "status", "body"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200, ""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 304, ""),
        ("POST", b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, "ok"),
        (
            "GET",
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK,
            200,
            "ok",
        ),
        ("GET", b"HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"),
        ("GET", answer("go", "302 Found", "Location: /elsewhere\r\n"), 302, "go"),
    ],
    ids=["HEAD", "204", "304", "100", "103 and 102", "chunked", "redirect"],
)
def test_an_answer_ends_where_it_ends(serve: Serve, method: str, raw: bytes, status: int, body: str) -> None:
    server = serve(saying(raw, OK))
    client = agent(server)
    (reply,) = send(client, 1, method)
    assert reply.answer is not None
    assert (reply.answer.status, reply.answer.body.decode(), reply.trouble) == (status, body, "")
    assert bodies(send(client)) == ["ok"]  # on the same connection
    assert server.connections == 1


def test_answers_to_requests_sent_ahead_come_in_order(serve: Serve) -> None:
    server = serve(saying(b"".join(map(answer, ("one", "two", "three")))))
    assert bodies(send(agent(server, Pressure("ahead", "", ahead=3)), 3)) == ["one", "two", "three"]
    assert server.asked[0].count("GET /a") == 3


@pytest.mark.parametrize(
    "first",
    [answer("one", headers="Connection: close\r\n"), answer("one")],
    ids=["as announced", "without a word"],
)
def test_what_was_sent_ahead_and_not_taken_up_is_sent_again(serve: Serve, first: bytes) -> None:
    server = serve(closing(first), saying(answer("two"), answer("three")))
    assert bodies(send(agent(server), 3)) == ["one", "two", "three"]
    assert [asked.count("GET /a") for asked in server.asked] == [3, 1]


def test_an_answer_before_the_whole_request_was_read_is_taken(serve: Serve) -> None:
    large = b"x" * 5_000_000

    def refuse(accepted: socket.socket) -> None:
        head = f"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: {len(large)}\r\n\r\n"
        accepted.sendall(head.encode() + large)  # more than fits in the sockets: blocks until it is read
        accepted.shutdown(socket.SHUT_WR)
        wait(accepted)

    server = serve(refuse)
    (reply,) = send(agent(server), 1, "POST", "y" * 20_000_000)
    assert reply.answer is not None
    assert (reply.answer.status, len(reply.answer.body)) == (413, len(large))


def test_over_ipv6(serve: Serve) -> None:
    try:
        server = serve(saying(OK), host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert bodies(send(agent(server))) == ["ok"]
    assert f"Host: [::1]:{server.port}\r\n" in server.asked[0]


def test_a_connection_closed_while_idle_is_replaced_in_silence(serve: Serve) -> None:
    idle = threading.Event()

    def time_out(accepted: socket.socket) -> None:
        accepted.sendall(OK)
        idle.wait(20)  # else it would be bytes behind the answer
        accepted.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")

    server = serve(closing(OK), time_out, saying(OK))
    client = agent(server)
    assert bodies(send(client)) == ["ok"]
    until(lambda: server.closed == 1)
    assert bodies(send(client)) == ["ok"]
    idle.set()
    until(lambda: server.closed == 2)
    assert bodies(send(client)) == ["ok"]
    assert server.connections == 3


def test_what_comes_without_being_asked_for_is_told(serve: Serve) -> None:
    client = agent(serve(saying(OK + answer("another's"))))
    (trouble,) = bodies(send(client))
    assert trouble.startswith("bytes behind the answer: b'HTTP/1.1 200 OK")


@pytest.mark.parametrize(("idle", "again"), [(0.0, True), (60.0, False)], ids=["long idle", "just used"])
def test_a_request_lost_on_a_kept_connection_is_sent_again_only_after_a_long_rest(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, idle: float, again: bool
) -> None:
    monkeypatch.setattr(user_agent, "IDLE", idle)

    def lose(accepted: socket.socket) -> None:
        accepted.sendall(OK)
        accepted.recv(1 << 20)

    server = serve(lose, saying(OK))
    client = agent(server)
    lost = "the server closed the connection before an answer"
    assert bodies(send(client) + send(client)) == ["ok", "ok" if again else lost]


def test_a_request_that_is_lost_twice_is_told(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_agent, "QUEUED", 0.0)
    server = serve(closing(b""), closing(b""), saying(OK))
    assert bodies(send(agent(server))) == ["the server closed the connection before an answer"]
    assert server.connections == 2


def test_an_answer_that_an_unread_body_resets_is_asked_for_again(serve: Serve) -> None:
    def reset(accepted: socket.socket) -> None:
        accepted.sendall(OK[:-1])
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server = serve(reset, saying(OK))
    assert bodies(send(agent(server, Pressure("padded", "", padding=1000)))) == ["ok"]
    assert [len(asked) > 1000 for asked in server.asked] == [True, True]


def test_a_lost_answer_is_not_asked_for_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_agent, "QUEUED", 0.0)
    server = serve(closing(OK[:-1]), saying(OK))
    assert bodies(send(agent(server))) == ["the server closed the connection in the body"]
    assert server.connections == 1


def test_no_answer_in_time_leaves_those_behind_it_unjudged(serve: Serve) -> None:
    first, second, third = send(agent(serve(saying(answer("one"))), patience=1), 3)
    assert bodies([first, second]) == ["one", "no answer within 1 s"]
    assert (third.answer, third.trouble) == (None, "")


def test_giving_up_is_no_trouble(serve: Serve) -> None:
    server = serve(wait, saying(OK))
    client = agent(server, Pressure("impatient", "", gives_up_after=0.5))
    (reply,) = send(client)
    assert (reply.answer, reply.trouble) == (None, "")
    assert bodies(send(client)) == ["ok"]  # on a connection of its own


def test_nobody_listening_is_raised(serve: Serve) -> None:
    server = serve()
    server.close()
    with pytest.raises(RefusedError, match="nobody listens"):
        send(agent(server))


def test_a_full_queue_is_no_lost_answer() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with contextlib.ExitStack() as stack:
            for _ in range(4):  # until the system takes no more for it
                client = UserAgent(Address(port), KEEPS, 0.2, "seed")
                stack.callback(client.close)
                try:
                    assert bodies(send(client)) == ["no answer within 0.2 s"]
                except UnconnectedError:
                    return
    pytest.fail("the queue took everything")


def test_an_abort_is_no_trouble_and_nothing_is_sent_again(serve: Serve) -> None:
    arrived = threading.Event()

    def hang(accepted: socket.socket) -> None:
        arrived.set()
        wait(accepted)

    server = serve(hang, saying(OK))
    client, replies = agent(server, patience=60), list[Reply]()
    thread = threading.Thread(target=lambda: replies.extend(send(client, 2)))
    thread.start()
    assert arrived.wait(5)
    client.abort()
    thread.join(5)
    assert {(reply.answer, reply.trouble) for reply in replies} == {(None, "")}
    assert server.connections == 1
    with pytest.raises(UnconnectedError):
        send(client)


def test_a_connection_aborted_while_idle_is_closed(serve: Serve) -> None:
    client = agent(serve(saying(OK)))
    assert bodies(send(client)) == ["ok"]
    client.abort()
    with pytest.raises(UnconnectedError):
        send(client)
    gc.collect()  # warns of what was let go without being closed, and warnings are errors here


def test_clients_leave_in_the_request_while_they_wait_and_in_the_answer(serve: Serve) -> None:
    came: list[int] = []

    def serve_one(accepted: socket.socket) -> None:
        accepted.settimeout(5)
        size = len(server.asked[-1])
        with contextlib.suppress(OSError):
            while size < 200_000:
                if not (piece := accepted.recv(1 << 20)):
                    break
                size += len(piece)
            if size >= 200_000:
                accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                accepted.recv(1)
        came.append(size)

    server = serve(*[serve_one] * 40)
    client = agent(server, Pressure("leaves", "", leaves=1.0))
    replies = [reply for _ in range(40) for reply in send(client, 1, "POST", "z" * 200_000)]
    server.close()
    cut = [reply for reply in replies if reply.answer is not None]
    assert {reply.trouble for reply in replies} == {""}
    assert all(reply.answer is not None and reply.answer.cut for reply in cut)
    assert 1 < len(cut) < 39
    assert sum(size < 150_000 for size in came) > 1  # about half of the body had been sent
    assert server.connections == 40


def test_slow_clients_write_and_read_in_pieces(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[bytes] = []
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        time.sleep(seconds)
        until(lambda: len(server.asked) + len(pieces) >= len(rests))  # each piece is read by itself

    def collect(accepted: socket.socket) -> None:
        while b"\r\n\r\n" not in b"".join(pieces):
            pieces.append(accepted.recv(1 << 20))
        accepted.sendall(answer("a" * 10_000))
        wait(accepted)

    monkeypatch.setattr(user_agent, "time", SimpleNamespace(sleep=rest, monotonic=time.monotonic))
    server = serve(collect)
    (reply,) = send(agent(server, Pressure("slow", "", slow=0.05)))
    assert rests == [0.05] * user_agent.PIECES
    assert len(pieces) + len(server.asked) == user_agent.PIECES
    assert reply.answer is not None
    assert len(reply.answer.body) == 10_000
    assert reply.ended - reply.began >= 0.05 * 2 * user_agent.PIECES


def test_the_last_byte_waits_for_the_meeting(serve: Serve) -> None:
    rest: list[bytes] = []

    def take_the_rest(accepted: socket.socket) -> None:
        rest.append(accepted.recv(10))
        accepted.sendall(OK)

    server = serve(take_the_rest)

    class Meeting:
        def wait(self, agent: UserAgent) -> None:
            until(lambda: bool(server.asked))
            assert rest == []
            agent.release()

    assert bodies(agent(server).send(steps(1), Meeting())) == ["ok"]
    assert server.asked[0].endswith("\r\n\r")
    assert rest == [b"\n"]
