"""Each gate makes pauses of the length that it says, the same for the same seed."""

from collections import Counter
from itertools import islice

import pytest

from harness.catalog import entries
from harness.core.plan import plan
from harness.core.ports import Gate, GateKind
from harness.gates import jitter, once, rendezvous

GATES: dict[str, GateKind] = {entry.name: entry.part for entry in entries("gate")}


def length(gate: Gate, seed: int, nth: int) -> int:
    """How many ticks a pause lasts when nobody else comes; an endless one would be cut here."""
    return len(list(islice(gate.ticks(seed, nth), 1000)))


def test_once_is_one_tick() -> None:
    gate = once.GATE.make(8)
    assert {length(gate, seed, nth) for seed in range(5) for nth in range(5)} == {1}


def test_jitter_depends_on_seed_and_pause_alone() -> None:
    one, other = jitter.GATE.make(8), jitter.GATE.make(8)
    lengths = [length(one, seed, nth) for seed in range(20) for nth in range(5)]
    assert lengths == [length(other, seed, nth) for seed in range(20) for nth in range(5)]


def test_jitter_uses_every_length_about_equally() -> None:
    gate = jitter.GATE.make(8)
    seeds = [order.seed for lane in plan(1000, 8, seed=1) for order in lane]
    counts = Counter(length(gate, seed, nth) for seed in seeds for nth in (1, 2, 3, 4))
    assert sorted(counts) == list(range(1, jitter.MOST_TICKS + 1))
    # 1,000 are expected of each, with a standard deviation of 27.
    assert all(850 < count < 1150 for count in counts.values())


def test_jitter_lets_requests_overtake_each_other() -> None:
    """Two requests that pause alike would keep the runtime's own order for ever."""
    gate = jitter.GATE.make(8)
    seeds = [order.seed for lane in plan(100, 8, seed=1) for order in lane]
    patterns = {tuple(length(gate, seed, nth) for nth in (1, 2, 3, 4)) for seed in seeds}
    assert len(patterns) > 50


def test_a_rendezvous_ends_when_another_comes() -> None:
    gate = rendezvous.GATE.make(2)
    first = iter(gate.ticks(1, 1))
    for _ in range(5):
        next(first)
    second = iter(gate.ticks(2, 1))
    next(second)
    assert list(first) == []


def test_a_rendezvous_goes_on_while_nobody_comes() -> None:
    first = iter(rendezvous.GATE.make(2).ticks(1, 1))
    assert len(list(islice(first, 10))) == 10


def test_a_rendezvous_is_not_for_ever() -> None:
    assert length(rendezvous.GATE.make(2), 1, 1) == rendezvous.PATIENCE + 1


def test_a_rendezvous_of_one_waits_for_nobody() -> None:
    assert length(rendezvous.GATE.make(1), 1, 1) == 1


@pytest.mark.parametrize("kind", GATES.values(), ids=GATES)
def test_every_pause_gives_way_at_least_once(kind: GateKind) -> None:
    for parties in (1, 2, 8):
        gate = kind.make(parties)
        assert all(length(gate, seed, nth) >= 1 for seed in range(20) for nth in range(1, 5))
