"""Runs one of gunicorn's worker classes in this process, without the arbiter that would fork and restart it.

The arbiter never touches a request: it binds the socket, forks, counts heart-beats and replaces a worker that ended.
Here the worker that ends ends the server, so that a crash is seen and no history is lost behind it.
"""

import os
import socket
from collections.abc import Callable
from typing import Any

KEEP_ALIVE_SECONDS = 75
"""The default of 2 s would close connections of clients that pause."""


def serve_with(
    worker_class: str, app: Any, port: int, ready: Callable[[int], None], threads: int = 1
) -> None:
    """Run the worker that gunicorn calls by this name on the calling thread."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.glogging import Logger
    from gunicorn.sock import TCPSocket

    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    number: int = listener.getsockname()[1]

    class InMemory(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        """Gives gunicorn the app that we hold, and our settings instead of files and a command line."""

        def load_config(self) -> None:
            """Set what is not to be as by default; the access log is off by default."""
            self.cfg.set("worker_class", worker_class)
            self.cfg.set("threads", threads)
            self.cfg.set("keepalive", KEEP_ALIVE_SECONDS)
            self.cfg.set("loglevel", "warning")
            self.cfg.set("post_worker_init", lambda worker: ready(number))

        def load(self) -> Any:
            """Return the app."""
            return app

    application = InMemory()
    config = application.cfg
    log = Logger(config)
    # It takes the listener over and sets TCP_NODELAY on it, which accepted connections inherit.
    taken = TCPSocket(("127.0.0.1", number), config, log, fd=listener.detach())
    # No heart-beats are counted, so no time-out can end it; the parent is asked for because workers end with theirs.
    worker = config.worker_class(1, os.getppid(), [taken], application, 0, config, log)
    worker.init_process()
