"""Keeps Ctrl-C back while a schedule runs, so that it ends the schedule first and then whatever asked for it."""

import signal
import threading
from types import FrameType
from typing import Any

from harness.core.execution import Execution


class Interrupts:
    """Hears SIGINT on the main thread; on others it does nothing, for there none is heard."""

    def __init__(self) -> None:
        self._before: Any = None
        self._execution: Execution | None = None
        self._heard: tuple[int, FrameType | None] | None = None

    @property
    def heard(self) -> bool:
        """Whether the running schedule is to end."""
        return self._heard is not None

    def open(self) -> None:
        """Hear it from now on."""
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(before):
            self._before = before
            signal.signal(signal.SIGINT, self._hear)

    def close(self) -> None:
        """Let it be heard as it was before."""
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._hear:
            signal.signal(signal.SIGINT, self._before)
        self._before = None

    def begin(self, execution: Execution) -> None:
        """Keep it back from now on."""
        self._execution = execution

    def end(self) -> None:
        """Hand on what was kept back."""
        self._execution = None
        if self._heard is not None:
            number, frame = self._heard
            self._heard = None
            self._before(number, frame)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._execution is None:
            self._before(number, frame)
        else:
            self._heard = number, frame
            self._execution.lose_control("it was interrupted")
