"""What was found stays found: through Ctrl-C, through what cannot be controlled or told, and only with evidence."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.core.control import Mixup
from harness.core.verdict import Anomaly, Outcome, Witness
from harness.explorer.callables import Calls
from harness.explorer.telling.explain import UnrepeatedError
from tests.explorer.explored import pause
from tests.explorer.searched import Shared, kept, overwritten, searched


def test_ctrl_c_ends_a_search_with_what_is_known() -> None:
    calls = 0

    def stops(shared: Shared) -> None:
        nonlocal calls
        calls += 1
        pause()
        if calls > 6:
            raise KeyboardInterrupt

    found = searched(stops, kept("bob"), expect=[None, "bob"])
    assert found.interrupted
    assert found.outcome is Outcome.INCONCLUSIVE
    assert 0 < found.schedules < 9


@pytest.mark.parametrize("pressed", [8, 9, 12])
def test_what_was_found_before_ctrl_c_stays_found(pressed: int) -> None:
    calls = 0

    def stops(shared: Shared) -> str:
        nonlocal calls
        calls += 1
        if calls > pressed:
            raise KeyboardInterrupt
        return overwritten("alice")(shared)

    found = searched(stops, overwritten("bob"), expect=["alice", "bob"])
    assert found.interrupted
    assert found.outcome is Outcome.MIXED
    assert found.reason == ""
    assert f"Mixed up in schedule {found.found_at}, with 1 preemption" in found.sentence


def test_what_shows_no_more_when_it_is_to_be_explained_stays_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise UnrepeatedError("it came to nothing wrong")

    monkeypatch.setattr("harness.explorer.exploring.explain", refuses)
    found = searched(overwritten("alice"), overwritten("bob"))
    assert found.outcome is Outcome.MIXED
    assert found.explanation is None
    assert found.sentence.endswith("It cannot be explained: it came to nothing wrong.")


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("shows", [lambda run: run % 2 == 1, lambda run: run % 3 == 0])
def test_a_mixup_that_shows_in_some_runs_counts_only_if_the_history_proves_it(
    monkeypatch: pytest.MonkeyPatch, proven: bool, shows: Callable[[int], bool]
) -> None:
    """As one by an address that comes again does; what is drawn at random shows in some runs as well."""
    runs = 0

    def sometimes(self: Calls, execution: Any) -> Mixup | None:
        nonlocal runs
        runs += 1
        witness = Witness(Anomaly.BLEED, "r1", "r2", "user", (), "r1 read r2's value") if proven else None
        return Mixup("r1 read r2's value", "r1", "bleed", witness) if shows(runs) else None

    monkeypatch.setattr(Calls, "_judge", sometimes)
    found = searched(kept("alice"), kept("bob"), expect=["alice", "bob"])
    if proven:
        assert found.outcome is Outcome.MIXED
    else:
        assert found.outcome is Outcome.INCONCLUSIVE
        assert "not deterministic under control" in found.reason


def test_what_cannot_be_controlled_after_a_finding_takes_nothing_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plain finding is searched beyond; what is met there must not hide it."""
    judged = 0

    def plain(self: Calls, execution: Any) -> Mixup:
        nonlocal judged
        judged += 1
        if judged > 4:
            execution.lose_control("it opened a socket")
        return Mixup("r1 left something", "r1", "wrong result", plain=True)

    monkeypatch.setattr(Calls, "_judge", plain)
    found = searched(kept("alice"), kept("bob"), expect=["alice", "bob"])
    assert found.outcome is Outcome.MIXED
    assert found.found_at == 1
