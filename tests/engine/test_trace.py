"""A walk through the lifecycle shows each phase of both requests, and a mix-up where there is one."""

from io import StringIO

import pytest
from rich.console import Console

from harness.core.steps import PAUSE, Script
from harness.core.trace import Glimpse, Held, Moment
from harness.engine.trace import walk
from harness.engine.turns import take_turns
from localimpl import Subject, Unit
from localimpl.contextvar import SUBJECT as CONTEXTVAR
from localimpl.greenlet_ident import SUBJECT as GREENLET_IDENT
from localimpl.thread_ident import SUBJECT as THREAD_IDENT
from reports.trace import print_trace

PHASES = [
    "request_context",
    "push: AppContext",
    "push: RequestContext",
    "open_session",
    "match_request",
    "request_started",
    "view: stores its user",
    "view: reads it back",
    "after_request, session",
    "auto_pop: teardown",
    "auto_pop: popped",
]


@pytest.mark.parametrize(
    ("subject", "unit"),
    [
        *((CONTEXTVAR, unit) for unit in Unit),
        (GREENLET_IDENT, Unit.THREAD),
        (GREENLET_IDENT, Unit.GREENLET),
        (THREAD_IDENT, Unit.THREAD),
    ],
    ids=lambda part: str(getattr(part, "name", part)),
)
def test_a_good_local_shows_each_request_its_own_at_every_phase(subject: Subject, unit: Unit) -> None:
    walked = walk(subject, unit)
    for name in ("alice", "bob"):
        moments = [moment for moment in walked.moments if moment.request == name]
        assert [moment.phase for moment in moments] == PHASES
        assert [moment.foreign() for moment in moments] == [()] * len(PHASES)
        reading = moments[PHASES.index("view: reads it back")]
        assert [glimpse.answer for glimpse in reading.glimpses] == [f"/{name}", name, name, name]
        own = f"{unit} {1 if name == 'alice' else 2}"
        assert [held for held in reading.held if held.unit == own] == [
            Held("request", own, f'{{"stack": [{name}]}}'),
            Held("app", own, f'{{"stack": [{name}]}}'),
            Held("local", own, f'{{"user": "{name}"}}'),
        ]
    assert walked.moments[-1].held == ()
    assert walked.answers == (("alice", "hello alice"), ("bob", "hello bob"))
    assert walked.promised


@pytest.mark.parametrize(
    ("subject", "unit"),
    [(THREAD_IDENT, Unit.GREENLET), (THREAD_IDENT, Unit.TASK), (GREENLET_IDENT, Unit.TASK)],
    ids=lambda part: str(getattr(part, "name", part)),
)
def test_a_local_keyed_by_too_little_shows_the_other(subject: Subject, unit: Unit) -> None:
    walked = walk(subject, unit)
    assert walked.answers == (("alice", "hello bob"), ("bob", "hello bob"))
    assert not walked.promised
    reading = next(moment for moment in walked.moments if moment.phase == "view: reads it back")
    assert reading.request == "alice"
    assert [glimpse.answer for glimpse in reading.foreign()] == ["/bob", "bob", "bob", "bob"]
    assert Held("request", "thread", '{"stack": [alice, bob]}') in reading.held


@pytest.mark.parametrize("unit", Unit)
def test_units_take_turns_at_every_step(unit: Unit) -> None:
    order: list[str] = []

    def script(name: str, steps: int) -> Script[str]:
        for number in range(steps):
            order.append(f"{name}{number}")
            yield PAUSE
        return name.upper()

    results = take_turns(
        unit, {"a": lambda: script("a", 2), "b": lambda: script("b", 4), "c": lambda: script("c", 1)}
    )
    assert results == {"a": "A", "b": "B", "c": "C"}
    assert order == ["a0", "b0", "c0", "a1", "b1", "b2", "b3"]


@pytest.mark.parametrize("unit", Unit)
def test_an_error_of_a_unit_is_raised(unit: Unit) -> None:
    def script() -> Script[None]:
        yield PAUSE
        raise KeyError("planned")

    def other() -> Script[None]:
        for _ in range(4):
            yield PAUSE

    with pytest.raises(KeyError, match="planned"):
        take_turns(unit, {"a": script, "b": other})


def printed(subject: Subject, unit: Unit, **options: object) -> str:
    out = StringIO()
    print_trace(walk(subject, unit), Console(file=out, **options))  # type: ignore[arg-type]
    return out.getvalue()


def test_the_printed_walk_is_plain_text_of_a_hundred_columns_where_there_is_no_terminal() -> None:
    text = printed(THREAD_IDENT, Unit.GREENLET)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in text
    assert next(line for line in lines if "reads it back" in line).split() == [
        *("alice", "view:", "reads", "it", "back", "local", "{thread:", '{"user":', '"bob"}}'),
        *("/bob!", "bob!", "bob!", "bob!"),
    ]
    assert "GET /alice was answered hello bob" in lines
    assert "does not promise to keep greenlets apart" in text.replace("\n", " ").replace("  ", " ")


def test_the_printed_walk_has_colours_on_a_terminal() -> None:
    text = printed(CONTEXTVAR, Unit.TASK, force_terminal=True, width=100, color_system="standard")
    assert "\x1b[" in text
    assert text.count("!") == 1, "in the legend"


def test_foreign_is_what_belongs_to_another_request_only() -> None:
    glimpses = (
        Glimpse("g.user", "bob", "bob"),
        Glimpse("request.path", "/alice", "alice"),
        Glimpse("x", "", ""),
    )
    assert Moment("alice", "task 1", "view", (), glimpses).foreign() == (glimpses[0],)
