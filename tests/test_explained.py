"""What a flood saw is handed to the explorer, and never stays without a word when that comes to nothing."""

from harness.core.record import CellResult, Ending, Place
from harness.core.verdict import Outcome
from harness.engine.job import Explore, Options
from harness.engine.pool import Pool
from harness.explained import explained
from harness.selection import Asked, select

ASKED = Explore(seconds=5.0, schedules=50)
OPTIONS = Options(requests=48)


def flooded(local: str) -> CellResult:
    asked = Asked(locals=(local,), hosts=("threads",), scenarios=("read_back",))
    pool = Pool(1)
    try:
        (result,) = pool.run(select(asked).jobs(OPTIONS))
    finally:
        pool.stop()
    assert result.outcome is Outcome.MIXED
    assert result.explored is None
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
