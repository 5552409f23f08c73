"""Values are kept by the thread's ident and not released: the next request on the same worker finds them."""

from collections import deque
from collections.abc import Mapping
from threading import get_ident
from typing import Any

from bench.explore.case import Case, Trial, Wrong
from bench.explore.cases._local import Local
from harness.core.feasibility import Feasibility
from localimpl import Unit


def _trial(release: bool) -> Trial:
    local = Local(get_ident)
    requests = deque(["alice", ""])

    def worker() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        while True:
            try:
                user = requests.popleft()
            except IndexError:
                return seen
            if user:
                local.set(user)
            seen[user] = local.get()
            if release:
                local.release()

    def judge(results: Mapping[str, Any]) -> Wrong | None:
        for name, seen in results.items():
            if found := seen.get(""):
                return Wrong(name, "stale", f"{name} served a visitor without a name as {found!r}")
        return None

    return Trial({"first": worker, "second": worker}, judge)


CASE = Case(
    unit=Unit.THREAD,
    kind="stale",
    feasibility=Feasibility.SEQUENTIAL,
    faulty=lambda: _trial(release=False),
    fixed=lambda: _trial(release=True),
    preemptions=0,
    source="Werkzeug 1.0's Local without release; asgiref's tags made of idents",
)
