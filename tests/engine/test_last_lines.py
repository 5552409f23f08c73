"""The end of a log, from where a crash is told on."""

from harness.engine.last_lines import LONGEST_REPORT, last_lines


def log(*lines: str) -> str:
    return "\n".join(lines)


def test_the_last_lines_are_kept() -> None:
    assert last_lines("", 2) == ""
    assert last_lines(log("a"), 2) == log("a")
    assert last_lines(log("a", "b", "c"), 2) == log("b", "c")


def test_a_crash_is_told_from_its_first_line_on() -> None:
    crash = log("Fatal Python error: Segmentation fault", "in crashing", "in C", "in C")
    assert last_lines(log("before", crash), 2) == crash
    assert last_lines(log(crash, crash), 2) == crash


def test_a_crash_of_long_ago_is_past() -> None:
    after = ["served"] * LONGEST_REPORT
    assert last_lines(log("Fatal Python error: Aborted", *after, "ended"), 1) == "ended"
