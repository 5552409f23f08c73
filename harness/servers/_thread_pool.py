"""Hands requests to a fixed pool of threads and keeps connections alive in between, as gunicorn's gthread does."""

import contextlib
import socket
import traceback
from collections import deque
from queue import SimpleQueue
from selectors import EVENT_READ, DefaultSelector
from threading import Thread
from typing import Any

from harness.servers._stdlib_http import Connection, Listener


class PooledConnection(Connection):
    """A connection that outlives its requests: made without handling one, closed by ``finish``."""

    keeps_alive = True
    multithread = True

    def __init__(self, request: socket.socket, client_address: Any, server: "PoolListener") -> None:
        self.request, self.client_address, self.server = request, client_address, server
        self.setup()

    def has_sent_more(self) -> bool:
        """Whether bytes of a next request are there already; what the reader has buffered no selector sees."""
        self.connection.settimeout(0)
        try:
            return bool(self.rfile.peek(1))  # type: ignore[attr-defined]
        finally:
            self.connection.settimeout(None)

    def finish(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            super().finish()
        self.connection.close()


class PoolListener(Listener):
    """Accepts and selects on one thread, answers on ``threads`` others."""

    def __init__(self, port: int, threads: int) -> None:
        super().__init__(("127.0.0.1", port), PooledConnection)
        self._ready: SimpleQueue[PooledConnection] = SimpleQueue()
        self._idle: deque[PooledConnection] = deque()
        # A selector is not to be changed by another thread while it waits: workers hand connections back through
        # the deque and wake it with a byte.
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        for number in range(threads):
            Thread(target=self._work, name=f"pool-{number}", daemon=True).start()

    def serve_forever(self, poll_interval: float = 0.0) -> None:
        """Accept and select until the process ends; the interval is not needed."""
        selector = DefaultSelector()
        selector.register(self.socket, EVENT_READ)
        selector.register(self._woken, EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.data, PooledConnection):
                    selector.unregister(key.fileobj)
                    self._ready.put(key.data)
                elif key.fileobj is self.socket:
                    with contextlib.suppress(ConnectionError):
                        request, address = self.get_request()
                        selector.register(request, EVENT_READ, PooledConnection(request, address, self))
                else:
                    with contextlib.suppress(BlockingIOError):
                        self._woken.recv(4096)
                    while self._idle:
                        connection = self._idle.popleft()
                        selector.register(connection.connection, EVENT_READ, connection)

    def _work(self) -> None:
        while True:
            connection = self._ready.get()
            try:
                connection.handle()
                while not connection.close_connection and connection.has_sent_more():
                    connection.handle()
            except ConnectionError:
                connection.close_connection = True
            except Exception:
                traceback.print_exc()
                connection.close_connection = True
            if connection.close_connection:
                connection.finish()
            else:
                self._idle.append(connection)
                self._wake.send(b"\0")
