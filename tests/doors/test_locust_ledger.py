"""A test that goes on is judged bit by bit: the account of a cell must come to what judging all of it at once does."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from harness.catalog import entries
from harness.core.history import History, Kind, Row
from harness.core.names import load
from harness.core.plan import plan
from harness.core.record import Cell, CellResult, Place
from harness.core.verdict import Anomaly, Grade, Outcome
from harness.engine.flood import Flood
from harness.engine.judge import judge
from harness.locust_users.ledger import CLIENT, KEPT, Ledger, MixUp

CHECKERS = [entry.part for entry in entries("checker")]
SERVER = "harness.servers.uvicorn_asgi:SERVER"
REQUESTS = 300
FORGOTTEN = 5


def cell(subject: str, scenario: str) -> Cell:
    return Cell(
        f"localimpl.{subject}:SUBJECT",
        Place.SERVER,
        SERVER,
        f"scenarios.{scenario}:SCENARIO",
        "harness.targets.mini:TARGET",
        "harness.gates.jitter:GATE",
    )


def ledger(subject: str = "contextvar", scenario: str = "read_back") -> Ledger:
    of = cell(subject, scenario)
    return Ledger(of, load(of.subject), load(of.where), load(of.scenario), CHECKERS)


def flooded(subject: str, scenario: str) -> list[Row]:
    """What tasks of this process recorded, with the clients' rows under labels of clients."""
    of = cell(subject, scenario)
    mounted = load(of.target).mount(load(of.subject), load(of.scenario))
    flood = Flood(mounted, load(of.scenario), load("harness.hosts.tasks:HOST"), load(of.gate).make)
    flood.run(plan(REQUESTS, 8, 1))
    return [
        (kind, request, CLIENT if kind is Kind.REPLIED else unit, name, value)
        for kind, request, unit, name, value in flood.history.rows
    ]


def feed(into: Ledger, rows: list[Row], pieces: int) -> Iterator[MixUp]:
    """Hand rows over in pieces, the users' side of each request a little before or after the server's."""
    random = Random(pieces)
    replies = [row for row in rows if row[2] == CLIENT]
    recorded = [row for row in rows if row[2] != CLIENT]
    step = len(recorded) // pieces + 1
    told = 0
    for start in range(0, len(recorded), step):
        piece = recorded[start : start + step]
        ended = sum(row[0] is Kind.LEAVE for row in recorded[: start + step])
        known = replies[told : max(told, ended + random.randint(-3, 3))]
        told += len(known)
        into.answer([row[1] for row in known], known)
        into.record(piece)
        yield from into.judge()
    into.answer([row[1] for row in replies[told:]], replies[told:])
    yield from into.judge(everything=True)


def at_once(rows: list[Row], subject: str, scenario: str) -> CellResult:
    of = cell(subject, scenario)
    ordered = [row for row in rows if row[2] != CLIENT] + [row for row in rows if row[2] == CLIENT]
    server = load(of.where)
    return judge(
        History(ordered),
        cell=of,
        subject=load(of.subject),
        unit=server.unit,
        offers=server.offers,
        scenario=load(of.scenario),
        checkers=CHECKERS,
        sent=REQUESTS,
        seconds=0.0,
        repeat="",
    )


@pytest.mark.parametrize("pieces", [1, 3, 40])
@pytest.mark.parametrize("subject", ["contextvar", "thread_ident", "broken_never_released"])
@pytest.mark.parametrize("scenario", ["read_back", "starts_empty"])
def test_pieces_come_to_what_the_whole_does(subject: str, scenario: str, pieces: int) -> None:
    rows = flooded(subject, scenario)
    account = ledger(subject, scenario)
    mix_ups = list(feed(account, rows, pieces))
    found, whole = account.result(0.0, ""), at_once(rows, subject, scenario)

    assert (found.outcome, found.grade, found.sent) == (whole.outcome, whole.grade, REQUESTS)
    counts, expected = ({each.anomaly: each.count for each in result.findings} for result in (found, whole))
    # Who wrote a value that comes back after hundreds of requests is forgotten by then: nobody's value, hence lost.
    forgotten = expected[Anomaly.STALE] - counts[Anomaly.STALE]
    assert 0 <= forgotten <= FORGOTTEN
    assert counts == expected | {
        Anomaly.STALE: expected[Anomaly.STALE] - forgotten,
        Anomaly.LOST: expected[Anomaly.LOST] + forgotten,
    }
    if not forgotten:
        assert found.states == whole.states
    assert account.mixed == len(mix_ups) == len({each.text for each in mix_ups})
    for name in ("entered", "ends", "failed", "cancelled", "unanswered", "reuse"):
        assert getattr(found.evidence, name) == getattr(whole.evidence, name), name
    # Company across the border between two pieces is not counted, so that nothing is ever counted twice.
    for name in ("overlap", "replies"):
        counted, all_of_it = getattr(found.evidence, name), getattr(whole.evidence, name)
        assert 0.8 * all_of_it <= counted <= all_of_it, name
    if pieces == 1:
        assert found.evidence == whole.evidence


def test_the_controls_of_this_test_mix_and_the_good_one_does_not() -> None:
    outcomes = {
        subject: at_once(flooded(subject, "read_back"), subject, "read_back").outcome
        for subject in ("contextvar", "thread_ident", "broken_never_released")
    }
    assert outcomes["contextvar"] is Outcome.ISOLATED
    assert outcomes["thread_ident"] is outcomes["broken_never_released"] is Outcome.MIXED


def rows_of(tell: Callable[[str], History], lines: str) -> list[Row]:
    return tell(lines).rows


BLEED = """
    a enter
    a wrote user a.1
    b enter
    b wrote user b.1
    a read user b.1
    a leave
"""


def test_a_mix_up_is_told_once_with_both_tokens(tell: Callable[[str], History]) -> None:
    account = ledger()
    account.record(rows_of(tell, BLEED))
    account.answer(["a"], [(Kind.REPLIED, "a", CLIENT, "", "token-a")])
    assert account.judge() == [MixUp(Anomaly.BLEED, "bleed: token-a read token-b", failed=False)]
    assert account.first == "bleed: token-a read token-b"
    account.record(rows_of(tell, "b read user b.1\nb leave"))
    account.answer(["b"], [(Kind.REPLIED, "b", CLIENT, "", "token-b")])
    assert account.judge() == []
    assert account.judge(everything=True) == []
    assert (account.mixed, account.result(0.0, "").grade) == (1, Grade.BROKEN)


def test_nothing_is_told_of_a_request_that_is_not_over_for_its_user(tell: Callable[[str], History]) -> None:
    account = ledger()
    account.record(rows_of(tell, BLEED))
    assert account.judge() == []
    assert [each.anomaly for each in account.judge(everything=True)] == [Anomaly.BLEED]


def test_an_answer_that_its_user_took_for_another_s_is_counted_by_the_user(
    tell: Callable[[str], History],
) -> None:
    account = ledger()
    account.record(rows_of(tell, "a enter\nb enter\na leave\nb leave"))
    replies: list[Row] = [
        (Kind.REPLIED, "a", CLIENT, "", "token-b"),
        (Kind.REPLIED, "b", CLIENT, "", "token-b"),
    ]
    account.answer(["a", "b"], replies)
    assert account.judge() == [
        MixUp(Anomaly.CROSSED_REPLY, "crossed reply: token-a got the answer to token-b", failed=True)
    ]


def test_a_lost_value_has_no_writer_and_is_told_by_its_name(tell: Callable[[str], History]) -> None:
    account = ledger()
    account.record(rows_of(tell, "a enter\na wrote user a.1\na read user <absent>\na leave"))
    account.answer(["a"], [])
    assert [each.text for each in account.judge()] == ["lost: token-a lost its own 'user'"]


def test_a_finished_request_is_remembered_for_those_who_are_shown_its_value(
    tell: Callable[[str], History],
) -> None:
    account = ledger()

    def visit(name: str, saw: str = "") -> list[MixUp]:
        read = f"{name} read user {saw}.1\n" if saw else ""
        account.record(rows_of(tell, f"{name}@t enter\n{read}{name} wrote user {name}.1\n{name}@t leave"))
        account.answer([name], [])
        return account.judge()

    assert visit("first") == []
    for number in range(KEPT - 1):
        assert visit(f"r{number}") == []
    (seen,) = visit("last", saw="first")
    assert seen.anomaly is Anomaly.STALE


def test_requests_that_never_end_are_counted_at_the_end(tell: Callable[[str], History]) -> None:
    account = ledger()
    account.record(rows_of(tell, "a enter\na wrote user a.1"))
    account.answer(["a"], [(Kind.FAILED, "a", CLIENT, "", "no answer within 5 s")])
    account.judge()
    assert account.result(0.0, "").evidence.unanswered == 0
    account.judge(everything=True)
    result = account.result(0.0, "")
    assert (result.evidence.unanswered, result.outcome) == (1, Outcome.INCONCLUSIVE)
    assert [each.text for each in result.troubles] == [
        "no answer within 5 s",
        "began to run and never ended",
    ]
