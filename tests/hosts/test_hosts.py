"""Each host makes the units that it says, reuses them as it says, and its pauses really switch between them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from harness.catalog import entries
from harness.core.evidence import measure
from harness.core.history import Kind
from harness.core.ports import Host
from harness.core.reads import Seen as Judged
from harness.core.reads import judge_reads
from harness.core.verdict import Need
from localimpl import Unit

Flooding = Callable[..., Any]

HOSTS: dict[str, Host] = {entry.name: entry.part for entry in entries("host")}
GATES = [entry.name for entry in entries("gate")]
SEVERAL = [name for name in HOSTS if name != "single"]
COOPERATIVE = ["greenlets", "tasks"]

REQUESTS, CLIENTS = 200, 8
ENOUGH = REQUESTS // 4
"""Disturbed requests; on an idle machine with two processors there were 169 at the least, and nearly all as a rule."""


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("host", SEVERAL)
def test_its_pauses_switch(flood: Flooding, host: str, gate: str) -> None:
    evidence = measure(flood(host, gate=gate, requests=REQUESTS, clients=CLIENTS).history)
    assert evidence.entered == evidence.ends == REQUESTS
    assert evidence.overlap >= ENOUGH
    assert evidence.replies >= ENOUGH


@pytest.mark.parametrize("gate", GATES)
def test_on_one_thread_nothing_overlaps_whatever_the_pause(flood: Flooding, gate: str) -> None:
    evidence = measure(flood("single", gate=gate, requests=REQUESTS, clients=CLIENTS).history)
    assert evidence.ends == REQUESTS
    assert (evidence.overlap, evidence.replies) == (0, 0)


@pytest.mark.parametrize("host", COOPERATIVE)
def test_without_a_pause_nothing_switches(flood: Flooding, host: str) -> None:
    """So it is the pauses that the counts above come from."""
    evidence = measure(flood(host, view="never_pausing", requests=REQUESTS, clients=CLIENTS).history)
    assert evidence.ends == REQUESTS
    assert evidence.overlap == 0


@pytest.mark.parametrize("host", HOSTS)
def test_it_gives_the_evidence_that_it_offers(flood: Flooding, host: str) -> None:
    offered = HOSTS[host].offers
    evidence = measure(flood(host).history)
    for need in (Need.OVERLAP, Need.REUSE, Need.ENDS, Need.REPLIES):
        assert (evidence.of(need) > 0) is (need in offered), need
    # Whether updates of a shared thing can contend is a question of overlap.
    assert (Need.UPDATES in offered) is (Need.OVERLAP in offered)


@pytest.mark.parametrize("host", SEVERAL)
def test_a_local_that_is_everybodys_mixes_and_a_good_one_does_not(flood: Flooding, host: str) -> None:
    broken = [look.seen for look in judge_reads(flood(host, local="broken_global").history)]
    assert Judged.LIVING in broken
    good = {look.seen for look in judge_reads(flood(host, local="contextvar").history)}
    assert good == {Judged.OWN}


def real(host: str, seen: Any) -> int:
    """What is one unit on this host, whatever its label says."""
    unit = HOSTS[host].unit
    return int({Unit.THREAD: seen.thread, Unit.GREENLET: seen.greenlet, Unit.TASK: seen.task}[unit])


@pytest.mark.parametrize("host", HOSTS)
def test_a_label_is_one_unit_and_a_unit_has_one_label(flood: Flooding, host: str) -> None:
    pairs = {(seen.unit, real(host, seen)) for seen in flood(host).seen}
    assert len(pairs) == len({label for label, _ in pairs}) == len({unit for _, unit in pairs})


@pytest.mark.parametrize(
    ("host", "units", "reused"),
    [
        ("single", 1, 47),
        ("threads", 6, 42),
        ("threads_per_request", 48, 0),
        ("greenlets", 6, 42),
        ("tasks", 48, 0),
    ],
)
def test_units_are_reused_or_not(flood: Flooding, host: str, units: int, reused: int) -> None:
    flooded = flood(host, requests=48, clients=6)
    assert len({real(host, seen) for seen in flooded.seen}) == units
    assert measure(flooded.history).reuse == reused


@pytest.mark.parametrize("host", HOSTS)
def test_native_threads_are_there_where_it_says_threads(flood: Flooding, host: str) -> None:
    """A process in which gevent had patched threads would show one."""
    native = {seen.native for seen in flood(host).seen}
    assert (len(native) > 1) is host.startswith("threads")


@pytest.mark.parametrize("host", HOSTS)
def test_a_request_stays_on_its_unit(flood: Flooding, host: str) -> None:
    ran_on = defaultdict(set)
    for seen in flood(host).seen:
        ran_on[seen.request].add(real(host, seen))
    assert {len(units) for units in ran_on.values()} == {1}


@pytest.mark.parametrize("host", HOSTS)
def test_a_client_sends_one_request_after_the_other(flood: Flooding, host: str) -> None:
    in_flight: set[int] = set()
    for event in flood(host, clients=6).history:
        client = int(event.request[1:]) % 6
        if event.kind is Kind.ENTER:
            assert client not in in_flight
            in_flight.add(client)
        elif event.kind is Kind.LEAVE:
            in_flight.remove(client)


@pytest.mark.parametrize("host", COOPERATIVE)
def test_the_same_seed_gives_the_same_history(flood: Flooding, host: str) -> None:
    one = flood.__wrapped__(host, seed=5)  # type: ignore[attr-defined]  # past the cache
    again = flood.__wrapped__(host, seed=5)  # type: ignore[attr-defined]
    assert one.history.to_json() == again.history.to_json()
    assert one.history.to_json() != flood(host, seed=6).history.to_json()


def test_a_host_in_a_patched_process_says_so() -> None:
    said = {name for name, host in HOSTS.items() if "gevent has patched" in host.summary}
    assert said == {name for name, host in HOSTS.items() if host.patched}
