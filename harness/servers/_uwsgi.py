"""Runs uWSGI inside this process, without its master, on a socket that is bound already."""

import socket
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

BACKLOG = 100
"""What uWSGI allows itself without a look at the system's limit."""
APP = "ctxstress_uwsgi_app"
"""The module by which uWSGI, which imports its app by name, finds ours in memory."""


def serve_with(app: Any, port: int, ready: Callable[[int], None], *, threads: int) -> None:
    """Serve on so many threads, the calling one among them; it does not return."""
    import pyuwsgi

    module = ModuleType(APP)
    vars(module)["application"] = app
    sys.modules[APP] = module
    # It cannot say which port it was given; the socket can.
    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.set_inheritable(True)
    ready(listener.getsockname()[1])
    pyuwsgi.run(
        [
            f"--http-socket=fd://{listener.fileno()}",
            f"--module={APP}:application",
            f"--threads={threads}",
            # Or no thread but its own runs: neither ours, which ends this process with its parent, nor the app's.
            "--enable-threads",
            "--single-interpreter",
            "--need-app",
            "--die-on-term",
            "--disable-logging",
            "--buffer-size=65535",
            # It closes after each answer and says so only when told to.
            "--add-header=Connection: close",
        ]
    )
