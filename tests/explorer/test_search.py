"""What a search comes to: exact counts, the order from weak to strong, and nothing concluded without evidence."""

import asyncio
import random
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import entries
from harness.controlled.tasks import CONTROLLED as TASKS
from harness.controlled.threads import CONTROLLED as THREADS
from harness.core.control import StrategyOptions
from harness.core.errors import UserError
from harness.core.exploration import Exploration
from harness.core.feasibility import Feasibility
from harness.core.verdict import Outcome
from harness.explorer.callables import Calls
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from localimpl import Unit
from tests.explorer.explored import pause
from tests.explorer.searched import Shared, kept, overwritten, searched


def test_all_schedules_of_two_units_of_three_segments_are_twenty() -> None:
    found = searched(kept("alice"), kept("bob"), bound=None)
    assert found.outcome is Outcome.ISOLATED
    assert (found.schedules, found.switch_points) == (20, 4)
    assert found.sentence == "No mix-up in all 20 schedules with at most 4 preemptions at 4 switch points."
    assert [(phase.bound, phase.schedules) for phase in found.phases] == [
        (0, 2),
        (1, 4),
        (2, 8),
        (3, 4),
        (4, 2),
    ]


@pytest.mark.parametrize(("bound", "schedules"), [(0, 2), (1, 6), (2, 14), (3, 18)])
def test_a_bound_is_exhausted_and_said(bound: int, schedules: int) -> None:
    found = searched(kept("alice"), kept("bob"), bound=bound)
    ran = sum(phase.schedules for phase in found.phases if phase.feasibility is not Feasibility.FIFO)
    assert ran == schedules
    assert all(phase.exhausted for phase in found.phases)
    said = {0: "without a preemption", 1: "with at most 1 preemption"}.get(
        bound, f"with at most {bound} preemptions"
    )
    assert f"in all {schedules} schedules {said} at 4 switch points" in found.sentence


@pytest.mark.parametrize("ticks", [1, 5, 30])
def test_a_mixup_is_found_within_ten_schedules_and_explained(ticks: int) -> None:
    found = searched(overwritten("alice", ticks), overwritten("bob", ticks))
    assert found.outcome is Outcome.MIXED
    assert 1 < found.found_at <= 10
    assert found.explanation is not None
    assert found.explanation.preemptions == 1
    assert "was overtaken by" in found.explanation.sentence
    assert found.explanation.feasibility is Feasibility.FIFO


def test_what_needs_an_order_that_no_idle_loop_has_is_graded_as_jitter() -> None:
    def late(shared: Shared) -> str:
        for _ in range(9):
            pause()
        shared.user = "bob"
        return "bob"

    found = searched(overwritten("alice"), late)
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert found.explanation.feasibility is Feasibility.JITTER


def test_what_goes_wrong_one_after_the_other_is_sequential() -> None:
    def greedy(shared: Shared) -> str:
        found, shared.user = shared.user, "mine"
        pause()
        return found

    found = searched(greedy, greedy, expect=["", ""])
    assert found.outcome is Outcome.MIXED
    assert found.found_at == 1
    assert found.explanation is not None
    assert (found.explanation.feasibility, found.explanation.preemptions) == (Feasibility.SEQUENTIAL, 0)


@pytest.mark.parametrize("first", ["sets", "finds"])
def test_what_takes_no_overlap_is_shown_without_one(first: str) -> None:
    """The other unit comes in while one waits for what it began; nobody need come in for it to go wrong."""

    async def sets(shared: Shared) -> None:
        shared.user = "bob"
        await asyncio.gather(asyncio.sleep(0))

    async def finds(shared: Shared) -> str:
        await asyncio.sleep(0)
        return shared.user

    calls, expect = [sets, finds], [None, ""]
    if first == "finds":
        calls, expect = calls[::-1], expect[::-1]
    found = searched(*calls, host=TASKS, expect=expect)
    assert found.explanation is not None
    assert found.explanation.feasibility is Feasibility.SEQUENTIAL
    ran = [line.unit.partition("/")[0] for line in found.explanation.lines]
    assert len(list(groupby(ran))) == 2, ran


def test_what_any_order_of_one_after_the_other_returns_is_right() -> None:
    """A counter that is shared on purpose is no mix-up, but an update that is lost is one."""

    def counts(shared: Shared) -> int:
        shared.log.append("")
        pause()
        return len(shared.log)

    def loses(shared: Shared) -> int:
        before = len(shared.user)
        pause()
        shared.user = "x" * (before + 1)
        return len(shared.user)

    def alone(shared: Shared) -> int:
        shared.log.append("")
        seen = len(shared.log)
        pause()
        return seen

    assert searched(alone, alone).outcome is Outcome.ISOLATED
    assert searched(loses, loses).outcome is Outcome.MIXED
    assert searched(counts, counts).outcome is Outcome.MIXED


def test_without_a_switch_point_nothing_is_told() -> None:
    found = searched(lambda shared: 1, lambda shared: 2)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.contested == 0
    assert "no unit could run while another was under way" in found.reason
    assert "gevent.sleep" in found.reason


def test_a_program_that_is_not_deterministic_is_refused_with_the_first_differing_step() -> None:
    drawn = random.Random(1)

    def fickle(shared: Shared) -> None:
        for _ in range(drawn.randrange(2, 9)):
            pause()

    found = searched(fickle, fickle)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "not deterministic under control" in found.reason
    assert "step " in found.reason


def test_a_spinning_unit_is_left_for_the_one_that_it_waits_for() -> None:
    def waits(shared: Shared) -> None:
        while not shared.user:
            pause()

    def brings(shared: Shared) -> None:
        pause()
        shared.user = "there"

    assert searched(waits, brings, bound=1).outcome is Outcome.ISOLATED


def test_a_livelock_is_inconclusive() -> None:
    def waits(shared: Shared) -> None:
        while not shared.user:
            pause()

    found = searched(waits, waits, bound=0, schedules=3, expect=[None, None])
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "went round in circles" in found.reason


def test_limits_leave_what_was_not_exhausted_unsaid() -> None:
    found = searched(kept("alice"), kept("bob"), bound=3, schedules=9)
    assert found.outcome is Outcome.ISOLATED
    assert found.schedules == 9
    assert not all(phase.exhausted for phase in found.phases)
    assert "in all 9" not in found.sentence


def test_threads_are_looked_into_from_weak_to_strong(tmp_path: Any) -> None:
    """A check-then-use without a call in its window: a GIL cannot make it, threads that run at once can."""
    file = tmp_path / "shop_window.py"
    file.write_text(
        "class Shop:\n    user = ''\n"
        "def closed(shop, name):\n    shop.user = name\n    return shop.user\n"
        "def opened(shop, name):\n    shop.user = name\n    str.upper(name)\n    return shop.user\n"
    )
    space: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)

    def of(window: str, **limits: Any) -> Exploration:
        calls = [lambda shop, name=name: space[window](shop, name) for name in ("alice", "bob")]
        program = Calls(calls, unit=Unit.THREAD, begin=space["Shop"])
        return explore(program, THREADS, Limits(files=(str(file),), **limits))

    closed = of("closed")
    assert closed.explanation is not None
    assert closed.explanation.feasibility is Feasibility.FREE_THREADED
    assert (closed.interesting, closed.outcome) == (True, Outcome.ISOLATED)
    assert "only threads that run at once" in closed.sentence
    assert of("closed", level=Feasibility.GIL_SWITCH).explanation is None

    opened = of("opened")
    assert opened.explanation is not None
    assert opened.explanation.feasibility is Feasibility.GIL_SWITCH
    assert (opened.interesting, opened.outcome) == (False, Outcome.MIXED)


def test_on_a_build_without_a_gil_free_threading_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.explorer.exploring.has_gil", lambda: False)

    def closed(shared: Shared) -> str:
        shared.user = "x"
        return shared.user

    program = Calls([closed, lambda shared: setattr(shared, "user", "y")], unit=Unit.THREAD, begin=Shared)
    found = explore(program, THREADS, Limits(files=(__file__,)))
    assert (found.interesting, found.outcome) == (False, Outcome.MIXED)
    assert found.explanation is not None
    assert found.explanation.feasibility is Feasibility.FREE_THREADED


def test_tasks_and_threads_have_the_same_twenty() -> None:
    import time

    async def task(shared: Shared) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def thread(shared: Shared) -> None:
        time.sleep(0)
        time.sleep(0)

    for call, host in ((task, TASKS), (thread, THREADS)):
        assert searched(call, call, host=host, bound=None).schedules == 20


@pytest.mark.parametrize(
    "name", [entry.name for entry in entries("strategy") if entry.name not in ("replay", "fifo", "in_turn")]
)
def test_every_strategy_finds_it_and_its_witness_is_made_small(name: str) -> None:
    strategy = next(entry.part for entry in entries("strategy") if entry.name == name)
    found = searched(overwritten("alice", 5), overwritten("bob", 5), strategy=strategy, schedules=500)
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert found.explanation.preemptions == 1
    clean = searched(kept("alice"), kept("bob"), strategy=strategy, schedules=50)
    assert clean.outcome is Outcome.ISOLATED
    assert ("a sample, not all of them" in clean.sentence) is not strategy.exhausts


def test_each_strength_is_told_for_itself(tmp_path: Any) -> None:
    """Schedules of threads that run at once are others, at other switch points, than those that a GIL can make."""
    file = tmp_path / "till.py"
    file.write_text(
        "class Till:\n    sum = 0\n    log = ()\n"
        "def pays(till):\n    till.sum = 1\n    str.upper('x')\n    till.log = ('x',)\n    return 1\n"
    )
    space: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    program = Calls([space["pays"]] * 2, unit=Unit.THREAD, begin=space["Till"])
    found = explore(program, THREADS, Limits(bound=1, files=(str(file),)))
    assert found.outcome is Outcome.ISOLATED
    usual, at_once = (
        [phase for phase in found.phases if (phase.feasibility is Feasibility.FREE_THREADED) is free]
        for free in (False, True)
    )
    assert usual
    assert at_once
    count = sum(phase.schedules for phase in usual if phase.feasibility is Feasibility.GIL_SWITCH)
    more = sum(phase.schedules for phase in at_once)
    points = [max(phase.switch_points for phase in phases) for phases in (usual, at_once)]
    assert points[0] < points[1] == found.switch_points
    assert f"all {count} schedules with at most 1 preemption at {points[0]} switch point" in found.sentence
    assert f"with threads that run at once, in all {more} schedules more" in found.sentence
    assert found.sentence.endswith(f"at {points[1]} switch points.")


def stalled(file: Path, steps: int, window: str = "", expect: Any = ("alice", "bob")) -> Calls:
    """Return two threads with a window, between calls that matter to nobody; a GIL opens it where it has a call."""
    calls = "    str.upper(name)\n" * steps
    source = f"    shop.user = name\n{window}    found = shop.user\n"
    file.write_text(
        f"class Shop:\n    user = ''\ndef buys(shop, name):\n{calls}{source}{calls}    return found\n"
    )
    space: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    buys = [lambda shop, name=name: space["buys"](shop, name) for name in ("alice", "bob")]
    return Calls(buys, unit=Unit.THREAD, begin=space["Shop"], expect=expect)


def test_threads_that_run_at_once_are_looked_at_where_a_limit_ends_the_rest(tmp_path: Path) -> None:
    program = stalled(tmp_path / "shop_window.py", steps=20)
    found = explore(program, THREADS, Limits(files=(str(tmp_path / "shop_window.py"),), schedules=500))
    assert found.explanation is not None
    assert found.explanation.feasibility is Feasibility.FREE_THREADED
    assert 400 < found.found_at <= 500
    assert "with at most 1 preemption at" in found.sentence
    assert "those with more), GIL switches among them" in found.sentence
    assert "only threads that run at once" in found.sentence


def test_what_a_gil_can_make_comes_first(tmp_path: Path) -> None:
    program = stalled(tmp_path / "shop_window.py", steps=20, window="    str.upper(name)\n")
    found = explore(program, THREADS, Limits(files=(str(tmp_path / "shop_window.py"),), schedules=500))
    assert found.outcome is Outcome.MIXED
    assert found.explanation is not None
    assert found.explanation.feasibility is Feasibility.GIL_SWITCH


def counted(found: Exploration) -> dict[tuple[Feasibility, int | None], tuple[int, bool]]:
    return {(phase.feasibility, phase.bound): (phase.schedules, phase.exhausted) for phase in found.phases}


@pytest.mark.parametrize("more", [0, 9])
def test_what_time_at_once_leaves_goes_to_the_rest(tmp_path: Path, more: int) -> None:
    """A search that comes to its end within its limits comes to it all the same where some is kept."""
    program = stalled(tmp_path / "shop.py", steps=6, expect=lambda results: None)
    whole = counted(explore(program, THREADS, Limits(files=(str(tmp_path / "shop.py"),), bound=2)))
    gil, free = Feasibility.GIL_SWITCH, Feasibility.FREE_THREADED
    usual = sum(count for (level, _), (count, _) in whole.items() if level is gil)
    enough = usual + 1 + whole[free, 1][0] + more
    assert usual > 0.8 * enough
    cut = explore(program, THREADS, Limits(files=(str(tmp_path / "shop.py"),), schedules=enough))
    again = counted(cut)
    rest = {(free, 2): (more, False)} if more else {}
    assert again == {key: phase for key, phase in whole.items() if key != (free, 2)} | rest
    assert "schedules with at most 2 preemptions" in cut.sentence
    assert f"in all {whole[free, 1][0]} schedules more with at most 1 preemption" in cut.sentence


@pytest.mark.parametrize("limits", [{"bound": -1}, {"schedules": 0}, {"seconds": 0}])
def test_limits_that_allow_nothing_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="it takes"):
        Limits(**limits)


def test_an_unbounded_search_names_no_bound() -> None:
    strategy = next(entry.part for entry in entries("strategy") if entry.name == "exhaustive")
    found = searched(kept("alice"), kept("bob"), strategy=strategy)
    assert [phase.bound for phase in found.phases] == [None]
    assert found.sentence == "No mix-up in all 20 schedules at 4 switch points."


def test_the_seed_fixes_a_sample() -> None:
    strategy = next(entry.part for entry in entries("strategy") if entry.name == "random_walk")
    runs = [searched(kept("a"), kept("b"), strategy=strategy, schedules=30, seed=seed) for seed in (1, 1, 2)]
    states = [replace(run, seconds=0.0) for run in runs]
    assert states[0] == states[1]
    assert strategy.make(StrategyOptions()).begin()
