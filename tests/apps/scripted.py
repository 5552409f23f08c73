"""A server that answers each connection by a script, for tests of one client."""

import contextlib
import socket
import threading
from collections.abc import Callable

from harness.apps.addresses import Address
from harness.apps.user_agent import UserAgent

Handle = Callable[[socket.socket], None]


class Scripted:
    """Serves one connection after another, each by the next of its scripts; ``asked`` keeps what came first."""

    def __init__(self, *scripts: Handle, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.port: int = self.listener.getsockname()[1]
        self.address = Address(self.port, host)
        self.connections = self.closed = 0
        self.asked: list[str] = []
        self.clients: list[UserAgent] = []
        self._scripts = scripts
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            for script in self._scripts:
                with self.listener.accept()[0] as accepted:
                    self.connections += 1
                    with contextlib.suppress(OSError):
                        self.asked.append(accepted.recv(1 << 20).decode())
                        script(accepted)
                self.closed += 1

    def close(self) -> None:
        for client in self.clients:
            client.close()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(5)


def saying(*pieces: bytes) -> Handle:
    """Send a piece at once, and each further one when something more has come; then read to the end."""

    def handle(accepted: socket.socket) -> None:
        for nth, piece in enumerate(pieces):
            if nth:
                accepted.recv(1 << 20)
            accepted.sendall(piece)
        wait(accepted)

    return handle


def closing(*pieces: bytes) -> Handle:
    """As ``saying``, but close behind the last piece."""

    def handle(accepted: socket.socket) -> None:
        for nth, piece in enumerate(pieces):
            if nth:
                accepted.recv(1 << 20)
            accepted.sendall(piece)

    return handle


def wait(accepted: socket.socket) -> None:
    while accepted.recv(1 << 20):
        pass
