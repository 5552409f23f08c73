"""Import strings of Locals: a Subject with its own promise, a bare one that is given one, and what is neither."""

from typing import Any

import pytest

from harness.core.errors import UserError
from harness.engine.subjects import find_subject, parse_promise, with_promise
from localimpl import Subject, Unit
from tests.localimpl.four_operations import FourOperations

HERE = "tests.engine.test_subjects"


class ReadOnly:
    def get(self, name: str) -> Any: ...


class Failing:
    def __init__(self) -> None:
        raise OSError("no store")


INSTANCE = FourOperations()


def test_a_subject_states_its_own_promise() -> None:
    assert find_subject("localimpl.contextvar:SUBJECT").promise.isolates == set(Unit)
    with pytest.raises(UserError, match="states its own promise"):
        find_subject("localimpl.contextvar:SUBJECT[thread]")


@pytest.mark.parametrize("path", [f"{HERE}:FourOperations", "threading:local", "werkzeug.local:Local"])
def test_a_bare_local_gets_the_whole_surface_and_the_promise_behind_its_name(path: str) -> None:
    subject = find_subject(f"{path}[task,thread]")
    assert isinstance(subject, Subject)
    assert subject.promise.isolates == {Unit.TASK, Unit.THREAD}
    local = subject.make()
    local.set("name", 1)
    assert (local.get("name"), dict(local)) == (1, {"name": 1})
    assert dict(subject.make()) == {}
    local.release()
    assert dict(local) == {}
    with pytest.raises(LookupError):
        local.get("name")


def test_its_summary_is_its_first_line() -> None:
    assert find_subject(f"{HERE}:FourOperations[]").summary == "Keeps values by name."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            f"{HERE}:FourOperations",
            "no Subject but a class FourOperations; say what it keeps apart with --promise",
        ),
        (f"{HERE}:INSTANCE", "is a FourOperations, and no class or function"),
        (f"{HERE}:INSTANCE[thread]", "is a FourOperations, and no class or function"),
        ("os:path", "os:path is a module, and no class or function"),
        (
            f"{HERE}:ReadOnly[thread]",
            "ReadOnly: it makes a ReadOnly, which is no Local: that lacks set, delete, release",
        ),
        (f"{HERE}:Failing[thread]", r"Failing\(\) failed: OSError: no store"),
        (f"{HERE}:FourOperations[thred]", "'thred' is no unit; did you mean thread"),
    ],
)
def test_what_is_no_local_is_told(path: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        find_subject(path)


def test_promises_are_read_and_written() -> None:
    assert parse_promise("task, thread") == {Unit.TASK, Unit.THREAD}
    assert parse_promise("none") == parse_promise("") == frozenset()
    assert with_promise("a:B", "thread,greenlet") == "a:B[greenlet,thread]"
    assert with_promise("a:B", "none") == "a:B[]"
