"""What a flood saw is handed to the explorer, and never stays without a word when that comes to nothing."""

from dataclasses import replace

import pytest

from harness.core.feasibility import Feasibility
from harness.core.record import CellResult, Ending, Place
from harness.core.verdict import Grade, Outcome
from harness.engine.job import Explore, Options
from harness.engine.pool import Pool
from harness.explained import explained
from harness.selection import Asked, select

ASKED = Explore(seconds=5.0, schedules=50)
OPTIONS = Options(requests=48)


def ran(local: str, options: Options, host: str = "threads") -> CellResult:
    asked = Asked(locals=(local,), hosts=(host,), scenarios=("read_back",))
    pool = Pool(1)
    try:
        (result,) = pool.run(select(asked).jobs(options))
    finally:
        pool.stop()
    assert result.explored is None
    return result


def flooded(local: str) -> CellResult:
    result = ran(local, OPTIONS)
    assert result.outcome is Outcome.MIXED
    return result


def hung(local: str, host: str = "threads") -> CellResult:
    result = ran(f"tests.engine.crooked_locals:{local}", replace(OPTIONS, time_limit=1.0), host)
    assert (result.ending, result.outcome) == (Ending.HUNG, Outcome.INCONCLUSIVE)
    return result


def test_a_mixup_gets_its_interleaving() -> None:
    (result,) = explained([flooded("broken_global")], OPTIONS, ASKED, lanes=1)
    assert result.explored is not None
    assert result.explored.explanation is not None
    assert result.cell.place is Place.HOST


def test_a_search_that_brings_its_process_down_is_said() -> None:
    (result,) = explained(
        [flooded("tests.engine.crooked_locals:DIES_UNDER_CONTROL")], OPTIONS, ASKED, lanes=1
    )
    assert (result.outcome, result.ending) == (Outcome.MIXED, Ending.JUDGED)
    assert result.explored is not None
    assert result.explored.outcome is Outcome.INCONCLUSIVE
    assert "its process crashed" in result.explored.reason
    assert "exit code 3" in result.explored.reason


@pytest.mark.parametrize("host", ["threads", "threads_per_request", "greenlets"])
def test_a_deadlock_is_proven_of_a_cell_that_hung(host: str) -> None:
    said: list[str] = []
    (result,) = explained([hung("DEADLOCKS", host)], OPTIONS, ASKED, lanes=1, say=said.append)
    assert (result.ending, result.outcome) == (Ending.HUNG, Outcome.MIXED)
    assert result.grade is Grade.BROKEN
    assert result.explored is not None
    assert result.explored.explanation is not None
    assert result.explored.explanation.kind == "deadlock"
    assert result.hung_at
    assert said == ["searching the interleavings of 1 cell that hung"]


def test_a_search_that_is_silent_leaves_a_cell_that_hung_untold() -> None:
    (result,) = explained([hung("STUCK_UNLESS_UNDER_CONTROL")], OPTIONS, ASKED, lanes=1)
    assert (result.ending, result.outcome) == (Ending.HUNG, Outcome.INCONCLUSIVE)
    assert result.grade is Grade.UNPROVEN
    assert result.explored is not None
    assert result.explored.explanation is None


def test_a_cell_of_a_server_that_hung_is_explored_in_one_process_and_shares_what_is_known() -> None:
    stuck = hung("DEADLOCKS")
    server = replace(stuck.cell, place=Place.SERVER, where="harness.servers.threaded:SERVER")
    on_server = replace(stuck, cell=server)
    said: list[str] = []
    (result,) = explained([on_server], OPTIONS, ASKED, lanes=1, say=said.append)
    assert (result.cell, result.ending) == (server, Ending.HUNG)
    assert (result.outcome, result.grade) == (Outcome.MIXED, Grade.BROKEN)
    assert result.explored is not None
    assert result.explored.explanation is not None
    assert result.explored.explanation.stuck
    assert said == ["searching the interleavings of 1 cell that hung"]
    known = replace(result, cell=stuck.cell)
    (again,) = explained([known, on_server], OPTIONS, ASKED, lanes=1, say=said.append)
    assert again == result
    assert len(said) == 1


def test_what_hung_is_not_explained_by_a_mixup_that_is_known() -> None:
    (mixed,) = explained([flooded("broken_global")], OPTIONS, ASKED, lanes=1)
    server = replace(mixed.cell, place=Place.SERVER, where="harness.servers.threaded:SERVER")
    stuck = replace(
        mixed,
        cell=server,
        ending=Ending.HUNG,
        outcome=Outcome.INCONCLUSIVE,
        grade=Grade.UNPROVEN,
        explored=None,
    )
    said: list[str] = []
    assert list(explained([mixed, stuck], OPTIONS, ASKED, lanes=1, say=said.append)) == []
    assert said == ["searching the interleavings of 1 cell that hung"]


def test_where_requests_come_in_turn_only_what_takes_no_overlap_explains_that_it_hung() -> None:
    in_turn = hung("DEADLOCKS", "single")
    (result,) = explained([in_turn], OPTIONS, ASKED, lanes=1)
    assert (result.cell, result.outcome) == (in_turn.cell, Outcome.MIXED)
    assert result.explored is not None
    assert (told := result.explored.explanation) is not None
    assert (told.stuck, told.feasibility) == (True, Feasibility.SEQUENTIAL)

    crossed = replace(in_turn, cell=replace(in_turn.cell, subject="tests.engine.crooked_locals:CROSSED"))
    at_once = replace(crossed, cell=replace(crossed.cell, where="harness.hosts.threads:HOST"))
    (result,) = explained([crossed, at_once], OPTIONS, ASKED, lanes=1)
    assert (result.cell, result.outcome) == (at_once.cell, Outcome.MIXED)
    assert result.explored is not None
    assert (told := result.explored.explanation) is not None
    assert told.stuck
    assert told.feasibility is not Feasibility.SEQUENTIAL
