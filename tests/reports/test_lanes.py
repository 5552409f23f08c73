"""Lanes give each request one of its own, keep the order of events, draw the leak and fold the rest."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from harness.checkers import bleed, crossed_reply, lost, lost_update, residue, stale, torn
from harness.core.history import History
from harness.core.ports import Checker
from harness.core.record import Sample
from reports.lanes import MOST_LANES, MOST_ROWS, OTHER, Fold, Lanes, Mark, lay_out, short
from reports.lanes_text import witness_text

Tell = Callable[[str], History]

BLEED = """
a@t1 enter
a@t1 wrote user a.1
b@t2 enter
b@t2 wrote user b.1
a@t1 read user b.1
a@t1 leave
b@t2 leave
"""
STALE = """
a@t1 enter
a@t1 wrote user a.1
a@t1 leave
b@t1 enter
b@t1 read user a.1
b@t1 leave
"""
LOST = """
a@t1 enter
a@t1 wrote user a.1
a@t1 read user <absent>
a@t1 leave
"""
TORN = """
a@t1 enter
a@t1 wrote user a.1
b@t2 enter
b@t2 wrote user b.1
a@t1 wrote cart a.2
a@t1 read user+cart b.1 a.2
"""
UPDATES = """
a@t1 enter
b@t2 enter
a@t1 updated count zero a.1
b@t2 updated count zero b.1
"""
RESIDUE = """
a@t1 enter
a@t1 wrote user a.1
a@t1 leave
a@t1 residue user a.1
"""
CROSSED = """
a@t1 enter
b@t2 enter
a@t1 replied - token-b
"""


@pytest.fixture
def proof(tell: Tell, made: SimpleNamespace) -> Callable[[str, Checker], Sample]:
    """Make the sample of the first witness that a checker finds in a history."""

    def make(lines: str, checker: Checker) -> Sample:
        history = tell(lines)
        sample: Sample = made.sample_of(history, next(iter(checker.check(history))))
        return sample

    return make


def seqs(view: Lanes) -> list[int | None]:
    return [row.seq if isinstance(row, Mark) else None for row in view.rows]


def leaks(view: Lanes) -> list[tuple[int, int]]:
    """Each arrow by the positions of its events in the history."""
    rows = [(view.rows[leak.source], view.rows[leak.target]) for leak in view.leaks]
    return [(start.seq, end.seq) for start, end in rows if isinstance(start, Mark) and isinstance(end, Mark)]


@pytest.mark.parametrize(
    ("lines", "checker", "arrows"),
    [
        (BLEED, bleed.CHECKER, [(3, 4)]),
        (STALE, stale.CHECKER, [(1, 4)]),
        (LOST, lost.CHECKER, [(1, 2)]),
        (TORN, torn.CHECKER, [(3, 5)]),
        (UPDATES, lost_update.CHECKER, [(2, 3)]),
        (RESIDUE, residue.CHECKER, [(1, 3)]),
        (CROSSED, crossed_reply.CHECKER, [(1, 2)]),
    ],
    ids=lambda value: str(value.anomaly) if isinstance(value, Checker) else "",
)
def test_the_arrow_leads_from_the_write_to_where_it_shows(
    proof: Callable[[str, Checker], Sample], lines: str, checker: Checker, arrows: list[tuple[int, int]]
) -> None:
    view = lay_out(proof(lines, checker))
    assert leaks(view) == arrows
    marked = {row.seq: row.role for row in view.rows if isinstance(row, Mark) and row.role}
    assert marked == {arrows[0][0]: "source", arrows[0][1]: "victim"}
    assert view.leaks[0].gone is (checker is lost.CHECKER)


def test_each_request_has_a_lane_for_as_long_as_it_was_in_flight(
    proof: Callable[[str, Checker], Sample],
) -> None:
    view = lay_out(proof(STALE, stale.CHECKER))
    assert [(lane.request, lane.unit, lane.begins, lane.ends) for lane in view.lanes] == [
        ("a", "t1", 0, 2),
        ("b", "t1", 3, 5),
    ]
    assert seqs(view) == [0, 1, 2, 3, 4, 5]


def test_values_belong_to_the_lane_that_wrote_them(proof: Callable[[str, Checker], Sample]) -> None:
    view = lay_out(proof(BLEED, bleed.CHECKER))
    read = view.rows[4]
    assert isinstance(read, Mark)
    assert read.text == "reads user → b.1"
    assert [piece.owner for piece in read.label] == [None, 1]


def test_a_value_of_a_request_that_has_no_lane_is_foreign(tell: Tell, made: SimpleNamespace) -> None:
    history = tell("a enter\na wrote user a.1\na read user z.9\na read user a.1\na read user <absent>")
    roles = [row.role for row in lay_out(made.sample_of(history)).rows if isinstance(row, Mark)]
    assert roles == ["", "", "foreign", "", ""]
    read = lay_out(made.sample_of(history)).rows[2]
    assert isinstance(read, Mark)
    assert read.label[-1].owner == OTHER


def test_tokens_lose_their_secret_and_long_values_their_middle() -> None:
    assert short("r12-0123456789ab") == "r12"
    assert short("r12-0123456789ab/child.3") == "r12/child.3"
    assert short("user7-0123456789ab") == "user7"
    assert short("r12-0123") == "r12-0123"
    assert short("<absent>") == "nothing"
    long = short("a value that goes on and on")
    assert long.startswith("a value")
    assert "…" in long
    assert len(long) < 20


def many(around: int) -> str:
    """A bleed between ``around`` looks of each request at other names."""
    noise = [f"{request} read other{number} <absent>" for number in range(around) for request in "ab"]
    return "\n".join(
        ["a enter", "a wrote user a.1", "b enter", *noise, "b wrote user b.1", "a read user b.1", *noise]
    )


def test_a_long_sample_is_folded_around_its_proof(proof: Callable[[str, Checker], Sample]) -> None:
    sample = proof(many(12), bleed.CHECKER)
    assert len(sample.events) > 50
    view = lay_out(sample)
    assert len(view.rows) <= MOST_ROWS
    folded = [row.count for row in view.rows if isinstance(row, Fold)]
    assert sum(folded) + sum(isinstance(row, Mark) for row in view.rows) == len(sample.events)
    assert folded == [24, 24]
    assert leaks(view) == [(27, 28)]


def test_a_short_sample_is_not_folded(proof: Callable[[str, Checker], Sample]) -> None:
    view = lay_out(proof(many(2), bleed.CHECKER))
    assert not any(isinstance(row, Fold) for row in view.rows)


def test_the_proof_is_kept_however_long_its_own_name_goes_on(tell: Tell, made: SimpleNamespace) -> None:
    noise = [f"{request} read user {request}.1" for _ in range(30) for request in "ab"]
    lines = ["a enter", "a wrote user a.1", "b enter", "b wrote user b.1", *noise, "a read user b.1", *noise]
    history = tell("\n".join(lines))
    view = lay_out(made.sample_of(history, next(iter(bleed.CHECKER.check(history)))))
    assert len(view.rows) <= MOST_ROWS
    assert leaks(view) == [(3, 64)]


def test_of_many_requests_the_involved_ones_get_a_lane(tell: Tell, made: SimpleNamespace) -> None:
    others = "\n".join(f"o{number} enter" for number in range(6))
    history = tell(f"{others}\na enter\na wrote user a.1\nb enter\nb wrote user b.1\na read user b.1")
    view = lay_out(made.sample_of(history, next(iter(bleed.CHECKER.check(history)))))
    assert len(view.lanes) == MOST_LANES
    assert {"a", "b"} <= {lane.request for lane in view.lanes}
    assert view.left_out == 4


def test_a_child_of_a_request_speaks_in_its_lane(tell: Tell, made: SimpleNamespace) -> None:
    view = lay_out(made.sample_of(tell("a@t1 enter\na@t1/second wrote user a.1")))
    assert [lane.request for lane in view.lanes] == ["a"]
    row = view.rows[1]
    assert isinstance(row, Mark)
    assert row.text == "[second] writes user = a.1"


def test_a_lane_is_named_by_the_unit_that_ran_the_request(tell: Tell, made: SimpleNamespace) -> None:
    history = tell(
        "a@greenlet-12 enter\na@greenlet-12 leave\na@client-3 replied - token-a\nb@client-1 replied - token-b"
    )
    assert [lane.unit for lane in lay_out(made.sample_of(history)).lanes] == ["greenlet-12", "client-1"]


def test_an_empty_sample_is_an_empty_drawing() -> None:
    assert lay_out(Sample(None, (), ())).rows == ()
    assert witness_text(Sample(None, (), ())) == ""


def test_the_terminal_shows_both_lanes_and_the_sentence(proof: Callable[[str, Checker], Sample]) -> None:
    text = witness_text(proof(BLEED, bleed.CHECKER), width=80)
    lines = text.splitlines()
    assert lines[0].split() == ["a", "(t1)", "b", "(t2)"]
    assert "● writes user = b.1" in lines[4]
    assert lines[5].startswith("#4")
    assert "✗ reads user → b.1" in lines[5]
    assert lines[-1] == "b wrote 'user'; a, in flight with it, read b's value."


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_terminal_text_is_no_wider_than_asked(
    proof: Callable[[str, Checker], Sample], width: int
) -> None:
    lines = witness_text(proof(TORN, torn.CHECKER), width).splitlines()
    assert max(len(line) for line in lines[:-1]) <= width
