"""Evidence counts the chances that a history offered: each count with a history that has it and near-misses."""

from collections.abc import Callable

import pytest

from harness.core.evidence import measure
from harness.core.history import History
from harness.core.verdict import Evidence, Need

Tell = Callable[[str], History]

OVERLAP = {
    "another wrote the name between write and read": (
        1,
        """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a read user a.1
        """,
    ),
    "another ended between write and read": (
        1,
        """
        a enter
        b enter
        a wrote user a.1
        b leave
        a read user a.1
        """,
    ),
    "each of two disturbs the other": (
        2,
        """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a wrote user a.2
        a read user b.1
        b read user b.1
        a wrote user a.3
        b wrote user b.2
        a read user b.2
        """,
    ),
    "the second last writer counts, too": (
        1,
        """
        a@t1 enter
        b@t2 enter
        a@t1 wrote user a.1
        b@t2 wrote user b.1
        a@t1/child wrote user a.2
        a@t1 read user a.1
        """,
    ),
    "one of two fields is disturbed": (
        1,
        """
        a enter
        b enter
        a wrote user a.1
        a wrote tenant a.2
        b wrote user b.1
        a read user+tenant a.1 a.2
        """,
    ),
    "a request is counted once, however often it reads": (
        1,
        """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a read user a.1
        a read user a.1
        """,
    ),
    "the other wrote before": (
        0,
        """
        a enter
        b enter
        b wrote user b.1
        a wrote user a.1
        a read user a.1
        """,
    ),
    "the other wrote after": (
        0,
        """
        a enter
        b enter
        a wrote user a.1
        a read user a.1
        b wrote user b.1
        """,
    ),
    "the other wrote another name": (
        0,
        """
        a enter
        b enter
        a wrote user a.1
        b wrote tenant b.1
        a read user a.1
        """,
    ),
    "the other ran on the same unit": (
        0,
        """
        a@thread enter
        a@thread wrote user a.1
        b@thread enter
        b@thread wrote user b.1
        a@thread read user a.1
        """,
    ),
    "another unit of the same request wrote": (
        0,
        """
        a@task enter
        a@task wrote user a.1
        a@task/child wrote user a.2
        a@task read user a.1
        """,
    ),
    "nothing was written before the read": (
        0,
        """
        a enter
        b enter
        b wrote user b.1
        a read user <absent>
        """,
    ),
    "the others only were in flight": (
        0,
        """
        a enter
        b enter
        a wrote user a.1
        a read user a.1
        a leave
        b leave
        """,
    ),
}

REUSE = {
    "in turn on one unit": (1, "a@thread enter\na@thread leave\nb@thread enter"),
    "three in turn on one unit": (
        2,
        "a@t enter\na@t leave\nb@t enter\nb@t leave\nc@t enter\nc@t leave",
    ),
    "in turn on two units": (0, "a@thread-1 enter\na@thread-1 leave\nb@thread-2 enter"),
    "on one unit, but the first had not ended": (0, "a@thread enter\nb@thread enter\na@thread leave"),
}

REPLIES = {
    "while another is in flight": (1, "a enter\nb enter\na replied - token-a"),
    "the other came and went meanwhile": (1, "a enter\nb enter\nb leave\na replied - token-a"),
    "the other was there first": (1, "b enter\na enter\nb leave\na replied - token-a"),
    "both are answered": (2, "a enter\nb enter\nb replied - token-b\nb leave\na replied - token-a"),
    "alone": (0, "a enter\na replied - token-a\na leave\nb enter"),
    "in company, but unanswered": (0, "a enter\nb enter\na leave\nb leave"),
}

UPDATES = {
    "the second began before the first had ended": (
        2,
        "a began cart\na updated cart none a.1\nb began cart\na leave\nb updated cart a.1 b.1",
    ),
    "one spans two that follow each other": (
        3,
        """
        a began cart
        b began cart
        b updated cart none b.1
        b leave
        c began cart
        c updated cart b.1 c.1
        a updated cart none a.1
        """,
    ),
    "the first never ends": (2, "a updated cart none a.1\nb began cart\nb updated cart a.1 b.1"),
    "in flight together, but updating in turn": (
        0,
        "a enter\nb enter\na began cart\na updated cart none a.1\na leave\nb began cart\nb updated cart a.1 b.1",
    ),
    "when the second began is not known": (
        0,
        "b enter\na began cart\na updated cart none a.1\na leave\nb updated cart a.1 b.1",
    ),
    "one began and never wrote": (0, "a began cart\nb began cart\na updated cart none a.1"),
    "twice by one request": (0, "a updated cart none a.1\na began cart\na updated cart a.1 a.2"),
    "of two things": (0, "a began cart\nb began purse\na updated cart none a.1\nb updated purse none b.1"),
    "one alone": (0, "a enter\nb enter\na began cart\na updated cart none a.1"),
}


@pytest.mark.parametrize(
    ("need", "count", "lines"),
    [
        pytest.param(need, count, lines, id=f"{need}: {name}")
        for need, cases in (
            (Need.OVERLAP, OVERLAP),
            (Need.REUSE, REUSE),
            (Need.REPLIES, REPLIES),
            (Need.UPDATES, UPDATES),
        )
        for name, (count, lines) in cases.items()
    ],
)
def test_chances_are_counted(tell: Tell, need: Need, count: int, lines: str) -> None:
    assert measure(tell(lines)).of(need) == count


def test_how_requests_end_is_counted(tell: Tell) -> None:
    evidence = measure(
        tell("""
        a enter
        a leave
        b enter
        b failed - boom
        b leave
        c enter
        c cancelled
        c leave
        d enter
        """)
    )
    assert evidence == Evidence(entered=4, ends=3, failed=1, cancelled=1, unanswered=1)
    assert evidence.of(Need.ENDS) == 3


def test_of_nothing_there_is_no_evidence() -> None:
    assert measure(History()) == Evidence()
