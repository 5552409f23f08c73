"""No server outlives anybody: stopped, killed, or its parent killed, nothing of it is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from harness.catalog import entries
from harness.core.errors import UserError
from harness.engine.server_process import ServerProcess

NAMES = [entry.name for entry in entries("server") if not entry.missing]


def process(name: str, port: int = 0) -> ServerProcess:
    return ServerProcess(
        subject="tests.engine.stand_ins:KEEPS",
        server=f"harness.servers.{name}:SERVER",
        target="tests.engine.stand_ins:TARGET",
        gate="harness.gates.once:GATE",
        scenarios=["tests.engine.stand_ins:READ_BACK"],
        port=port,
    )


def family() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def refuses(port: int) -> bool:
    with suppress(ConnectionResetError):  # it is just ending
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except ConnectionRefusedError:
            return True
    return False


def runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def wait_until(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("name", NAMES)
def test_a_server_is_one_process_that_ends_when_stopped_and_is_missed_when_killed(name: str) -> None:
    before = family()
    with process(name) as server:
        # With none but this one, no worker can be left behind and all requests meet.
        assert family() - before == {server.pid}
        port = server.port
        assert not refuses(port)
    assert family() == before
    assert refuses(port)
    with process(name, port) as server:  # free again at once
        assert server.port == port
        os.kill(server.pid, signal.SIGKILL)
        assert wait_until(lambda: not server.alive())
        assert refuses(port)
        assert server.last_words().endswith(f"(the server {name} was killed by SIGKILL)")
    assert family() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_port_in_use_is_named(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} on 127.0.0.1 is in use; name another one"):
            process(name, port).start()


PARENT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from test_endings import process
servers = [process(name) for name in sys.argv[2:]]
for server in servers:
    server.start()
    print(server.pid, server.port, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda end: end.name)
def test_no_server_outlives_its_parent(end: signal.Signals) -> None:
    here = os.path.dirname(__file__)  # noqa: PTH120
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, here, *NAMES],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        started = [tuple(map(int, parent.stdout.readline().split())) for _ in NAMES]
        assert not [name for name, (pid, port) in zip(NAMES, started, strict=True) if refuses(port)]
        parent.send_signal(end)
    gone = wait_until(lambda: not any(runs(pid) or not refuses(port) for pid, port in started))
    assert gone, [name for name, (pid, _) in zip(NAMES, started, strict=True) if runs(pid)]
