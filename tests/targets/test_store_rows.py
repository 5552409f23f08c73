"""Each store's row keeps its promise, under threads here and on a server, and shows whether updates are lost there."""

import pytest

from harness.core.record import Ending, Run
from harness.core.verdict import Anomaly, Grade
from harness.engine.job import Options
from harness.runs import Recorder, execute
from harness.selection import Asked, select

ROWS = ("mini_cookie", "mini_memory", "mini_sql", "mini_redis", "mini_redis_locked")
SCENARIOS = {"session_many_clients", "session_one_client", "session_rotation", "session_logout"}


def scenario(path: str) -> str:
    return path.partition(":")[0].rpartition(".")[2]


@pytest.fixture(scope="module", params=ROWS)
def ran(request: pytest.FixtureRequest) -> Run:
    asked = Asked(targets=(request.param,), hosts=("threads", "tasks"), servers=("threaded",))
    return execute(Recorder(select(asked), Options(), "ctxstress run", asked), lambda result: None)


def test_it_keeps_its_promise(ran: Run) -> None:
    assert {result.ending for result in ran.cells} == {Ending.JUDGED}
    assert {result.grade for result in ran.cells} == {Grade.KEPT}


def test_its_row_is_about_sessions_and_leaves_out_what_it_is_exempt_from(ran: Run) -> None:
    (subject,) = ran.subjects
    tried = {(result.unit.value, scenario(result.cell.scenario)) for result in ran.cells}
    expected = {(unit, name) for unit in ("thread", "task") for name in SCENARIOS} - set(subject.exempt)
    assert tried == expected


def test_lost_updates_are_shown_where_nothing_is_promised_and_else_there_are_none(ran: Run) -> None:
    (subject,) = ran.subjects
    found = [
        each
        for result in ran.cells
        if scenario(result.cell.scenario) == "session_one_client"
        for each in result.findings
        if each.anomaly is Anomaly.LOST_UPDATE
    ]
    assert all(each.chances > 20 for each in found)
    assert bool(sum(each.count for each in found)) is not subject.keeps_updates
