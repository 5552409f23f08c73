"""The file into which an app's process writes what it sees of itself; it outlives a crash and takes many processes."""

import os
import posix

# Not eventlet's: that one would ask its loop first.
_write = posix.write


class JournalFile:
    """Appends lines; each is one call of the system, so that lines of several processes do not mix."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, line: str) -> None:
        """Append a line, which is in the file when this returns."""
        _write(self._file, line.encode("utf-8", "replace") + b"\n")
