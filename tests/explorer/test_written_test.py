"""What is written down as a test replays its token and says what goes wrong."""

from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.exploration import Switch
from harness.core.feasibility import Feasibility
from harness.explorer.token import encode
from harness.explorer.written_test import write_test
from tests.explanations import explanation

SWITCHES = (
    Switch("", "begin", "", 0, 0, "bob"),
    Switch("bob", "pause", "shop.py", 14, 2, "alice"),
    Switch("alice", "end", "", 0, 0, "carol"),
)
EXPLANATION = explanation(
    "bob was overtaken by alice at shop.py:14 and then returned '\"\"\"', not 'b\\n'.",
    kind="wrong result",
    units=("bob", "alice"),
    schedule=SWITCHES,
)
TOKEN = encode("call:shop:BUYERS", "greenlets", (), Feasibility.JITTER, SWITCHES * 5)


class Recorder:
    def __init__(self) -> None:
        self.replayed: list[str] = []

    def replay(self, token: str) -> None:
        self.replayed.append(token)


def test_replays_the_token_whole_and_says_what_goes_wrong(tmp_path: Path) -> None:
    path = tmp_path / "new" / "test_buyers.py"
    write_test(TOKEN, EXPLANATION, path)
    names: dict[str, object] = {}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    recorder = Recorder()
    test = names["test_no_wrong_result"]
    assert callable(test)
    test(recorder)
    assert recorder.replayed == [TOKEN]
    assert " ".join(str(names["__doc__"]).split()).startswith(
        f"Fails until this is gone: {EXPLANATION.sentence}"
    )


def test_tells_the_schedule_in_words(tmp_path: Path) -> None:
    path = tmp_path / "test_buyers.py"
    write_test(TOKEN, EXPLANATION, path)
    text = path.read_text(encoding="utf-8")
    assert "# bob begins." in text
    assert "# When bob stands at shop.py:14 for the second time (pause), alice goes on." in text
    assert "# When alice has ended, carol goes on." in text
    assert max(map(len, text.splitlines())) <= 88


def test_writes_over_no_file(tmp_path: Path) -> None:
    path = tmp_path / "test_buyers.py"
    path.write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        write_test(TOKEN, EXPLANATION, path)
    assert path.read_text() == "mine"


def test_refuses_a_name_that_pytest_does_not_collect(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"call it test_buyers\.py"):
        write_test(TOKEN, EXPLANATION, tmp_path / "buyers.py")


def test_refuses_a_token_that_names_no_program(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names no program"):
        write_test(encode("", "greenlets", (), Feasibility.JITTER, ()), EXPLANATION, tmp_path / "test_it.py")
