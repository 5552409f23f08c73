"""What the benchmark says of a tool: arithmetic over hand-made searches, and how a tool's process is run and ended."""

import math
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bench.explore.corpus import case, names
from bench.explore.measure import SLICE, slices
from bench.explore.results import closing, report
from bench.explore.running import paces, run
from bench.explore.score import (
    Pace,
    Row,
    detection,
    detections,
    from_json,
    ratio_words,
    ratios,
    speed,
    speeds,
    to_json,
    totals,
)
from bench.explore.search import Counted, Effort, Form, Search, Tool
from bench.explore.tools import of_packages, tools
from harness.core.errors import UserError
from localimpl import Unit

CASE = "a2_overwritten_5_ticks_later"


def found(schedules: int, seconds: float = 0.01, replayed: int | None = 10) -> Search:
    return Search(schedules, seconds, seconds, found=True, replayed=replayed, kind="bleed")


def missed(schedules: int = 300, exhausted: bool = False) -> Search:
    return Search(schedules, 1.0, 1.0, found=False, exhausted=exhausted)


def never(form: Form, effort: Effort) -> Search:
    raise AssertionError("a table is made without searching")


def tool(name: str, package: str) -> Tool:
    return Tool(name, package, "", seeded=True, units=frozenset(Unit), search=never)


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (None, "–"),
        (Row(CASE, "t", (found(3), found(9), found(4)), seeds=3), "4, 10 ms"),
        (Row(CASE, "t", (found(3), missed(), found(40)), seeds=3), "40 (2/3), 10 ms"),
        (Row(CASE, "t", (found(3), missed(), missed()), seeds=3), "seldom (1/3), 10 ms"),
        (Row(CASE, "t", (missed(), missed()), seeds=2), "never (0/2)"),
        (Row(CASE, "t", (found(3), found(5)), seeds=7, stopped="took more than 120 s"), "4 (2/2), 10 ms"),
        (Row(CASE, "t", (missed(exhausted=True),)), "false pass"),
        (Row(CASE, "t", (found(3, 2.5),), fixed=found(1)), "3, 2.5 s FALSE FINDING"),
        (Row(CASE, "t", stopped="took more than 120 s"), "stopped"),
    ],
)
def test_a_cell_tells_the_median_and_how_many_seeds_found_it(row: Row | None, cell: str) -> None:
    assert detection(row) == cell


def test_an_exhausted_fixed_form_is_no_false_pass() -> None:
    row = Row(CASE, "t", (found(3),), fixed=missed(exhausted=True))
    assert not row.false_pass
    assert not row.false_finding


def test_more_than_half_of_the_seeds_must_find_it_for_a_median() -> None:
    assert Row(CASE, "t", (found(3), missed(), missed()), seeds=3).schedules == math.inf


def test_rows_are_kept_as_they_are() -> None:
    row = Row(CASE, "t", (found(3), missed()), 2, missed(exhausted=True), "took more than 120 s")
    assert from_json(to_json(row)) == row


def test_the_ratio_is_to_the_fastest_peer_and_only_where_one_ran() -> None:
    every = [tool("ours", "us"), tool("ours drawn", "us"), tool("slow", "p"), tool("fast", "q")]
    measured = {
        "x": {
            "ours": Pace(100, 200),
            "ours drawn": Pace(400, 500),
            "slow": Pace(10, 250),
            "fast": Pace(50, 60),
        },
        "y": {"ours": Pace(100, 200)},
    }
    clock, processor = (lambda pace: pace.clock), (lambda pace: pace.processor)
    assert ratios(["x", "y"], every[:1], every, measured, clock) == [2]
    assert ratios(["x", "y"], every, every, measured, clock) == [8]
    assert ratios(["x", "y"], every, every, measured, processor) == [2]
    assert ratio_words([1, 4]) == "2.0 times (1.0 to 4.0)"
    assert ratios(["y", "z"], every, every, measured, clock) == []


def test_a_pace_is_that_of_the_best_slice_with_the_schedules_that_a_tool_does_not_report() -> None:
    slices = [
        Search(80, seconds, worked, found=False, begun=100) for seconds, worked in ((4, 2), (2, 1), (8, 0.5))
    ]
    assert Pace.of(slices) == Pace(clock=50, processor=200)


def test_the_tables_have_a_line_for_each_case_and_tool() -> None:
    rows = [Row("x", "ours", (found(3),)), Row("x", "slow", (missed(exhausted=True),))]
    every = [tool("ours", "us"), tool("slow", "p")]
    assert detections(["x"], every, rows).splitlines()[-1] == "| x | 3, 10 ms | false pass |"
    assert speeds(["x"], every, {"x": {"ours": Pace(1234.4, 2000)}}).splitlines()[-1] == (
        "| x | 1,234 (2,000) | – |"
    )
    assert speed(None) == "–"
    assert totals(every, rows).splitlines()[2:] == [
        "| ours | 1 of 1 | 3 | 0 | 0 | 0 | 10 of 10 | 0 |",
        "| slow | 0 of 1 | never | 1 | 0 | 0 | none | 0 |",
    ]


def test_the_closing_lines_name_what_took_too_long_and_what_is_graded_otherwise() -> None:
    ours = tools()["ctxstress"]
    right = Search(3, 0.1, 0.1, found=True, kind="bleed", feasibility=str(case(CASE).feasibility))
    late = Search(50, 0.1, 0.1, found=True, kind="bleed", feasibility="sequential")
    rows = [
        Row(CASE, ours.name, (right,), fixed=missed(exhausted=True)),
        Row("c2_overwritten_5_ticks_later", ours.name, (late,), fixed=found(1)),
    ]
    measured = {
        "b2_cached_with_call_between": {
            "ctxstress": Pace(100, 300),
            "ctxstress URW": Pace(200, 600),
            "frontrun DPOR": Pace(50, 100),
        },
        CASE: {"ctxstress": Pace(5000, 6000), "frontrun DPOR": Pace(50, 100)},
    }
    every = tuple(tools().values())
    text, rates = closing(names(), every, rows, measured)
    assert "found within 10 schedules: 1 of 2; c2_overwritten_5_ticks_later after 50" in text
    assert "without a finding: 1 of 2" in text
    assert "as the case says: 1 of 2" in text
    greenlets, threads = rates.splitlines()[2:]
    assert greenlets.startswith("| Greenlets | 5,000 to 5,000 | no peer controls them |")
    over = "4.0 times (4.0 to 4.0)"
    assert threads == (
        f"| Threads | 200 to 200 | {over} | 6.0 times (6.0 to 6.0) | {over} | not compared | 2.0 times (2.0 to 2.0) |"
    )
    measured["b2_cached_with_call_between"]["interleave-test PCT lines"] = Pace(80, 200)
    rows.append(Row("b2_cached_with_call_between", "frontrun DPOR", (found(2),)))
    rows.append(Row("b2_cached_with_call_between", "interleave-test PCT lines", (missed(),)))
    rates = closing(names(), every, rows, measured)[1]
    assert rates.splitlines()[-1] == (
        f"| Threads | 200 to 200 | 2.5 times (2.5 to 2.5) | 3.0 times (3.0 to 3.0) | {over} | {over} "
        "| 1.2 times (1.2 to 1.2) |"
    )


def test_the_page_has_all_cases_and_what_tools_said() -> None:
    rows = [Row(CASE, "frontrun DPOR", (Search(1, 0.1, 0.1, found=False, note="it was in two minds"),))]
    page = report(names(), tuple(tools().values()), rows, {}, 7, 300, date(2026, 11, 21))
    assert all(name in page for name in names())
    assert "- frontrun DPOR: it was in two minds (a2_overwritten_5_ticks_later)" in page


def test_all_tools_count_the_instances_up_to_the_first_that_goes_wrong() -> None:
    subject = case("proxy_bound_at_import")
    counted = Counted(subject.faulty)
    counted.begin()
    trial = counted.begin()
    assert counted.is_right(trial, {"alice": "alice", "bob": "bob"})
    assert not counted.is_right(trial, {"alice": "alice", "bob": "alice"})
    counted.begin()
    counted.failed("an error that comes of the first")
    search = counted.search(replayed=10)
    assert (search.schedules, search.found, search.kind) == (2, True, "stale")


def test_a_peer_that_is_not_there_is_answered_with_what_may_be_meant() -> None:
    assert {one.package for one in of_packages(["simloop"])} == {"ctxstress", "simloop"}
    with pytest.raises(UserError, match="is 'detangle' meant"):
        of_packages(["detangel"])


def test_a_tool_runs_in_a_process_of_its_own_and_is_ended_when_it_takes_too_long() -> None:
    commands = Path(sys.executable).parent
    ours = tools()["ctxstress"]
    row = run(commands, ours, "c1_overwritten_1_tick_later", seeds=1, schedules=10, seconds=100)
    assert (row.found, row.stopped) == (1, "")
    assert row.fixed is not None
    assert row.fixed.exhausted
    late = run(commands, ours, "c1_overwritten_1_tick_later", seeds=1, schedules=10, seconds=0.01)
    assert (late.found, late.stopped) == (0, "took more than 0.01 s")


def test_tools_are_timed_in_turn_and_one_that_fails_is_left_out() -> None:
    commands = Path(sys.executable).parent
    drawn = tools()["ctxstress random walk"]
    gone = replace(drawn, name="not there")
    measured = paces(commands, [drawn, gone], "c1_overwritten_1_tick_later", schedules=20)
    assert measured.keys() == {drawn.name}
    assert measured[drawn.name].clock > 0


def test_a_slice_is_taken_whenever_one_is_asked_for() -> None:
    efforts: list[Effort] = []

    def search(form: Form, effort: Effort) -> Search:
        assert form.begin is form.case.fixed
        efforts.append(effort)
        return Search(
            effort.schedules, effort.schedules * SLICE / 100, 0.1, found=False, begun=effort.schedules
        )

    first, *others = slices(replace(tool("t", "p"), search=search), CASE, 300, asked=["", ""])
    assert first.schedules == 30
    # A hundred take a slice, so no search is asked for more, and each has another seed.
    assert [each.schedules for each in others] == [100, 100]
    assert [effort.seed for effort in efforts] == [1, 1, 2]
