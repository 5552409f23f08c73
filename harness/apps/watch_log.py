"""Follows the log files of an app and finds the lines that hold values of two."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.apps.mixes import Find, Mix, mix_in
from harness.core.app_record import Sign

GLUED_WITHIN = 3
"""Lines behind a line within which an empty one says that two were printed into each other."""
MOST_AT_ONCE = 16 << 20
"""Bytes that one look reads; of what a flood of lines wrote beyond, the newest."""


class LogTail:
    """What is appended to a file from now on, also when it does not exist yet, is cut, or is replaced by a new one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position, self._file = self._stand()
        self._cut = b""
        self._number = 0

    def lines(self) -> list[tuple[int, str]]:
        """Return the lines that came since the last time, each with its number since the beginning."""
        size, file = self._stand()
        if file != self._file or size < self._position:
            self._position, self._file, self._cut = 0, file, b""
        if size - self._position > MOST_AT_ONCE:
            self._position, self._cut = size - MOST_AT_ONCE, b""
        if size == self._position:
            return []
        with self.path.open("rb") as log:
            log.seek(self._position)
            data = self._cut + log.read(size - self._position)
        self._position = size
        *whole, self._cut = data.split(b"\n")
        first = self._number + 1
        self._number += len(whole)
        return [(first + nth, line.decode("utf-8", "replace")) for nth, line in enumerate(whole)]

    def _stand(self) -> tuple[int, int]:
        """Return the size of the file and what tells it from another of its name."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, -1
        return found.st_size, found.st_ino


class WatchLog:
    """Watches over files; ``find`` is ``Ledger.find``."""

    def __init__(self, paths: Iterable[Path], find: Find) -> None:
        self._tails = [LogTail(path) for path in paths]
        self._find = find

    def look(self) -> list[Mix]:
        """Return what is mixed in the lines that came since the last time."""
        return [mix for tail in self._tails for mix in mixes(tail.path.name, tail.lines(), self._find)]


def mixes(name: str, lines: Sequence[tuple[int, str]], find: Find) -> Iterator[Mix]:
    """Yield the lines with values of two.

    Threads that print at once can put two lines into one; the end of the other then makes an empty line soon after.
    Such a line says nothing of what the app mixed.
    """
    for nth, (number, line) in enumerate(lines):
        mix = mix_in(line, find, Sign.LOG, f"{name}:{number}")
        if mix is not None and all(text for _, text in lines[nth + 1 : nth + 1 + GLUED_WITHIN]):
            yield mix
