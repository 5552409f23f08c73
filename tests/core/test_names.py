"""An import string finds its object, or says what is wrong and what is near."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.errors import UserError
from harness.core.names import load, nearest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on the import path that holds the package ``strange``."""
    room = tmp_path / "strange"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "fine.py").write_text("class Local:\n    class Inner:\n        pass\n\n_hidden = 1\n")
    (room / "needy.py").write_text("import there_is_no_such_library\n")
    (room / "wrong.py").write_text("1 / 0\n")
    (room / "mistyped.py").write_text("def broken(:\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield room
    for name in [name for name in sys.modules if name.partition(".")[0] == "strange"]:
        del sys.modules[name]


@pytest.mark.parametrize("path", ["strange.fine:Local", "strange.fine:Local.Inner"])
def test_what_there_is_is_found(package: Path, path: str) -> None:
    assert load(path).__qualname__ == path.partition(":")[2]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("strange.fine", "write it as package.module:Name"),
        (":Local", "write it as package.module:Name"),
        ("strange.fine:", "write it as package.module:Name"),
        ("", "write it as package.module:Name"),
        ("nowhere_at_all:Local", "no module 'nowhere_at_all' on the import path"),
        ("strange.nothing:Local", "no module 'strange.nothing' on the import path"),
        ("strange.needy:Local", "importing strange.needy failed: no module 'there_is_no_such_library'"),
        ("strange.wrong:Local", "importing strange.wrong failed: ZeroDivisionError: division by zero"),
        ("strange.mistyped:Local", "importing strange.mistyped failed: SyntaxError"),
        ("strange.fine:Lokal", "strange.fine has no 'Lokal'; did you mean Local?"),
        ("strange.fine:Local.Outer", "strange.fine has no 'Local.Outer'"),
        ("strange.fine:quite_else", "strange.fine has no 'quite_else'; there are: Local"),
    ],
)
def test_what_there_is_not_is_explained(package: Path, path: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(path)
    assert said in str(caught.value)
    assert repr(path) in str(caught.value)


def test_the_nearest_names_come_first() -> None:
    known = ["thread_ident", "threading_local", "greenlet_ident", "contextvar"]
    assert nearest("thread_idnet", known).startswith("; did you mean thread_ident")
    assert nearest("zzz", known) == "; there are: contextvar, greenlet_ident, thread_ident, threading_local"
