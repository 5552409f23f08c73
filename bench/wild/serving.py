"""Serves an app of the corpus for whoever presses it by URL: with our server as it is, or by its own command."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.wild.entries import Entry, Variant
from harness.apps.app_process import AppProcess
from harness.catalog import choose
from harness.core.errors import UserError

START_SECONDS = 30.0
LOOK_SECONDS = 0.05


@contextmanager
def served(entry: Entry, variant: Variant, python: Path) -> Iterator[str]:
    """Serve the app without any of our pressure on it, and yield its URL."""
    with tempfile.TemporaryDirectory(prefix="wild-", ignore_cleanup_errors=True) as scratch:
        if entry.server:
            [server] = choose("server", (entry.server,))
            process = AppProcess(
                app="app:app",
                server=server.path,
                python=str(python),
                app_dir=entry.folder,
                cwd=Path(scratch),
                env=dict(variant.env),
                patch=variant.patch,
            )
            with process:
                yield f"http://127.0.0.1:{process.port}"
        else:
            with _self_served(entry, variant, python, scratch) as url:
                yield url


@contextmanager
def _self_served(entry: Entry, variant: Variant, python: Path, scratch: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    log = Path(scratch) / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), str(entry.folder / "app.py"), str(port)],
            cwd=scratch,
            env={**os.environ, **variant.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(LOOK_SECONDS)
    raise UserError(f"the app did not start: {log.read_text('utf-8', 'replace')[-1000:]}")
