"""What is told from stamps alone: who could reach whom, what ran together, what ran on a used unit."""

from pathlib import Path

from harness.apps.journal import Journal, Residue, Stamps
from harness.core.verdict import Anomaly


def stamps(text: str) -> Stamps:
    found = Stamps()
    found.take(line.strip() for line in text.splitlines())
    return found


TOGETHER = """
    enter u1v1.0 thread-1
    enter u2v1.0 thread-2
    leave u1v1.0
    leave u2v1.0
"""
IN_TURN = """
    enter u1v1.0 thread-1
    leave u1v1.0
    enter u2v1.0 thread-1
    leave u2v1.0
"""


def test_a_value_of_one_that_was_there_too_has_bled() -> None:
    assert stamps(TOGETHER).relation("u2v1.0", "u1v1") is Anomaly.BLEED
    assert stamps(TOGETHER).relation("u1v1.0", "u2v1") is Anomaly.BLEED


def test_a_value_of_one_that_had_left_is_stale() -> None:
    assert stamps(IN_TURN).relation("u2v1.0", "u1v1") is Anomaly.STALE


def test_nothing_is_said_of_who_came_later_or_was_never_seen() -> None:
    assert stamps(IN_TURN).relation("u1v1.0", "u2v1") is None
    assert stamps(IN_TURN).relation("u2v1.0", "u9v1") is None
    assert stamps(IN_TURN).relation("u9v1.0", "u2v1") is None


def test_any_request_of_the_owners_visit_counts() -> None:
    found = stamps("""
        enter u1v1.0 thread-1
        leave u1v1.0
        enter u2v1.0 thread-2
        enter u1v1.1 thread-1
        leave u2v1.0
        leave u1v1.1
    """)
    assert found.relation("u2v1.0", "u1v1") is Anomaly.BLEED


def test_a_user_is_known_by_all_its_visits() -> None:
    found = stamps("""
        enter u1v1.0 thread-1
        leave u1v1.0
        enter u1v2.0 thread-1
        enter u2v3.0 thread-2
        enter u11v1.0 thread-3
    """)
    assert found.relation("u2v3.0", "u1v1") is Anomaly.STALE
    assert found.relation("u2v3.0", "u1") is Anomaly.BLEED
    assert found.relation("u2v3.0", "u11") is Anomaly.BLEED


def test_a_request_that_never_left_overlaps_all_that_follow() -> None:
    found = stamps("enter u1v1.0 t\nenter u2v1.0 t\nleave u2v1.0\nenter u3v1.0 t\nleave u3v1.0")
    assert found.relation("u3v1.0", "u1v1") is Anomaly.BLEED
    assert found.unanswered == ("u1v1.0",)
    assert found.overlap(["u1v1.0", "u2v1.0", "u3v1.0"]) == 3


def test_overlap_counts_those_that_were_together_with_another_of_these() -> None:
    found = stamps(TOGETHER + "enter u3v1.0 thread-1\nleave u3v1.0")
    assert found.overlap(["u1v1.0", "u2v1.0", "u3v1.0"]) == 2
    assert found.overlap(["u1v1.0", "u3v1.0"]) == 0
    assert stamps(IN_TURN).overlap(["u1v1.0", "u2v1.0"]) == 0


def test_a_long_request_overlaps_each_that_comes_and_goes_in_it() -> None:
    found = stamps("enter a t1\nenter b t2\nleave b\nenter c t2\nleave c\nleave a\nenter d t2\nleave d")
    assert found.overlap("abcd") == 3


def test_reuse_counts_all_but_the_first_on_each_unit() -> None:
    assert stamps(IN_TURN).reuse(["u1v1.0", "u2v1.0"]) == 1
    assert stamps(IN_TURN).reuse(["u2v1.0"]) == 1
    assert stamps(TOGETHER).reuse(["u1v1.0", "u2v1.0"]) == 0


def test_units_and_residues_are_told() -> None:
    found = stamps(IN_TURN + 'residue u2v1.0 ["shop.cart:CURRENT", ".user", "zq1", "global", "after"]')
    assert found.unit("u2v1.0") == "thread-1"
    assert found.unit("u9v1.0") == ""
    assert found.entered("u2v1.0")
    assert not found.entered("u9v1.0")
    assert found.residues == [
        Residue("u2v1.0", "shop.cart:CURRENT", ".user", "zq1", "global", "after", "thread-1", 6)
    ]


def test_a_visit_is_over_when_all_that_entered_have_left() -> None:
    found = stamps(TOGETHER)
    assert [found.was_over("u1v1", at) for at in (2, 3, 4, 5)] == [False, False, False, True]
    assert not found.was_over("u9v1", 5)


def test_what_an_app_writes_into_it_is_passed_over() -> None:
    assert stamps("garbage\nenter\nleave nobody\n\nresidue\n").unanswered == ()


def test_a_file_is_read_as_it_grows_and_a_cut_line_waits(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal = Journal(file)
    journal.read()
    file.write_text("enter a thread-1\nlea")
    journal.read()
    before = journal.unanswered
    with file.open("a") as more:
        more.write("ve a\nenter b thread-1")
    journal.read()
    assert (before, journal.unanswered) == (("a",), ())
    assert not journal.entered("b")


def test_without_a_file_nothing_is_known() -> None:
    journal = Journal(None)
    journal.read()
    assert journal.relation("a", "b") is None
    assert journal.overlap(["a"]) == 0


def test_moments_are_known_once_a_request_has_left() -> None:
    found = stamps("enter a t1 10.5\nenter b t2\nleave b\nenter c t3 11.0")
    assert (found.times("a"), found.times("b"), found.times("nobody")) == (None, None, None)
    found.take(["leave a 12.25"])
    assert found.times("a") == (10.5, 12.25)
    assert found.unit("c") == "t3"
