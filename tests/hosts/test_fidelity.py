"""Plain functions and coroutines, which no driver of ours touches, find what the scripts find on every kind of unit."""

from functools import cache

import pytest

from harness.core.record import CellResult, Ending
from harness.core.verdict import Outcome
from harness.engine.job import Options
from harness.engine.pool import Pool
from harness.selection import Asked, select

LOCALS = ("thread_ident", "greenlet_ident", "contextvar", "broken_global")
HOSTS = ("threads", "greenlets", "tasks")
NATIVE = {"threads": "native_sync", "greenlets": "native_sync", "tasks": "native_async"}
MIXES = {
    ("thread_ident", "greenlets"),
    ("thread_ident", "tasks"),
    ("greenlet_ident", "tasks"),
    ("broken_global", "threads"),
    ("broken_global", "greenlets"),
    ("broken_global", "tasks"),
}


@cache
def results() -> dict[str, CellResult]:
    scenarios = ("read_back", *sorted(set(NATIVE.values())))
    selection = select(Asked(locals=LOCALS, hosts=HOSTS, scenarios=scenarios))
    return {result.cell.id: result for result in Pool(1).run(selection.jobs(Options()))}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("local", LOCALS)
def test_native_views_agree_with_the_script(local: str, host: str) -> None:
    script, native = results()[f"{local}-{host}-read_back"], results()[f"{local}-{host}-{NATIVE[host]}"]
    expected = Outcome.MIXED if (local, host) in MIXES else Outcome.ISOLATED
    assert (script.outcome, native.outcome) == (expected, expected)
    assert (script.ending, native.ending) == (Ending.JUDGED, Ending.JUDGED)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("local", LOCALS)
def test_both_had_the_chance_to_disagree(local: str, host: str) -> None:
    for scenario in ("read_back", NATIVE[host]):
        assert results()[f"{local}-{host}-{scenario}"].evidence.overlap > 0
