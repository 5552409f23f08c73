"""Servers in real child processes: started, explained when they do not come up, and gone whatever happens."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.core.errors import UserError
from harness.core.names import load
from harness.core.plan import plan
from harness.engine.client import Client
from harness.engine.http_connection import NoAnswerError
from harness.engine.server_process import ServerProcess

SERVERS = ("wsgiref_single", "threaded", "threaded_pool", "gevent_pywsgi", "uvicorn_asgi")
HERE = "tests.engine.stand_ins"


def process(
    server: str = "harness.servers.threaded_pool:SERVER",
    scenario: str = f"{HERE}:READ_BACK",
    subject: str = f"{HERE}:KEEPS",
    *,
    port: int = 0,
    log: Path | None = None,
    ready_within: float = 30,
    switch_interval: float = 1e-6,
) -> ServerProcess:
    return ServerProcess(
        subject=subject,
        server=server,
        target=f"{HERE}:TARGET",
        gate="harness.gates.once:GATE",
        scenarios=[scenario],
        port=port,
        log=log,
        ready_within=ready_within,
        switch_interval=switch_interval,
    )


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it was just ending
    return False


def wait_until(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def ask(server: ServerProcess, scenario: str = "read_back") -> str:
    [[order]] = plan(1, 1, 1)
    with Client(server.port, None, 10) as client:
        return client.send(scenario, order).body.decode()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_comes_up_answers_and_is_gone(name: str) -> None:
    before = children()
    with process(f"harness.servers.{name}:SERVER") as server:
        assert server.alive()
        assert children() - before == {server.pid}
        assert ask(server).endswith(" read")
        port, pid = server.port, server.pid
    assert not server.alive()
    assert children() == before
    assert not psutil.pid_exists(pid)
    assert refuses(port)


PARENT = """
import sys, time
from tests.engine.test_server_process import process
server = process(sys.argv[1])
server.start()
print(server.pid, server.port, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("name", SERVERS)
def test_no_server_outlives_a_parent_that_is_killed(name: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, f"harness.servers.{name}:SERVER"], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid, port = map(int, parent.stdout.readline().split())
        assert psutil.pid_exists(pid)
        assert not refuses(port)
        parent.kill()
    assert wait_until(lambda: refuses(port) and not running(pid))


def running(pid: int) -> bool:
    # Where nobody reaps orphans, a dead one stays as a zombie.
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_server_that_neither_hears_nor_heeds_is_killed() -> None:
    server = process(f"{HERE}:STUBBORN")
    server.start()
    pid = server.pid
    server.stop()
    assert not psutil.pid_exists(pid)
    server.stop()  # once more does no harm


def failure(server: ServerProcess) -> str:
    before = children()
    with pytest.raises(UserError) as caught:
        server.start()
    assert children() == before
    assert not server.alive()
    return str(caught.value)


@pytest.mark.parametrize("name", SERVERS)
def test_a_port_in_use_is_named(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = failure(process(f"harness.servers.{name}:SERVER", port=port))
    assert f"port {port} on 127.0.0.1 is in use; name another one, or 0" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("name", SERVERS)
def test_a_port_asked_for_is_taken(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with process(f"harness.servers.{name}:SERVER", port=port) as server:
        assert server.port == port
        assert ask(server).endswith(" read")


def test_a_missing_library_is_told_with_the_extra_that_brings_it() -> None:
    text = failure(process(subject=f"{HERE}:NOT_INSTALLED"))
    assert (
        "NOT_INSTALLED needs no_such_library, which is not installed: pip install 'ctxstress[locals]'" in text
    )
    assert "Traceback" not in text


def test_what_cannot_be_mounted_is_told_with_the_log() -> None:
    text = failure(process(scenario=f"{HERE}:UNMOUNTABLE"))
    assert (
        "threaded_pool could not serve KEEPS, stand_ins, UNMOUNTABLE: ValueError: this scenario breaks"
        in text
    )
    assert "its log ends with:\nTraceback" in text


def test_an_unknown_part_is_told_with_what_there_is() -> None:
    text = failure(process(scenario=f"{HERE}:READ_BAK"))
    assert "did you mean READ_BACK" in text
    with pytest.raises(UserError, match=r"no module 'harness\.servers\.nginx'"):
        process("harness.servers.nginx:SERVER").start()


def test_a_server_that_dies_is_told_with_its_last_words() -> None:
    text = failure(process(f"{HERE}:DYING"))
    assert "the server DYING ended with exit code 3 before it could serve" in text
    assert text.endswith("its log ends with:\nabout to die")


def test_a_server_that_is_killed_is_told_so() -> None:
    assert "the server KILLED was killed by SIGKILL before it could serve and said nothing" in failure(
        process(f"{HERE}:KILLED")
    )


def test_a_server_that_takes_too_long_is_told_so() -> None:
    text = failure(process(f"{HERE}:NEVER_READY", ready_within=0.2))
    assert "the server NEVER_READY was not ready within 0.2 s" in text


def test_what_the_app_prints_goes_to_the_log(tmp_path: Path) -> None:
    file = tmp_path / "server.log"
    with process("harness.servers.gevent_pywsgi:SERVER", f"{HERE}:TELLING", log=file) as server:
        ask(server, "telling")
        assert wait_until(lambda: server.log_tail() == "printed by the view")
    assert server.log_tail() == "printed by the view"
    assert file.read_text() == "printed by the view\n"


def test_only_the_last_lines_of_a_log_are_told(tmp_path: Path) -> None:
    with process(scenario=f"{HERE}:TELLING") as server:
        for _ in range(30):
            ask(server, "telling")
        assert server.log_tail(3).splitlines() == ["printed by the view"] * 3


@pytest.mark.parametrize("name", SERVERS)
def test_the_switch_interval_is_set_inside_and_foreign_variables_are_not(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("LOCUST_USERS", "PYTEST_ADDOPTS", "COVERAGE_PROCESS_START", "CTXSTRESS_KEPT"):
        monkeypatch.setenv(variable, "1")
    with process(f"harness.servers.{name}:SERVER", f"{HERE}:TELLING", switch_interval=0.0125) as server:
        _, interval, *variables = ask(server, "telling").split()
    assert float(interval) == pytest.approx(0.0125)
    assert "CTXSTRESS_KEPT" in variables
    assert not [each for each in variables if each.startswith(("LOCUST", "PYTEST", "COVERAGE"))]


def test_tells_where_a_hung_request_stands() -> None:
    order = plan(4, 1, 1)[0][3]
    for name in SERVERS:
        with process(f"harness.servers.{name}:SERVER", f"{HERE}:HANGING") as server:
            with Client(server.port, None, 0.3) as client, pytest.raises(NoAnswerError):
                client.send("hanging", order)
            lines = server.where_it_stands()
            unit = load(f"harness.servers.{name}:SERVER").unit.value
            assert lines[0] == f"r3 on {unit}-0: nothing more after enter"
            assert any(line.lower().startswith(unit) for line in lines[1:]), lines
        assert server.where_it_stands() == ()


def open_files() -> int:
    return psutil.Process().num_fds()


def test_twenty_starts_leave_no_file_open_and_no_process() -> None:
    with process():
        pass
    before, processes = open_files(), children()
    for _ in range(20):
        with process() as server:
            assert server.alive()
    with contextlib.suppress(UserError):
        process(f"{HERE}:DYING").start()
    assert open_files() == before
    assert children() == processes


IN_PATCHED_PARENT = """
from gevent import monkey
monkey.patch_all()
import gevent
from harness.core.evidence import measure
from harness.core.names import load
from harness.core.plan import plan
from harness.engine.over_http import flood_over_http
from tests.engine.stand_ins import READ_BACK
from tests.engine.test_server_process import process
ticks = []
ticking = gevent.spawn(lambda: [ticks.append(gevent.sleep(0.001)) for _ in range(10 ** 6)])
with process() as server:
    started = len(ticks)
    exchange = flood_over_http(server.port, READ_BACK, plan(80, 8, 1), time_limit=60)
    evidence = measure(exchange.history)
    print(started > 1, evidence.entered, evidence.replies > 0, exchange.drained, server.alive())
print(server.alive())
"""


def test_works_in_a_process_that_gevent_has_patched() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_PATCHED_PARENT], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "80", "True", "True", "True", "False"], done.stderr


def imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_nothing_that_keeps_unpatched_names_is_imported_before_patching() -> None:
    early = imported("import harness.engine.serve") - imported("")
    assert not early & {"threading", "socket", "select", "queue", "asyncio", "logging", "subprocess", "time"}
    assert not {name for name in early if name.startswith("harness.core")}


def test_naming_a_server_imports_none_of_its_packages() -> None:
    code = "\n".join(f"import harness.servers.{name}" for name in SERVERS)
    assert not imported(code) & {"gevent", "uvicorn", "wsgiref", "http.server", "socketserver", "asyncio"}


def test_a_process_started_by_hand_says_what_it_wants() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.engine.serve"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ServerProcess" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_in_the_terminal_is_left_to_the_parent() -> None:
    with process() as server:
        # A terminal signals the foreground process group; the server is in none that this process is in.
        assert os.getpgid(server.pid) != os.getpgid(0)
