"""The SQL store over a real PostgreSQL: the row keeps its promise there, and a server that fails is named."""

import pytest
from werkzeug.test import Client

from harness.core.record import Ending
from harness.core.verdict import Anomaly, Grade
from harness.engine.job import Options
from harness.framework import App
from harness.framework.sessions.places import SQL_URL
from harness.framework.sessions.sql import SqlSessions
from harness.runs import Recorder, execute
from harness.selection import Asked, select
from localimpl.contextvar import SUBJECT

pytestmark = pytest.mark.slow


def test_the_row_keeps_its_promise(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SQL_URL, postgresql)
    asked = Asked(
        targets=("mini_sql",), hosts=("threads", "greenlets", "tasks"), servers=("threaded", "gevent_pywsgi")
    )
    run = execute(Recorder(select(asked), Options(), "ctxstress run", asked), lambda result: None)
    assert len(run.cells) == 5 * 4
    assert {result.ending for result in run.cells} == {Ending.JUDGED}
    assert {result.cell.id: result.grade for result in run.cells if result.grade is not Grade.KEPT} == {}
    lost = sum(
        each.count for result in run.cells for each in result.findings if each.anomaly is Anomaly.LOST_UPDATE
    )
    assert lost, "nothing was lost where nothing locks"
    store = SqlSessions(postgresql)
    with store._connected() as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM ctxstress_sessions").scalar()
    store.close()
    assert kept, "the run kept its sessions somewhere else"


def test_a_row_that_another_has_locked_is_waited_for_and_then_named(postgresql: str) -> None:
    store = SqlSessions(postgresql, patience=0.3)
    app = App(SUBJECT, store=store)

    @app.route("/")
    def visit() -> str:
        app.session["visits"] = app.session.get("visits", 0) + 1
        return str(app.session["visits"])

    client = Client(app)
    assert client.get("/").text == "1"
    other = SqlSessions(postgresql)
    with other._connected() as connection:
        connection.exec_driver_sql("LOCK TABLE ctxstress_sessions IN EXCLUSIVE MODE")
        answer = client.get("/")
    assert answer.status_code == 503
    assert answer.text.startswith(
        f"the session store sql at {postgresql} cannot be used: canceling statement due to "
    )
    store.close()
    other.close()
