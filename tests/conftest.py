"""What many rooms' tests share: a notation for tiny hand-written histories."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from harness.controlled._standard import guard
from harness.core.history import History, Kind, Row
from harness.runs import LANES, processors

PAIRS = (Kind.UPDATED,)


def pytest_configure() -> None:
    """Let what tests start hear Ctrl-C also where a shell began this in the background and so had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def row(line: str) -> Row:
    """Read ``request@unit kind name value…``.

    Without ``@unit`` the request has a unit of its own; a request's token is ``token-`` and its name; the values of a
    name that is joined with ``+`` are a tuple; ``-`` stands for no name.
    """
    lane, kind, *rest = line.split()
    request, _, unit = lane.partition("@")
    name = rest[0] if rest and rest[0] != "-" else ""
    values = rest[1:]
    value: Any = None
    if kind == Kind.ENTER:
        value = f"token-{request}"
    elif "+" in name or kind in PAIRS:
        value = tuple(values)
    elif values:
        (value,) = values
    return Kind(kind), request, unit or f"unit-of-{request}", name, value


def history(lines: str) -> History:
    return History(row(line) for line in lines.splitlines() if line.strip())


@pytest.fixture(scope="session")
def tell() -> Callable[[str], History]:
    """Make a history of lines such as ``a@thread-1 wrote user a.1``."""
    return history


def pytest_xdist_auto_num_workers() -> int:
    """Take two workers for each processor where ``-n auto`` is asked for: cells and servers mostly wait."""
    return LANES * processors()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let threads that other tests have left bring nothing to units that share a thread."""
    left = sys._current_frames().keys() - {threading.get_ident()}

    def frames() -> dict[int, FrameType]:
        return {ident: frame for ident, frame in sys._current_frames().items() if ident not in left}

    monkeypatch.setattr(guard, "sys", SimpleNamespace(_current_frames=frames))
