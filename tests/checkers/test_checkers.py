"""Each checker fires on a tiny history that shows its anomaly, and on a near-miss of it says nothing."""

from collections.abc import Callable

import pytest

from harness.catalog import entries
from harness.core.history import History
from harness.core.ports import Checker
from harness.core.verdict import Anomaly, Witness

Tell = Callable[[str], History]

CHECKERS: dict[Anomaly, Checker] = {entry.part.anomaly: entry.part for entry in entries("checker")}

MUST_FIRE = {
    Anomaly.BLEED: """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a read user b.1
    """,
    Anomaly.STALE: """
        a@thread enter
        a@thread wrote user a.1
        a@thread leave
        b@thread enter
        b@thread read user a.1
    """,
    Anomaly.LOST: """
        a enter
        a wrote user a.1
        a read user <absent>
    """,
    Anomaly.TORN: """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a wrote tenant a.2
        a read user+tenant b.1 a.2
    """,
    Anomaly.CROSSED_REPLY: """
        a enter
        b enter
        a replied - token-b
    """,
    Anomaly.LOST_UPDATE: """
        a enter
        b enter
        a updated cart none a.1
        b updated cart none b.1
    """,
    Anomaly.RESIDUE: """
        a enter
        a wrote user a.1
        a residue user a.1
        a leave
    """,
}

NEAR_MISSES = {
    "bleed: the other's write is not seen": (
        Anomaly.BLEED,
        """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a read user a.1
        b read user b.1
        """,
    ),
    "bleed: the other ended before this one began": (Anomaly.BLEED, MUST_FIRE[Anomaly.STALE]),
    "bleed: two fields of two requests": (Anomaly.BLEED, MUST_FIRE[Anomaly.TORN]),
    "stale: an own value of the same unit": (
        Anomaly.STALE,
        """
        a@thread enter
        a@thread wrote user a.1
        a@thread leave
        b@thread enter
        b@thread wrote user b.1
        b@thread read user b.1
        """,
    ),
    "stale: nothing is left": (
        Anomaly.STALE,
        """
        a@thread enter
        a@thread wrote user a.1
        a@thread leave
        b@thread enter
        b@thread read user <absent>
        """,
    ),
    "stale: the other left after this one began": (
        Anomaly.STALE,
        """
        a enter
        a wrote user a.1
        b enter
        a leave
        b read user a.1
        """,
    ),
    "lost: nothing was written": (Anomaly.LOST, "a enter\na read user <absent>"),
    "lost: another unit of the same request wrote it": (
        Anomaly.LOST,
        """
        a@task enter
        a@task wrote user a.1
        a@task/child read user <absent>
        """,
    ),
    "lost: an earlier own value was expected": (
        Anomaly.LOST,
        """
        a enter
        a wrote depth a.1
        a expect depth <absent>
        a read depth <absent>
        a wrote depth a.2
        a expect depth a.1
        a read depth a.1
        """,
    ),
    "lost: another's value stands there": (Anomaly.LOST, MUST_FIRE[Anomaly.BLEED]),
    "torn: both fields are the own ones": (
        Anomaly.TORN,
        """
        a enter
        b enter
        a wrote user a.1
        b wrote user b.1
        a wrote tenant a.2
        a read user+tenant a.1 a.2
        """,
    ),
    "torn: both fields are the other's": (
        Anomaly.TORN,
        """
        a enter
        b enter
        b wrote user b.1
        b wrote tenant b.2
        a read user+tenant b.1 b.2
        """,
    ),
    "torn: one field is not there": (
        Anomaly.TORN,
        """
        a enter
        a wrote user a.1
        a wrote tenant a.2
        a read user+tenant a.1 <absent>
        """,
    ),
    "crossed reply: the own token": (Anomaly.CROSSED_REPLY, "a enter\nb enter\na replied - token-a"),
    "crossed reply: a token of nobody": (Anomaly.CROSSED_REPLY, "a enter\na replied - token-z"),
    "lost update: the second began from the first's": (
        Anomaly.LOST_UPDATE,
        """
        a enter
        b enter
        a updated cart none a.1
        b updated cart a.1 b.1
        """,
    ),
    "lost update: another thing": (
        Anomaly.LOST_UPDATE,
        """
        a enter
        b enter
        a updated cart none a.1
        b updated purse none b.1
        """,
    ),
    "lost update: the second found what the first, which is over, had ended": (
        Anomaly.LOST_UPDATE,
        """
        a updated cart none a.1
        a revoked cart none
        a leave
        b began cart
        b read cart none
        b updated cart none b.1
        """,
    ),
    "lost update: nobody was told that the first had been kept": (
        Anomaly.LOST_UPDATE,
        """
        a updated cart none a.1
        b updated cart none b.1
        a failed - the-store-is-down
        """,
    ),
    "stale: who found it began when the other was not over": (
        Anomaly.STALE,
        """
        a revoked cart none
        b began cart
        a leave
        b read cart none
        """,
    ),
    "stale: nobody was told that it had ended": (
        Anomaly.STALE,
        """
        a revoked cart none
        a cancelled
        a leave
        b began cart
        b read cart none
        """,
    ),
    "stale: nobody said that it was to end": (
        Anomaly.STALE,
        """
        a updated cart none a.1
        a leave
        b began cart
        b read cart none
        """,
    ),
    "stale: it is unknown when the look-up began": (
        Anomaly.STALE,
        """
        a revoked cart none
        a leave
        b read cart none
        """,
    ),
    "stale: something else was found": (
        Anomaly.STALE,
        """
        a revoked cart none
        a leave
        b began cart
        b read cart other
        """,
    ),
    "residue: nothing was left": (Anomaly.RESIDUE, "a enter\na wrote user a.1\na leave"),
}


def found(anomaly: Anomaly, history: History) -> list[Witness]:
    return list(CHECKERS[anomaly].check(history))


def test_every_anomaly_has_a_checker_and_a_history_here() -> None:
    assert set(CHECKERS) == set(Anomaly) == set(MUST_FIRE)
    assert {anomaly for anomaly, _ in NEAR_MISSES.values()} == set(Anomaly)


@pytest.mark.parametrize("anomaly", Anomaly)
def test_it_fires_once(tell: Tell, anomaly: Anomaly) -> None:
    (witness,) = found(anomaly, tell(MUST_FIRE[anomaly]))
    assert witness.anomaly is anomaly
    assert witness.sentence.endswith(".")
    assert witness.victim in witness.sentence


@pytest.mark.parametrize(("anomaly", "lines"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_near_miss_is_silent(tell: Tell, anomaly: Anomaly, lines: str) -> None:
    assert found(anomaly, tell(lines)) == []


# Of an update that is overwritten, whoever wrote first is the victim.
@pytest.mark.parametrize(
    ("anomaly", "victim", "writer", "seqs"),
    [
        (Anomaly.BLEED, "a", "b", (3, 4)),
        (Anomaly.STALE, "b", "a", (1, 4)),
        (Anomaly.LOST, "a", None, (1, 2)),
        (Anomaly.TORN, "a", "b", (3, 5)),
        (Anomaly.CROSSED_REPLY, "a", "b", (1, 2)),
        (Anomaly.LOST_UPDATE, "a", "b", (2, 3)),
        (Anomaly.RESIDUE, "a", "a", (2,)),
    ],
)
def test_the_witness_names_the_events_that_prove_it(
    tell: Tell, anomaly: Anomaly, victim: str, writer: str | None, seqs: tuple[int, ...]
) -> None:
    (witness,) = found(anomaly, tell(MUST_FIRE[anomaly]))
    assert (witness.victim, witness.writer, witness.seqs) == (victim, writer, seqs)


def test_what_one_that_is_over_had_ended_is_stale(tell: Tell) -> None:
    # Of two that end the value, it is enough that one is over.
    lines = """
        z revoked cart none
        a revoked cart none
        a leave
        b began cart
        b read cart none
    """
    (witness,) = found(Anomaly.STALE, tell(lines))
    assert (witness.victim, witness.writer, witness.seqs) == ("b", "a", (1, 4))
    assert witness.sentence == "a ended 'cart' and was over; b looked later and still found it."


@pytest.mark.parametrize(
    ("answer", "said"),
    [("<absent>", "found nothing"), ("a.1", "another value of its own"), ("z", "nobody wrote")],
)
def test_lost_says_what_stood_there_instead(tell: Tell, answer: str, said: str) -> None:
    (witness,) = found(
        Anomaly.LOST, tell(f"a enter\na wrote user a.1\na wrote user a.2\na read user {answer}")
    )
    assert said in witness.sentence


def test_lost_names_who_wrote_what_another_was_to_find(tell: Tell) -> None:
    history = tell("""
        a enter
        b enter
        a wrote login a.1
        b expect login a.1
        b read login <absent>
    """)
    (witness,) = found(Anomaly.LOST, history)
    assert (witness.victim, witness.writer, witness.seqs) == ("b", "a", (2, 4))
    assert witness.sentence == "a wrote 'login' and b had it, then found nothing there."


def test_each_mix_up_is_a_witness_of_its_own(tell: Tell) -> None:
    history = tell("""
        a enter
        b enter
        c enter
        a wrote user a.1
        b read user a.1
        c read user a.1
        c read user a.1
    """)
    assert [witness.victim for witness in found(Anomaly.BLEED, history)] == ["b", "c", "c"]
