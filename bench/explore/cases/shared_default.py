"""A dict that all share is made when it is first needed: two threads make one each, and what one has put in is lost."""

from collections.abc import Callable, Mapping
from typing import Any

from bench.explore.case import USERS, Case, Trial, Wrong, serving
from harness.core.feasibility import Feasibility
from localimpl import Unit

Rooms = dict[str, dict[str, str]]


def _check_then_make(rooms: Rooms, name: str) -> dict[str, str]:
    if rooms.get(name) is None:
        rooms[name] = {}
    return rooms[name]


def _make_or_find(rooms: Rooms, name: str) -> dict[str, str]:
    return rooms.setdefault(name, {})


def _trial(room: Callable[[Rooms, str], dict[str, str]]) -> Trial:
    rooms: Rooms = {}

    def enter(user: str) -> None:
        room(rooms, "lobby")[user] = "here"

    def judge(results: Mapping[str, Any]) -> Wrong | None:
        for user in USERS:
            if user not in rooms["lobby"]:
                return Wrong(user, "lost", f"{user} has entered but is not in the lobby")
        return None

    return serving(enter, judge)


CASE = Case(
    unit=Unit.THREAD,
    kind="lost",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=lambda: _trial(_check_then_make),
    fixed=lambda: _trial(_make_or_find),
    source="python-socketio's rooms under async_mode='threading'",
)
