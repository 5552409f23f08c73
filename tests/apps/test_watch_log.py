"""Lines of a log with values of two: found in what comes from now on, and not where two lines were printed into one."""

from pathlib import Path

import pytest

from harness.apps.mixes import mix_in
from harness.apps.tokens import Ledger
from harness.apps.watch_log import LogTail, WatchLog, mixes
from harness.core.app_record import Sign


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(1)


def token(ledger: Ledger, label: str, name: str = "token") -> str:
    return ledger.visit(label, label.partition("v")[0], [name]).values[name]


def test_a_line_with_values_of_two_users_or_visits_is_a_mix_and_one_of_one_is_not(ledger: Ledger) -> None:
    one, two, same_user = token(ledger, "u1v1"), token(ledger, "u2v1"), token(ledger, "u1v2")
    user, other_user = token(ledger, "u1v1", "user"), token(ledger, "u2v1", "user")

    def mixed(text: str) -> bool:
        return mix_in(text, ledger.find, Sign.LOG, "app.log:1") is not None

    assert mixed(f"paid {one} for {two}")
    assert mixed(f"paid {one} for {same_user}")
    assert mixed(f"paid {user} for {two}")
    assert mixed(f"paid {user} for {other_user}")
    assert mixed(f"{user} {one} {user} {two}")
    assert not mixed(f"paid {one} for {one}")
    assert not mixed(f"{user} paid {one}")
    assert not mixed("zq2345678923456789 and zq3456789234567893")


def test_what_is_shown_is_the_place_with_both(ledger: Ledger) -> None:
    one, two = token(ledger, "u1v1"), token(ledger, "u2v1")
    mix = mix_in(f"{'x' * 100} {one} and {two} {'y' * 100}", ledger.find, Sign.LOG, "app.log:1")
    assert mix is not None
    assert mix.shown == f"{'x' * 39} {one} and {two} {'y' * 39}"
    assert [each.visit for each in mix.tokens] == ["u1v1", "u2v1"]
    far = mix_in(f"{one} {'x' * 1000} {two}", ledger.find, Sign.LOG, "app.log:1")
    assert far is not None
    assert len(far.shown) == 400


def test_two_lines_printed_into_one_are_no_mix(ledger: Ledger) -> None:
    glued = f"one {token(ledger, 'u1v1')}two {token(ledger, 'u2v1')}"

    def found(*lines: str) -> list[str]:
        return [mix.where for mix in mixes("app.log", list(enumerate(lines, 1)), ledger.find)]

    assert found("", glued, "", "next") == []
    assert found(glued, "next", "", "next") == []
    assert found("", "before", glued, "next") == ["app.log:3"]
    assert found(glued) == ["app.log:1"]


def test_only_what_comes_after_the_start_is_looked_at(ledger: Ledger, tmp_path: Path) -> None:
    line = f"{token(ledger, 'u1v1')} {token(ledger, 'u2v1')}\n"
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    old.write_text(line)
    watch = WatchLog([old, new], ledger.find)
    assert watch.look() == []
    new.write_text(f"fine\n{line[:-1]}")
    assert watch.look() == []
    with new.open("a") as more:
        more.write("\n")
    assert [(mix.sign, mix.where) for mix in watch.look()] == [(Sign.LOG, "new.log:2")]
    assert watch.look() == []


def test_a_file_that_is_cut_or_replaced_is_read_from_its_new_beginning(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("old\n" * 10)
    tail = LogTail(file)
    file.write_text("cut\n")
    assert tail.lines() == [(1, "cut")]
    (tmp_path / "next").write_text("replaced by a longer one\n")
    (tmp_path / "next").rename(file)
    assert tail.lines() == [(2, "replaced by a longer one")]
    file.unlink()
    assert tail.lines() == []
