"""A temporary directory, and maybe a server in it, that end with this process and its forks however they end."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

WATCH = """
dir=$1; shift
if [ $# -gt 0 ]; then "$@" & fi
exec >/dev/null 2>&1
cat
[ -z "$!" ] || { kill -KILL "$!"; wait "$!"; }
rm -rf -- "$dir"
"""
"""What the watcher does. ``cat`` reads to the end of a pipe that nobody writes to: it ends when all who hold its other
side have ended, by SIGKILL too. A shell gives what it starts behind ``&`` no standard input."""


class Guarded:
    """A directory of our own with a watcher beside it; ``command`` is run there, its output read from ``output``.

    ``start`` makes it. The watcher is in a session of its own, so that who kills our process group does not kill it.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="ctxstress-store-"))
        self.output = -1
        self._watcher = 0
        self._life = -1

    def start(self, command: Sequence[str] = ()) -> None:
        """Start the watcher, and with it the command."""
        watched, self._life = os.pipe()
        self.output, said = os.pipe()
        try:
            # Neither subprocess nor a fork of ours: this also works, and adds no hub, where gevent has patched.
            self._watcher = os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", WATCH, "sh", str(self.directory), *command],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, watched, 0),
                    (os.POSIX_SPAWN_DUP2, said, 1),
                    (os.POSIX_SPAWN_DUP2, said, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(watched)
            os.close(said)

    def stop_listening(self) -> None:
        """Let go of the output: a pipe that nobody empties would stop the command once it is full."""
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def close(self) -> None:
        """End what runs there and remove the directory; waits for forks of this process that hold on to it."""
        self.stop_listening()
        if self._watcher:
            os.close(self._life)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._watcher, 0)
            self._watcher = 0
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
