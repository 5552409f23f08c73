"""The main of a server process: takes one line of JSON on stdin, reports on stdout, serves until stdin ends.

``python -m harness.engine.serve``; started by ``ServerProcess``. Imports are late on purpose: where gevent or
eventlet is to patch the standard library, nothing that keeps unpatched names may be imported before.
"""

import _thread
import faulthandler
import json
import os
import sys
from collections.abc import Callable
from typing import Any

# Looked up before anything patches it: the watcher is a native thread also in a patched process.
_start_native_thread = _thread.start_new_thread


def main() -> None:
    """Serve what the first line of stdin asks for."""
    spec, rest = _read_spec()
    report = _take_stdout()
    faulthandler.enable(all_threads=False)
    sys.path[:] = spec["path"]
    _patch(spec["patched"])
    from harness.engine.serving import Serving, explain

    try:
        serving = Serving(spec)
        _start_native_thread(_watch, (rest, lambda: report({"stands": serving.where_it_stands()})))
        serving.serve(lambda port: report({"port": port}))
    except Exception as error:
        report({"error": explain(error, spec)})
        sys.exit(1)


def _read_spec() -> tuple[dict[str, Any], bytes]:
    """Return what the first line asks for, and what came with it of the next."""
    read = b""
    while b"\n" not in read:
        piece = os.read(0, 65536)
        if not piece:
            sys.exit(
                "stdin ended before it said what to serve; use harness.engine.server_process.ServerProcess"
            )
        read += piece
    line, _, rest = read.partition(b"\n")
    return json.loads(line), rest


def _patch(library: str) -> None:
    """Let a library, if one is named, make what waits in the standard library give way to greenlets."""
    if library == "gevent":
        from gevent import monkey

        monkey.patch_all()
    elif library == "eventlet":
        import warnings

        # It says of itself, at its import, that nobody should use it any more.
        with warnings.catch_warnings(action="ignore"):
            import eventlet

        eventlet.monkey_patch()


def _take_stdout() -> Callable[[Any], None]:
    """Return a function that reports one line, and let prints of the app go to the log instead."""
    pipe = os.dup(1)
    os.dup2(2, 1)

    def report(message: Any) -> None:
        os.write(pipe, json.dumps(message).encode() + b"\n")

    return report


def _watch(read: bytes, tell: Callable[[], None]) -> None:
    """Tell where the process stands at each line, and end the process with stdin: no orphan outlives its parent."""
    while True:
        *lines, read = read.split(b"\n")
        for _ in lines:
            try:
                tell()
            except Exception as error:
                print(f"cannot tell where this process stands: {error!r}", file=sys.stderr)
        piece = os.read(0, 4096)
        if not piece:
            os._exit(0)
        read += piece


if __name__ == "__main__":
    main()
