"""Floods hosts in processes of their own, because one host wants gevent's patches and the others must not have them."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.core.history import History, Kind

PATCHED = {"greenlets"}


class Seen(NamedTuple):
    """What really ran a labelled unit of a request at some moment; each real thing is a number of its own."""

    request: str
    unit: str
    native: int
    thread: int
    greenlet: int
    task: int


@dataclass(frozen=True)
class Flooded:
    """What happened in a flood."""

    history: History
    seen: list[Seen]

    def values(self, kind: Kind, name: str = "") -> list[str]:
        return [event.value for event in self.history if event.kind is kind and event.name == name]

    def requests(self, kind: Kind) -> set[str]:
        return {event.request for event in self.history if event.kind is kind}


Flooding = Callable[..., Flooded]


@cache
def flooded(
    host: str,
    view: str = "pausing",
    gate: str = "jitter",
    local: str = "contextvar",
    requests: int = 48,
    clients: int = 6,
    seed: int = 1,
) -> Flooded:
    asked = json.dumps(locals())
    patched = ["patched"] if host in PATCHED else []
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("flooding.py")), asked, *patched],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Flooded(History.from_json(told["rows"]), [Seen(*each) for each in told["seen"]])


@pytest.fixture
def flood() -> Flooding:
    """Flood a host and return what happened; alike floods of one test process happen once."""
    return flooded
