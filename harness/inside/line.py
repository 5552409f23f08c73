"""The line between a server's process and its parent: orders come in on stdin, reports go out on stdout, as JSON.

Imports nothing that keeps unpatched names: it is there before gevent or eventlet patches the standard library.
"""

import _thread
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

# Looked up before gevent patches it: the watcher is a native thread also in a patched process.
_start_native_thread = _thread.start_new_thread


class Line:
    """Takes stdin and stdout for itself: what the app reads is empty, and what it prints goes to the log."""

    def __init__(self) -> None:
        self._orders = _moved_away(0, os.open(os.devnull, os.O_RDONLY))
        self._reports = _moved_away(1, os.dup(2))
        self._read = b""
        self.spec: dict[str, Any] = self._first_order()

    def report(self, message: Any) -> None:
        """Send one line to the parent."""
        os.write(self._reports, json.dumps(message).encode() + b"\n")

    def watch(self, where_it_stands: Callable[[], Any], at_end: Callable[[], None] | None = None) -> None:
        """From now on tell the parent where the process stands when it asks, and end with it.

        No orphan outlives the parent: the end of stdin ends this process, and the group of processes that it leads,
        after ``at_end``, which must not take long.
        """
        _start_native_thread(self._watch, (where_it_stands, at_end))

    def _first_order(self) -> dict[str, Any]:
        while b"\n" not in self._read:
            piece = os.read(self._orders, 65536)
            if not piece:
                sys.exit(
                    "stdin ended before it said what to serve; use harness.engine.server_process.ServerProcess "
                    "or harness.apps.app_process.AppProcess"
                )
            self._read += piece
        first, _, self._read = self._read.partition(b"\n")
        spec: dict[str, Any] = json.loads(first)
        return spec

    def _watch(self, where_it_stands: Callable[[], Any], at_end: Callable[[], None] | None) -> None:
        while True:
            *lines, self._read = self._read.split(b"\n")
            for _ in lines:
                try:
                    self.report({"stands": where_it_stands()})
                except Exception as error:
                    print(f"cannot tell where this process stands: {error!r}", file=sys.stderr)
            piece = os.read(self._orders, 4096)
            if not piece:
                break
            self._read += piece
        try:
            if at_end is not None:
                at_end()
        finally:
            # Workers that a server or an app started belong to the group that the parent made for this process.
            if os.getpgrp() == os.getpid():
                os.killpg(0, signal.SIGKILL)
            os._exit(0)


def _moved_away(number: int, replacement: int) -> int:
    """Return a new number for a file and put another in its place."""
    moved = os.dup(number)
    os.dup2(replacement, number)
    os.close(replacement)
    return moved
