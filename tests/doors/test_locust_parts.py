"""The parts of locust's door that need no locust: names asked for, orders and visits, exit codes and verdicts."""

import argparse
from dataclasses import replace

import pytest

from harness.core.names import load
from harness.core.record import Cell, CellResult, Ending, Place, Run
from harness.core.verdict import Evidence, Grade, Outcome
from harness.engine.job import Options
from harness.locust_users.options import Collect, Names
from harness.locust_users.traffic import VISIT, Orders, Stage, Traffic
from harness.locust_users.verdict import exit_code, sentence
from harness.runs import Recorder
from harness.selection import Asked, select


def parse(*words: str) -> list[str]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    names = Names("local")
    parser.add_argument("--local", action=Collect, type=names.read, choices=names, default=["contextvar"])
    parsed: list[str] = parser.parse_args(words).local
    return parsed


def test_names_are_given_once_or_often_or_with_commas() -> None:
    assert parse() == ["contextvar"]
    assert parse("--local", "thread_ident") == ["thread_ident"]
    assert parse("--local", "thread_ident,contextvar", "--local", "broken_*") == [
        "thread_ident",
        "contextvar",
        "broken_*",
    ]
    assert parse("--local", "mine.local:Mine[thread,task],contextvar") == [
        "mine.local:Mine[thread,task]",
        "contextvar",
    ]


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(argparse.ArgumentError, match=r"no local 'contextvr'; did you mean contextvar\?"):
        parse("--local", "contextvr")


def test_what_is_named_by_import_string_is_offered_by_the_form_from_then_on() -> None:
    names = Names("local")
    assert "mine.local:Mine" not in list(names)
    names.read("mine.local:Mine")
    assert list(names)[-1] == "mine.local:Mine"


def test_what_cannot_run_on_servers_is_not_offered() -> None:
    assert "cancellation" not in list(Names("scenario", ("*",)))
    assert {"*", "disconnect"} <= set(Names("scenario", ("*",)))


def orders(label: str, hangs_up: bool = False) -> list[str]:
    made = Orders(1, label)
    return [repr(made.next(hangs_up=hangs_up)) for _ in range(6)]


def test_the_same_seed_and_label_give_the_same_orders_and_no_two_users_share_any() -> None:
    assert orders("u1") == orders("u1")
    assert not {*orders("u1")} & {*orders("u11")}
    assert {*orders("u1")} & {*orders("u1", hangs_up=True)}


def test_every_third_request_hangs_up_where_the_scenario_wants_it() -> None:
    made = Orders(1, "u1")
    assert [made.next(hangs_up=True).hangs_up for _ in range(6)] == [True, False, False, True, False, False]
    assert not any(made.next(hangs_up=False).hangs_up for _ in range(6))


def test_users_of_a_server_stay_together_and_visit_every_scenario() -> None:
    read_back = load("scenarios.read_back:SCENARIO")
    stage = Stage("task", 1, [Traffic(number, f"cell{number}", read_back) for number in range(3)])
    visits = [stage.next().number for _ in range(4 * VISIT)]
    assert visits == [0] * VISIT + [1] * VISIT + [2] * VISIT + [0] * VISIT


def test_traffic_is_handed_over_once() -> None:
    traffic = Traffic(7, "cell", load("scenarios.read_back:SCENARIO"))
    assert traffic.hand_over() is None
    traffic.end("a", [])
    assert traffic.hand_over() == {"cell": 7, "done": ["a"], "rows": []}
    assert traffic.hand_over() is None


def result(outcome: Outcome, grade: Grade, scenario: str = "read_back", **more: object) -> CellResult:
    cell = Cell(
        "localimpl.thread_ident:SUBJECT",
        Place.SERVER,
        "harness.servers.uvicorn_asgi:SERVER",
        f"scenarios.{scenario}:SCENARIO",
        "harness.targets.mini:TARGET",
        "harness.gates.jitter:GATE",
    )
    unit = load(cell.where).unit
    found = CellResult(cell, unit, Ending.JUDGED, outcome, grade, 10, Evidence(entered=10, overlap=9))
    return replace(found, **more)  # type: ignore[arg-type]


def run(*results: CellResult) -> Run:
    asked = Asked(locals=("thread_ident",), servers=("uvicorn_asgi",))
    recorder = Recorder(select(asked), Options(), "locust", asked)
    for each in results:
        recorder.add(each)
    return recorder.run()


KEPT = result(Outcome.ISOLATED, Grade.KEPT)
OTHER = "starts_empty"


@pytest.mark.parametrize(
    ("other", "code", "said"),
    [
        (
            result(Outcome.ISOLATED, Grade.KEPT, OTHER),
            0,
            "kept: thread_ident on uvicorn_asgi kept 20 requests apart",
        ),
        (result(Outcome.ISOLATED, Grade.UNPROMISED, OTHER), 0, "18 of them could have been disturbed"),
        (
            result(Outcome.MIXED, Grade.BROKEN, OTHER),
            1,
            "thread_ident on tasks, which it promises to keep apart",
        ),
        (result(Outcome.MIXED, Grade.UNPROMISED, OTHER), 1, "which it does not promise to keep apart"),
        (result(Outcome.MIXED, Grade.CAUGHT, OTHER), 1, "3 of 20 requests were mixed up in 1 of 2 cells"),
        (result(Outcome.ISOLATED, Grade.MISSED, OTHER), 2, "must be seen to mix up requests, and was not"),
        (
            result(Outcome.INCONCLUSIVE, Grade.UNPROVEN, OTHER),
            2,
            "starts_empty: too little evidence; more users",
        ),
        (
            result(Outcome.INCONCLUSIVE, Grade.UNPROMISED, OTHER),
            2,
            "inconclusive: nothing is proven in 1 of 2 cells",
        ),
        (result(Outcome.INCONCLUSIVE, Grade.UNPROVEN, OTHER, sent=0), 2, "it was not reached; more users"),
        (
            result(Outcome.INCONCLUSIVE, Grade.UNPROVEN, OTHER, evidence=Evidence(entered=10, failed=4)),
            2,
            "4 of 10 requests failed",
        ),
        (
            result(Outcome.ISOLATED, Grade.KEPT, OTHER, ending=Ending.CRASHED, log="first\nlast words"),
            2,
            "its server crashed: last words",
        ),
    ],
)
def test_the_worst_cell_makes_the_verdict(other: CellResult, code: int, said: str) -> None:
    both = run(KEPT, other)
    assert exit_code(both) == code
    assert said in sentence(both, 3)


def test_what_is_worst_is_said_first_and_once_for_each_unit() -> None:
    mixed = [
        result(Outcome.MIXED, Grade.CAUGHT),
        result(Outcome.MIXED, Grade.UNPROMISED, OTHER),
        result(Outcome.MIXED, Grade.BROKEN, "nested_contexts"),
    ]
    assert sentence(run(*mixed), 3).endswith("by thread_ident on tasks, which it promises to keep apart")


def test_a_server_of_one_unit_is_not_said_to_have_overlapped() -> None:
    alone = result(Outcome.ISOLATED, Grade.KEPT, evidence=Evidence(entered=10, reuse=9))
    assert sentence(run(alone), 0).endswith("no two at once, 9 of them on a unit that had served another")
