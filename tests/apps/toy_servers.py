"""A small HTTP server in threads of the test's process whose faults each need one way of being pressed to show."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Fault = Callable[["Server", "Asked"], str]


@dataclass
class Asked:
    """One request as the server got it."""

    target: str
    head: str
    body: bytes
    nth: int
    """How many requests came before it on its connection."""
    before: str
    """The token of the one before it on its connection."""
    behind: bytes
    """What the client had sent behind it already."""
    in_pieces: bool
    """Whether its head came in several, and not only its last byte by itself."""
    held: bool
    """Whether its last byte came alone, while another's last byte was awaited too."""

    @property
    def token(self) -> str:
        return self.target.partition("t=")[2].partition("&")[0]


def right(server: "Server", asked: Asked) -> str:
    return asked.token


@dataclass
class Server:
    """Answers each request with its own token, unless a fault finds another; ``asked`` keeps all requests."""

    fault: Fault = right
    pause: float = 0.0
    serves_one_at_a_time: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    ended: list[str] = field(default_factory=list)
    """The last token of each connection that has ended."""
    abandoned: list[str] = field(default_factory=list)
    """The tokens of requests whose client had gone when the answer was ready."""
    closing: threading.Event = field(default_factory=threading.Event)
    awaited: set[int] = field(default_factory=set)
    """The connections on which only the last byte of a head is still to come."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self.closing.set()
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in list(self._threads):
            if thread is not threading.current_thread():
                thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted = self._listener.accept()[0]
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.append(accepted)
                self.connections += 1
                if self.serves_one_at_a_time:
                    self._serve(accepted)
                else:
                    thread = threading.Thread(target=self._serve, args=(accepted,), daemon=True)
                    thread.start()
                    self._threads.append(thread)

    def _serve(self, accepted: socket.socket) -> None:
        last = ""
        with accepted, contextlib.suppress(OSError):
            for asked in self._requests(accepted):
                self.asked.append(asked)
                token = self.fault(self, asked)
                if self.pause:
                    time.sleep(self.pause)
                last = asked.token
                if is_gone(accepted):
                    self.abandoned.append(asked.token)
                    break
                accepted.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(token)}\r\n\r\n{token}".encode())
        self.ended.append(last)

    def _requests(self, accepted: socket.socket) -> Iterator[Asked]:
        data, nth, before = b"", 0, ""
        while True:
            in_pieces = held = False
            while b"\r\n\r\n" not in data:
                if data.endswith(b"\r\n\r"):
                    held = held or bool(self.awaited)
                    self.awaited.add(accepted.fileno())
                elif data:
                    in_pieces = True
                if not (piece := accepted.recv(1 << 20)):
                    return
                data += piece
            self.awaited.discard(accepted.fileno())
            head, _, data = data.partition(b"\r\n\r\n")
            text = head.decode()
            length = int(text.lower().partition("content-length: ")[2].partition("\r\n")[0] or 0)
            while len(data) < length:
                if not (piece := accepted.recv(1 << 20)):
                    return
                data += piece
            target = text.split(" ", 2)[1]
            asked = Asked(target, text, data[:length], nth, before, data[length:], in_pieces, held)
            data, nth, before = data[length:], nth + 1, asked.token
            yield asked
            if "connection: close" in text.lower():
                return


def is_gone(accepted: socket.socket) -> bool:
    """Tell whether the client has closed its end."""
    try:
        return accepted.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def remembers_the_connection(server: Server, asked: Asked) -> str:
    return asked.before or asked.token


def finds_what_an_ended_connection_left(server: Server, asked: Asked) -> str:
    # Those that end with their client at the end of a round are no more than there are clients.
    return server.ended[-1] if not asked.nth and len(server.ended) > 8 else asked.token


def finds_what_a_gone_client_left(server: Server, asked: Asked) -> str:
    return server.abandoned.pop() if server.abandoned else asked.token


def mixes_what_becomes_whole_together(server: Server, asked: Asked) -> str:
    return server.asked[-2].token if asked.held and len(server.asked) > 1 else asked.token


def remembers_after_large_bodies(server: Server, asked: Asked) -> str:
    return asked.before if asked.before and len(asked.body) > 100_000 else asked.token


def takes_the_next_request_for_this(server: Server, asked: Asked) -> str:
    return asked.behind.decode().partition("t=")[2].partition(" ")[0] or asked.token


def mixes_what_trickles_in(server: Server, asked: Asked) -> str:
    return server.asked[-2].token if asked.in_pieces and len(server.asked) > 1 else asked.token
