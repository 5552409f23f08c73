"""A parser that all requests share keeps the body it has parsed: fields of one request are taken from another's."""

import json
from typing import Any

from bench.explore.case import Case, Trial, returning, serving
from harness.core.feasibility import Feasibility
from localimpl import Unit

FIELDS = ("user", "role")
BODIES = {"alice": '{"user": "alice", "role": "admin"}', "bob": '{"user": "bob", "role": "guest"}'}
RIGHT = returning("torn", {"alice": ["alice", "admin"], "bob": ["bob", "guest"]})


class Parser:
    """Parses a body once, however many of its fields are asked for."""

    def __init__(self) -> None:
        self._parsed: dict[str, Any] | None = None

    def _field(self, body: str, name: str) -> Any:
        if self._parsed is None:
            self._parsed = json.loads(body)
        return self._parsed[name]

    def parse(self, body: str) -> list[Any]:
        """Return the fields of this body."""
        self._parsed = None
        return [self._field(body, name) for name in FIELDS]


def _trial(kept: Parser | None) -> Trial:
    def serve(user: str) -> list[Any]:
        return (kept or Parser()).parse(BODIES[user])

    return serving(serve, RIGHT)


CASE = Case(
    unit=Unit.THREAD,
    kind="torn",
    feasibility=Feasibility.GIL_SWITCH,
    faulty=lambda: _trial(Parser()),
    fixed=lambda: _trial(None),
    source="webargs #371, CVE-2019-9710",
)
