"""Floods over HTTP: who sends what on which connection, what is seen of mix-ups, and how floods end that go wrong."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.checkers.bleed import CHECKER as BLEED
from harness.checkers.crossed_reply import CHECKER as CROSSED_REPLY
from harness.core.evidence import measure
from harness.core.history import Kind
from harness.core.plan import plan
from harness.core.scenario import Scenario
from harness.engine.over_http import Exchange, flood_over_http
from harness.engine.server_process import ServerProcess
from tests.engine import stand_ins

HERE = "tests.engine.stand_ins"
SCENARIOS = (
    "READ_BACK",
    "UNTIDY",
    "CROSSING",
    "RAISING",
    "HANGING",
    "OWN_COOKIES",
    "SHARED_COOKIES",
    "NO_COOKIES",
)


MANY = 30_000
"""Far more than any server answers in the time that a test gives it."""


@contextmanager
def running(server: str = "gevent_pywsgi", subject: str = "KEEPS") -> Iterator[ServerProcess]:
    with ServerProcess(
        subject=f"{HERE}:{subject}",
        server=f"harness.servers.{server}:SERVER",
        target=f"{HERE}:TARGET",
        gate="harness.gates.jitter:GATE",
        scenarios=[f"{HERE}:{name}" for name in SCENARIOS],
    ) as process:
        yield process


@pytest.fixture(scope="module")
def keeps() -> Iterator[ServerProcess]:
    with running() as process:
        yield process


@pytest.fixture(scope="module")
def mixes() -> Iterator[ServerProcess]:
    with running(subject="MIXES") as process:
        yield process


def flood(server: ServerProcess, scenario: Scenario, requests: int = 80, clients: int = 8) -> Exchange:
    return flood_over_http(server.port, scenario, plan(requests, clients, 1), time_limit=60, patience=30)


def test_all_is_sent_answered_and_in_the_history(keeps: ServerProcess) -> None:
    exchange = flood(keeps, stand_ins.READ_BACK)
    kinds = [event.kind for event in exchange.history]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == dict.fromkeys(
        (Kind.ENTER, Kind.WROTE, Kind.READ, Kind.LEAVE, Kind.REPLIED), 80
    )
    assert (exchange.sent, exchange.unsent, exchange.waiting, exchange.drained) == (80, 0, (), True)
    # What clients got stands behind what the server recorded, because their clocks are not compared.
    assert kinds.index(Kind.REPLIED) == 80 * 4


def test_a_mix_up_is_seen_and_its_absence_is_not(keeps: ServerProcess, mixes: ServerProcess) -> None:
    assert list(BLEED.check(flood(mixes, stand_ins.READ_BACK).history))
    assert not list(BLEED.check(flood(keeps, stand_ins.READ_BACK).history))


def test_an_answer_to_another_is_seen_and_its_absence_is_not(
    keeps: ServerProcess, mixes: ServerProcess
) -> None:
    assert list(CROSSED_REPLY.check(flood(mixes, stand_ins.CROSSING).history))
    assert not list(CROSSED_REPLY.check(flood(keeps, stand_ins.CROSSING).history))


def test_what_a_request_leaves_behind_is_seen_and_its_absence_is_not(keeps: ServerProcess) -> None:
    untidy = {event.request for event in flood(keeps, stand_ins.UNTIDY).history if event.kind is Kind.RESIDUE}
    assert len(untidy) == 80
    assert not [event for event in flood(keeps, stand_ins.READ_BACK).history if event.kind is Kind.RESIDUE]


@pytest.mark.parametrize(("fresh_every", "connections"), [(1, 16), (4, 5), (100, 1)])
def test_some_requests_go_on_new_connections(
    keeps: ServerProcess, fresh_every: int, connections: int
) -> None:
    exchange = flood_over_http(
        keeps.port, stand_ins.READ_BACK, plan(32, 2, 1), time_limit=60, fresh_every=fresh_every
    )
    # This server has a greenlet for each connection.
    units = {event.unit for event in exchange.history if event.kind is Kind.ENTER}
    assert len(units) == 2 * connections


def visits(server: ServerProcess, scenario: Scenario, clients: int = 3) -> dict[str, list[int]]:
    """The numbers that the requests of each client were given, in its order."""
    lanes = plan(12, clients, 1)
    exchange = flood_over_http(server.port, scenario, lanes, time_limit=60)
    seen = {event.request: int(event.value) for event in exchange.history if event.name == "visits"}
    return {lane[0].user.partition("-")[0]: [seen[order.request] for order in lane] for lane in lanes}


def test_each_client_keeps_its_own_cookies(keeps: ServerProcess) -> None:
    assert visits(keeps, stand_ins.OWN_COOKIES) == {f"user{number}": [1, 2, 3, 4] for number in range(3)}


def test_clients_keep_none_unless_told(keeps: ServerProcess) -> None:
    assert visits(keeps, stand_ins.NO_COOKIES) == {f"user{number}": [1, 1, 1, 1] for number in range(3)}


def test_clients_that_are_one_user_share_what_an_unrecorded_request_fetched(keeps: ServerProcess) -> None:
    # The unrecorded request was the first; of several clients, who overwrites whose cookie is chance.
    assert visits(keeps, stand_ins.SHARED_COOKIES, clients=1) == {"user0": list(range(2, 14))}
    together = visits(keeps, stand_ins.SHARED_COOKIES).values()
    assert min(number for lane in together for number in lane) == 2


def test_failures_are_told_alike_so_that_they_can_be_counted(keeps: ServerProcess) -> None:
    exchange = flood(keeps, stand_ins.RAISING, 20)
    told = [
        event.value for event in exchange.history if event.kind is Kind.FAILED and event.unit[:6] == "client"
    ]
    assert told == ["answered 500, not 200: <token> raised (ValueError)"] * 20
    assert exchange.sent == 20


def test_a_flood_does_not_see_what_one_before_it_left(keeps: ServerProcess) -> None:
    def requests(label: str) -> set[str]:
        lanes = plan(4, 2, 1, label=label)
        return {
            event.request
            for event in flood_over_http(keeps.port, stand_ins.READ_BACK, lanes, time_limit=60).history
        }

    assert requests("a") == {"a0", "a1", "a2", "a3"}
    assert requests("b") == {"b0", "b1", "b2", "b3"}


@pytest.mark.parametrize("server", ["threaded_pool", "gevent_pywsgi", "uvicorn_asgi"])
def test_requests_that_hang_are_given_up_and_named(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.engine.over_http.DRAIN_SECONDS", 0.5)
    with running(server) as process:
        exchange = flood_over_http(
            process.port, stand_ins.HANGING, plan(8, 4, 1), time_limit=30, patience=0.5
        )
    assert exchange.waiting == ("r3",)
    assert exchange.sent == 8
    evidence = measure(exchange.history)
    # No server tells a view that its client has gone, so the request goes on and never leaves.
    assert (evidence.entered, evidence.unanswered, evidence.failed) == (8, 1, 1)
    assert not exchange.drained


def test_the_time_limit_ends_a_flood(keeps: ServerProcess) -> None:
    exchange = flood_over_http(keeps.port, stand_ins.READ_BACK, plan(MANY, 4, 1), time_limit=0.5)
    assert 0 < exchange.sent < MANY
    assert exchange.sent + exchange.unsent == MANY
    assert measure(exchange.history).entered == exchange.sent


def test_progress_is_told(keeps: ServerProcess) -> None:
    told: list[int] = []
    flood_over_http(keeps.port, stand_ins.READ_BACK, plan(80, 4, 1), time_limit=60, progress=told.append)
    assert told
    assert told == sorted(told)
    assert told[-1] <= 80


def test_a_server_that_is_killed_in_the_middle_ends_the_flood() -> None:
    with running() as process:
        killer = threading.Timer(0.3, os.kill, (process.pid, signal.SIGKILL))
        killer.start()
        exchange = flood_over_http(process.port, stand_ins.READ_BACK, plan(MANY, 4, 1), time_limit=60)
        killer.join()
        # Its sockets are closed a moment before it can be known to be dead.
        deadline = time.monotonic() + 10
        while process.alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not process.alive()
    assert not exchange.drained
    assert exchange.unsent > 0
    assert exchange.seconds < 30
    failures = {event.value for event in exchange.history if event.kind is Kind.FAILED}
    assert any("nobody listens" in text for text in failures)


INTERRUPTED = """
from harness.core.plan import plan
from harness.engine.over_http import flood_over_http
from tests.engine import stand_ins
from tests.engine.test_over_http import running
with running("threaded_pool") as process:
    print("flooding", process.pid, flush=True)
    flood_over_http(process.port, stand_ins.HANGING, plan(8, 4, 1), time_limit=600, patience=600)
"""


def test_ctrl_c_ends_clients_that_wait() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[1])
        time.sleep(1)
        parent.send_signal(signal.SIGINT)
        _, errors = parent.communicate(timeout=60)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    "server", ["wsgiref_single", "threaded", "threaded_pool", "gevent_pywsgi", "uvicorn_asgi"]
)
def test_a_real_scenario_on_the_real_target_keeps_a_good_local_apart(server: str) -> None:
    from scenarios.read_back import SCENARIO

    with ServerProcess(
        subject="localimpl.contextvar:SUBJECT",
        server=f"harness.servers.{server}:SERVER",
        target="harness.targets.mini:TARGET",
        gate="harness.gates.jitter:GATE",
        scenarios=["scenarios.read_back:SCENARIO"],
    ) as process:
        exchange = flood(process, SCENARIO)
    evidence = measure(exchange.history)
    assert (evidence.ends, evidence.failed, evidence.unanswered) == (80, 0, 0)
    assert not list(BLEED.check(exchange.history))
