"""Each recorded look-up is judged by who wrote what it answered."""

from collections.abc import Callable

import pytest

from harness.core.history import History
from harness.core.reads import Seen, judge_reads

Tell = Callable[[str], History]

CASES: list[tuple[str, Seen, int | None, str]] = [
    ("the latest own value", Seen.OWN, None, "a enter\na wrote user a.1\na read user a.1"),
    (
        "a value that the request's other unit wrote",
        Seen.OWN,
        None,
        "a@task enter\na@task wrote user a.1\na@task/child read user a.1",
    ),
    ("nothing, unasked", Seen.EMPTY, None, "a enter\na read user <absent>"),
    (
        "nothing, as expected",
        Seen.EMPTY,
        None,
        "a enter\na wrote user a.1\na expect user <absent>\na read user <absent>",
    ),
    ("a living other's", Seen.LIVING, 2, "a enter\nb enter\nb wrote user b.1\na read user b.1"),
    (
        "that of one who left after this one entered",
        Seen.LIVING,
        1,
        "b enter\nb wrote user b.1\na enter\nb leave\na read user b.1",
    ),
    (
        "that of one who never left",
        Seen.LIVING,
        1,
        "b enter\nb wrote user b.1\na enter\na read user b.1",
    ),
    (
        "that of one who left before this one entered",
        Seen.FINISHED,
        1,
        "b enter\nb wrote user b.1\nb leave\na enter\na read user b.1",
    ),
    (
        "two of another's",
        Seen.LIVING,
        2,
        "a enter\nb enter\nb wrote user b.1\nb wrote tenant b.2\na read user+tenant b.1 b.2",
    ),
    (
        "one of another's and nothing",
        Seen.LIVING,
        2,
        "a enter\nb enter\nb wrote user b.1\na read user+tenant b.1 <absent>",
    ),
    (
        "one of another's and an own one",
        Seen.TORN,
        2,
        "a enter\nb enter\nb wrote user b.1\na wrote tenant a.1\na read user+tenant b.1 a.1",
    ),
    (
        "two of two others'",
        Seen.TORN,
        3,
        "a enter\nb enter\nc enter\nb wrote user b.1\nc wrote tenant c.1\na read user+tenant b.1 c.1",
    ),
    ("two own ones", Seen.OWN, None, "a enter\na wrote x a.1\na wrote y a.2\na read x+y a.1 a.2"),
    ("nothing twice, unasked", Seen.EMPTY, None, "a enter\na read x+y <absent> <absent>"),
    ("nothing, where its own should be", Seen.GONE, 1, "a enter\na wrote user a.1\na read user <absent>"),
    (
        "nothing for the second of two names",
        Seen.GONE,
        2,
        "a enter\na wrote x a.1\na wrote y a.2\na read x+y a.1 <absent>",
    ),
    (
        "nothing, where an earlier own one was expected",
        Seen.GONE,
        1,
        "a enter\na wrote d a.1\na wrote d a.2\na expect d a.1\na read d <absent>",
    ),
    (
        "an earlier own value",
        Seen.OLDER,
        1,
        "a enter\na wrote user a.1\na wrote user a.2\na read user a.1",
    ),
    (
        "an own value, where nothing was expected",
        Seen.OLDER,
        1,
        "a enter\na wrote d a.1\na expect d <absent>\na read d a.1",
    ),
    (
        "the inner of two, where the outer was expected",
        Seen.OLDER,
        2,
        "a enter\na wrote d a.1\na wrote d a.2\na expect d a.1\na read d a.2",
    ),
    ("a value of nobody", Seen.UNKNOWN, 1, "a enter\na wrote user a.1\na read user z"),
    ("a value that is written only later", Seen.UNKNOWN, None, "a enter\na read user a.1\na wrote user a.1"),
]


@pytest.mark.parametrize(
    ("seen", "wrote", "lines"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_look_is_judged(tell: Tell, seen: Seen, wrote: int | None, lines: str) -> None:
    (look,) = judge_reads(tell(lines))
    assert look.seen is seen
    assert (None if look.wrote is None else look.wrote.seq) == wrote


def test_every_state_has_a_case() -> None:
    assert {case[1] for case in CASES} == set(Seen)


def test_looks_come_in_order(tell: Tell) -> None:
    history = tell("a enter\na read x <absent>\nb enter\nb wrote x b.1\na read x b.1\nb read x b.1")
    assert [(look.read.seq, look.seen) for look in judge_reads(history)] == [
        (1, Seen.EMPTY),
        (4, Seen.LIVING),
        (5, Seen.OWN),
    ]
