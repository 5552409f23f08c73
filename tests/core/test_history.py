"""A probe writes what its request did, and a history keeps it in order and through JSON."""

import json
from typing import Any

import pytest

from harness.core.history import ABSENT, Event, History, Kind, Probe
from harness.core.reads import Seen, judge_reads


def probe(history: History) -> Probe:
    return Probe(history.record, "r1", "r1-abc", "thread-0", "user0")


def test_events_are_numbered_in_the_order_in_which_they_were_recorded() -> None:
    history = History()
    own = probe(history)
    own.enter()
    own.wrote("user")
    own.leave()
    assert list(history) == [
        Event(0, Kind.ENTER, "r1", "thread-0", "", "r1-abc"),
        Event(1, Kind.WROTE, "r1", "thread-0", "user", "r1-abc.1"),
        Event(2, Kind.LEAVE, "r1", "thread-0", "", None),
    ]
    assert len(history) == 3


def test_each_write_has_a_value_of_its_own() -> None:
    own = probe(History())
    assert [own.wrote("user"), own.wrote("user"), own.wrote("tenant")] == ["r1-abc.1", "r1-abc.2", "r1-abc.3"]


def test_a_given_value_is_kept() -> None:
    assert probe(History()).wrote("user", "given") == "given"


def fails(error: Exception) -> Any:
    def look_up(*names: str) -> Any:
        raise error

    return look_up


@pytest.mark.parametrize(
    "error",
    [KeyError("user"), LookupError("user"), AttributeError("user"), RuntimeError("outside of a request")],
)
def test_a_look_up_that_finds_nothing_is_recorded_as_absent(error: Exception) -> None:
    history = History()
    assert probe(history).look("user", fails(error)) == ABSENT
    (event,) = history
    assert (event.kind, event.name, event.value) == (Kind.READ, "user", ABSENT)


def test_another_error_of_a_look_up_goes_through_and_leaves_no_record() -> None:
    history = History()
    with pytest.raises(ZeroDivisionError):
        probe(history).look("user", lambda: 1 // 0)
    assert len(history) == 0


def test_what_is_looked_up_together_is_one_event() -> None:
    history, values = History(), {"user": "a.1"}
    probe(history).look_together(("user", "tenant"), values.__getitem__)
    (event,) = history
    assert (event.name, event.value) == ("user+tenant", ("a.1", ABSENT))


class Unspeakable:
    def __repr__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (None, "<NoneType: None>"),
        (["a.1"], "<list: ['a.1']>"),
        (b"a.1", "<bytes: b'a.1'>"),
        (Unspeakable(), "<Unspeakable, whose repr raises ValueError>"),
    ],
    ids=["None", "a list", "bytes", "no repr"],
)
def test_an_answer_that_is_no_string_is_kept_as_text_and_judged_like_any(answer: Any, kept: str) -> None:
    history = History()
    own = probe(history)
    own.wrote("user")
    own.wrote("tenant")
    assert own.look("user", lambda: answer) is answer
    own.look_together(("user", "tenant"), lambda name: answer)
    assert [event.value for event in history][2:] == [kept, (kept, kept)]
    assert [look.seen for look in judge_reads(history)] == [Seen.UNKNOWN, Seen.UNKNOWN]
    assert History.from_json(json.loads(json.dumps(history.to_json()))).rows == history.rows


def test_a_child_is_the_same_request_on_another_unit() -> None:
    history = History()
    own = probe(history)
    child = own.child("hop")
    assert own.wrote("user") != child.wrote("user")
    first, second = history
    assert (first.request, first.unit) == ("r1", "thread-0")
    assert (second.request, second.unit) == ("r1", "thread-0/hop")
    assert child.user == own.user


def test_an_error_is_recorded_by_its_kind_and_words() -> None:
    history = History()
    own = probe(history)
    own.failed(ValueError("what is wrong"))
    own.failed("just words")
    own.failed("x" * 9999)
    assert [event.value for event in history][:2] == ["ValueError: what is wrong", "just words"]
    assert len(list(history)[2].value) == 500


def test_json_keeps_every_event() -> None:
    history = History()
    own = probe(history)
    own.enter()
    own.read("user+tenant", ("a", ABSENT))
    own.began("cart")
    own.updated("cart", "none", "a.1")
    own.expect("user")
    own.revoked("cart", "none")
    own.residue("user", "a.1")
    own.cancelled()
    own.replied("r1-abc")
    own.failed("boom")
    own.leave()
    again = History.from_json(json.loads(json.dumps(history.to_json())))
    assert list(again) == list(history)
    assert {event.kind for event in again} | {Kind.WROTE} == set(Kind)


def test_what_is_derived_is_computed_once_until_something_happens() -> None:
    history, lengths = History(), []

    def compute(of: History) -> int:
        lengths.append(len(of))
        return len(of)

    probe(history).enter()
    assert [history.derive(compute), history.derive(compute)] == [1, 1]
    probe(history).leave()
    assert [history.derive(compute), len(list(history))] == [2, 2]
    assert lengths == [1, 2]
