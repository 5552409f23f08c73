"""The pressures as data, and the meeting that one of them needs."""

import re
import threading
import time
from typing import cast

import pytest

from harness.apps.meeting import Meeting
from harness.apps.pressures import ALONE, PRESSURES, Pressure
from harness.apps.user_agent import UserAgent


@pytest.mark.parametrize("pressure", [ALONE, *PRESSURES], ids=lambda each: each.name)
def test_each_says_in_one_sentence_what_it_is_for(pressure: Pressure) -> None:
    assert re.fullmatch(r"[A-Z][^.]{20,250}\.", pressure.summary)


def test_no_two_are_alike() -> None:
    assert len({pressure.name for pressure in PRESSURES}) == len(PRESSURES)
    assert PRESSURES[0].users > 1
    assert not PRESSURES[0].fresh_every


class Guest:
    """Stands for an agent that waits at a meeting."""

    def __init__(self, events: list[str], name: str) -> None:
        self.events, self.name = events, name

    def release(self) -> None:
        self.events.append(f"{self.name} goes")


def meet(meeting: Meeting, events: list[str], name: str) -> threading.Thread:
    guest = cast("UserAgent", Guest(events, name))
    thread = threading.Thread(target=meeting.wait, args=(guest,))
    thread.start()
    return thread


def waiting(meeting: Meeting, number: int) -> None:
    deadline = time.monotonic() + 5
    while len(meeting._waiting) < number and time.monotonic() < deadline:
        time.sleep(0.001)


def test_nobody_goes_before_all_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.apps.meeting._PATIENCE", 60)
    meeting, events = Meeting(3), list[str]()
    threads = []
    for number, name in enumerate("ab", 1):
        threads.append(meet(meeting, events, name))
        waiting(meeting, number)
    assert events == []
    threads.append(meet(meeting, events, "c"))
    for thread in threads:
        thread.join(5)
    assert events == ["a goes", "b goes", "c goes"]


def test_who_leaves_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.apps.meeting._PATIENCE", 60)
    meeting, events = Meeting(2), list[str]()
    thread = meet(meeting, events, "a")
    waiting(meeting, 1)
    assert events == []
    meeting.leave()
    thread.join(5)
    assert events == ["a goes"]


def test_after_a_wait_in_vain_only_those_are_waited_for_who_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.apps.meeting._PATIENCE", 0.05)
    meeting, events = Meeting(9), list[str]()
    meet(meeting, events, "a").join(5)
    assert events == ["a goes"]
    monkeypatch.setattr("harness.apps.meeting._PATIENCE", 60)
    for nth in range(32):  # and after so many full meetings for one more
        meet(meeting, events, f"b{nth}").join(5)
    assert len(events) == 33
    thread = meet(meeting, events, "c")
    waiting(meeting, 1)
    assert len(events) == 33
    meet(meeting, events, "d").join(5)
    thread.join(5)
    assert events[33:] == ["c goes", "d goes"]
