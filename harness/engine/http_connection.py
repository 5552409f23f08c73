"""One HTTP/1.1 connection to a server on this machine: sends requests, reads answers, and can hang up in a body."""

import contextlib
import fcntl
import select
import socket
import struct
import sys
import termios
import time

from harness.core.ports import Answer

LONGEST_HEAD = 65536
PIECE = 65536
ONE_GO = 32768
"""As many bytes as go out at once; while more is sent, what the server says meanwhile is read as well."""
TRICKLE = 64
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TransportError(Exception):
    """No answer came: the connection failed, ended early, or brought something that is not HTTP."""


class NoAnswerError(TransportError):
    """No answer came in time."""


class RefusedError(TransportError):
    """Nobody listens any more."""


class LostError(TransportError):
    """The connection ended before the answer did."""


class ClosedError(LostError):
    """The connection ended before the first byte of an answer."""


class UnconnectedError(NoAnswerError):
    """The server's queue of connections stayed full: it has not been given a byte of what was sent."""


class Connection:
    """One connection to a server on this machine; ``limit`` is the time in seconds that an answer may take."""

    def __init__(self, port: int, limit: float, host: str = "127.0.0.1") -> None:
        self.reusable = True
        self._limit = limit
        self._deadline = time.monotonic() + limit
        self._read = bytearray()
        self._begun = False
        self._sent = 0
        self._trickles = 0
        self._pause = 0.0
        try:
            self._socket = socket.create_connection((host, port), limit)
        except ConnectionRefusedError:
            raise RefusedError(f"nobody listens on port {port}") from None
        except TimeoutError:
            raise UnconnectedError(f"no connection within {limit:g} s") from None
        except OSError as error:
            raise TransportError(f"no connection: {error}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Close the connection."""
        self.reusable = False
        self._socket.close()

    def abort(self) -> None:
        """Make whoever waits for an answer on this connection, on another thread, give up at once."""
        self.reusable = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Close with a reset: the server's next write fails, whereas after an orderly close its first would succeed."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close()

    def has_ended(self) -> bool:
        """Tell whether the server has closed the connection while nothing was asked of it."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        if not waiting.poll(0):
            return False
        try:
            said = self._socket.recv(12, socket.MSG_PEEK)
        except OSError:
            return True
        return not said or said.endswith(b" 408")  # Request Timeout: some say so before they close

    def trickle(self, pieces: int, pause: float) -> None:
        """Read the next answer slowly: its first pieces are small, with a pause in seconds before each."""
        self._trickles = pieces
        self._pause = pause

    def exchange(self, request: bytes, *, hangs_up: bool = False, limit: float | None = None) -> Answer:
        """Send one request and return its answer, or what had come of it before hanging up in its body.

        Raises TransportError, after which the connection is closed.
        """
        self.send(request, limit=limit)
        return self.receive(hangs_up=hangs_up)

    def send(self, data: bytes, *, limit: float | None = None) -> None:
        """Send a request, several, or a part of one; raises NoAnswerError when the server does not take it in time.

        A server may answer, and close, before it has read the whole: what it said is there for ``receive``.
        """
        self._limit = self._limit if limit is None else limit
        self._deadline = time.monotonic() + self._limit
        try:
            self._socket.settimeout(self._limit)
            if len(data) <= ONE_GO:
                self._socket.sendall(data)
            else:
                self._send_and_read(memoryview(data))
            self._sent += len(data)
        except TimeoutError:
            self.close()
            raise NoAnswerError(f"no answer within {self._limit:g} s") from None
        except OSError:
            self.reusable = False

    def receive(self, *, bodiless: bool = False, hangs_up: bool = False, more: bool = False) -> Answer:
        """Return the next answer; ``bodiless`` when it is one to HEAD, ``more`` when another is to come behind it.

        The time it may take began with ``send``. Raises TransportError, after which the connection is closed.
        """
        self._begun = bool(self._read)
        try:
            return self._answer(bodiless, hangs_up, more)
        except TimeoutError:
            untouched = self._is_untouched()
            self.close()
            if untouched:
                raise UnconnectedError(f"no connection within {self._limit:g} s") from None
            raise NoAnswerError(f"no answer within {self._limit:g} s") from None
        except OSError as error:
            self.close()
            kind = LostError if self._begun else ClosedError
            raise kind(f"connection lost: {error.strerror or error}") from error
        except TransportError:
            self.close()
            raise

    def _is_untouched(self) -> bool:
        """Tell whether the other side's system has not taken a single byte, as when its queue of connections is full.

        The connection then looks open from here alone. Only Linux is asked; elsewhere the answer is no.
        """
        if not sys.platform.startswith("linux"):
            return False
        waiting: int
        (waiting,) = struct.unpack("i", fcntl.ioctl(self._socket, termios.TIOCOUTQ, bytes(4)))
        return waiting >= self._sent > 0

    def _send_and_read(self, data: memoryview) -> None:
        # A server that answers without reading would wait for us for ever, and we for it.
        ready = select.poll()
        ready.register(self._socket, select.POLLIN | select.POLLOUT)
        while data:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for _, events in ready.poll(left * 1000):
                if events & ~select.POLLOUT:
                    piece = self._socket.recv(PIECE)
                    if not piece:
                        self.reusable = False
                        return
                    self._read += piece
                else:
                    data = data[self._socket.send(data[:PIECE]) :]

    def _answer(self, bodiless: bool, hangs_up: bool, more: bool) -> Answer:
        status, headers = self._head()
        while 100 <= status < 200 and status != 101:
            status, headers = self._head()
        fields = {name.lower(): value for name, value in headers}
        if "close" in fields.get("connection", "").lower():
            self.reusable = False
        empty = bodiless or status in (204, 304) or fields.get("content-length") == "0"
        if hangs_up:
            if not self._read and not empty:
                self._more("in the body")
            body = bytes(self._read)
            self.hang_up()
            return Answer(status, headers, body, cut=True)
        if empty:
            body = b""
        elif "chunked" in fields.get("transfer-encoding", "").lower():
            body = self._chunks()
        elif "content-length" in fields:
            body = self._exactly(_number(fields["content-length"], 10, "Content-Length"))
        else:
            body = self._rest()
        if not self.reusable:
            if not more:
                self.close()
        elif self._read and not more:
            raise TransportError(f"bytes behind the answer: {bytes(self._read[:40])!r}")
        return Answer(status, headers, body)

    def _head(self) -> tuple[int, list[tuple[str, str]]]:
        while (end := self._read.find(b"\r\n\r\n")) < 0:
            if len(self._read) > LONGEST_HEAD:
                raise TransportError(f"no end of the head within {LONGEST_HEAD} bytes")
            self._more("in the head")
        lines = self._read[:end].decode("latin-1").split("\r\n")
        del self._read[: end + 4]
        version, _, rest = lines[0].partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise TransportError(f"not an answer of HTTP/1: {lines[0][:60]!r}")
        if version == "HTTP/1.0":
            self.reusable = False
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise TransportError(f"not a header: {line[:60]!r}")
            headers.append((name, value.strip()))
        return int(rest[:3]), headers

    def _chunks(self) -> bytes:
        pieces = []
        while size := _number(self._line().partition(";")[0], 16, "size of a chunk"):
            pieces.append(self._exactly(size))
            if self._line():
                raise TransportError("a chunk is longer than its size says")
        while self._line():  # trailers
            pass
        return b"".join(pieces)

    def _line(self) -> str:
        while (end := self._read.find(b"\r\n")) < 0:
            self._more("in the body")
        line = self._read[:end].decode("latin-1")
        del self._read[: end + 2]
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._read) < size:
            self._more("in the body")
        body = bytes(self._read[:size])
        del self._read[:size]
        return body

    def _rest(self) -> bytes:
        self.reusable = False
        while piece := self._piece():
            self._read += piece
        body = bytes(self._read)
        self._read.clear()
        return body

    def _more(self, where: str) -> None:
        piece = self._piece()
        if not piece and not self._begun:
            raise ClosedError("the server closed the connection before an answer")
        if not piece:
            raise LostError(f"the server closed the connection {where}")
        self._begun = True
        self._read += piece

    def _piece(self) -> bytes:
        # The socket's own limit begins anew with each piece; one that trickles must still end.
        if time.monotonic() > self._deadline:
            raise TimeoutError
        if self._trickles:
            self._trickles -= 1
            time.sleep(self._pause)
            return self._socket.recv(TRICKLE)
        return self._socket.recv(PIECE)


def _number(text: str, radix: int, what: str) -> int:
    try:
        number = int(text, radix)
    except ValueError:
        number = -1
    if number < 0:
        raise TransportError(f"the {what} is no number: {text[:40]!r}")
    return number
