"""The same seed gives the same requests, tokens and pauses: on tasks the same history, event by event."""

import pytest

from harness.catalog import choose, entries
from harness.core.history import History, Kind
from harness.core.names import load
from harness.core.plan import plan
from harness.engine.flood import Flood
from localimpl import Unit


def flood(local: str, scenario: str, host: str, seed: int) -> History:
    """Return the history of one flood."""
    subject, tried, place, gate = (
        choose(kind, [name])[0].part
        for kind, name in (("local", local), ("scenario", scenario), ("host", host), ("gate", "jitter"))
    )
    mounted = load("harness.targets.mini:TARGET").mount(subject, tried)
    made = Flood(mounted, tried, place, gate.make)
    made.run(plan(48, 6, seed, tried.hangs_up))
    return made.history


# These hand a part of their work to threads, whose order is the machine's.
THREADED = {"executor_hop"}
ON_TASKS = [
    entry.name
    for entry in entries("scenario")
    if Unit.TASK in entry.part.units and entry.name not in THREADED
]


@pytest.mark.parametrize("scenario", ON_TASKS)
@pytest.mark.parametrize("local", ["contextvar", "thread_ident"])
def test_on_tasks_a_seed_fixes_every_event(local: str, scenario: str) -> None:
    first = flood(local, scenario, "tasks", 7).to_json()
    assert len(first) > 48
    assert flood(local, scenario, "tasks", 7).to_json() == first


def test_another_seed_gives_another_order() -> None:
    def order(seed: int) -> list[tuple[str, str]]:
        return [
            (kind, request) for kind, request, *_ in flood("contextvar", "read_back", "tasks", seed).to_json()
        ]

    assert order(7) == order(7)
    assert order(7) != order(8)


def test_on_threads_a_seed_fixes_requests_and_tokens() -> None:
    def tokens(seed: int) -> dict[str, str]:
        seen = flood("contextvar", "read_back", "threads", seed)
        return {event.request: event.value for event in seen if event.kind is Kind.ENTER}

    assert len(tokens(7)) == 48
    assert tokens(7) == tokens(7)
    assert not set(tokens(7).values()) & set(tokens(8).values())
