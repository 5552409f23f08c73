"""What each standing, anomaly, kind of evidence and observed state is called, and what it means in one sentence."""

from enum import StrEnum

from harness.core.reads import Seen
from harness.core.verdict import Anomaly, Need
from localimpl import Unit


class Standing(StrEnum):
    """How a cell stands: its grade, or the way it ended when that explains more; the worst first."""

    BROKEN = "broken"
    MISSED = "missed"
    CRASHED = "crashed"
    HUNG = "hung"
    UNPROVEN = "unproven"
    NOT_RUN = "not run"
    CAUGHT = "caught"
    KEPT = "kept"
    UNPROMISED = "unpromised"
    NOT_APPLICABLE = "not applicable"


RANK = {standing: rank for rank, standing in enumerate(Standing)}
"""The order in which cells are shown: what must be looked at before what is as it should be."""

FAULTS = frozenset(list(Standing)[:6])
"""The standings of which one is enough to make a run red."""

STANDINGS = {
    Standing.BROKEN: "Keeping these units apart was promised, and a mix-up was seen.",
    Standing.MISSED: "This Local is known to mix requests up here, and no mix-up was seen: the harness failed, "
    "so its silence about others is worth less.",
    Standing.CRASHED: "The process that ran the cell ended by itself; its log tells more.",
    Standing.HUNG: "The cell did not end within its time limit, or could not end at all.",
    Standing.UNPROVEN: "Isolation is promised and no mix-up was seen, but the requests had too few chances to "
    "disturb each other, or some of them failed.",
    Standing.NOT_RUN: "The cell was chosen and did not run.",
    Standing.CAUGHT: "This Local is known to mix requests up here, and was seen to: the harness works.",
    Standing.KEPT: "Isolation is promised, the requests had their chances to disturb each other, and none did.",
    Standing.UNPROMISED: "Nothing is promised here; what was seen is shown for information.",
    Standing.NOT_APPLICABLE: "The framework has no means for what the scenario asks; the cell names it.",
}

SYMBOLS = {
    Standing.BROKEN: "✗",
    Standing.MISSED: "⊘",
    Standing.CRASHED: "‼",
    Standing.HUNG: "∞",
    Standing.UNPROVEN: "?",
    Standing.NOT_RUN: "·",
    Standing.CAUGHT: "◎",
    Standing.KEPT: "✓",
    Standing.UNPROMISED: "–",
    Standing.NOT_APPLICABLE: "∅",
}

ANOMALIES = {
    Anomaly.BLEED: "A request saw the value of another that was in flight together with it.",
    Anomaly.STALE: "A request saw the value of another that was over before it began.",
    Anomaly.LOST: "A request's own value was gone, or an older one was in its place.",
    Anomaly.TORN: "Values that belong together came from two requests.",
    Anomaly.CROSSED_REPLY: "A client got the answer to another client's request.",
    Anomaly.LOST_UPDATE: "Two requests changed the same value from the same start, so one change was overwritten.",
    Anomaly.RESIDUE: "After the end of a request its values were still stored for the unit that ran it.",
}

NEEDS = {
    Need.OVERLAP: "requests that another one could disturb between their write and their read",
    Need.REUSE: "requests on a unit that had served another one before",
    Need.ENDS: "requests whose storage was looked at after their end",
    Need.REPLIES: "answers compared while other requests were in flight",
    Need.UPDATES: "updates during which another one of the same value was under way",
}

SEEN = {
    Seen.OWN: "What the request stored itself: as it should be.",
    Seen.EMPTY: "Nothing was stored yet, and nothing was found: as it should be.",
    Seen.LIVING: "Another request that was still running shone through: a bleed.",
    Seen.FINISHED: "A request that was over had left its value behind: stale.",
    Seen.TORN: "Values that belong together came from two requests: torn.",
    Seen.GONE: "The request had stored a value and found none: lost.",
    Seen.OLDER: "A newer value of the request was replaced by an older one: lost.",
    Seen.UNKNOWN: "No request of this run wrote this value: lost.",
}

MARKS = {
    "write": "This put there what came through, or was lost.",
    "switch": "Here a unit was left that another one then disturbed.",
    "read": "This shows that something of another came through, or that one's own was lost.",
}
"""What the marks beside the rows of an interleaving mean."""

UNITS = {
    Unit.THREAD: "A thread of the operating system; Python may switch to another at any call, loop or wait.",
    Unit.GREENLET: "A coroutine of gevent; many share one thread, and switch where they wait.",
    Unit.TASK: "A coroutine of asyncio; many share one thread, and switch at an await.",
}

TERMS = {
    "unit": "What one request runs on: a thread, a greenlet or a task.",
    "Local": "A place for values that looks global and should hold others in each unit; a row of the matrix.",
    "promise": "The kinds of unit that a Local says it keeps apart.",
    "negative control": "A Local that is broken on purpose, with the places where it must be caught; "
    "it shows that the harness can see what it looks for.",
    "host": "What makes units inside one process, without a network.",
    "server": "A real HTTP server in a process of its own.",
    "scenario": "One claim about isolation, and the requests that put it to the test.",
    "cell": "One Local on one host or server, put to one scenario.",
    "mix-up": "Any of the anomalies below: a request saw, kept or lost what belongs to another.",
    "evidence": "How often requests had the chance to disturb each other, counted where they ran. "
    "Without it silence proves nothing.",
    "bound": "No mix-up in N chances means that, at 95 % confidence, the true rate is below 1 − 0.05^(1/N).",
    "exploration": "A search of the schedules of a few requests: a scheduler picks which of them goes on at each step.",
    "schedule": "Who ran in each step, from the first to the last; an interleaving, and it can be run again.",
    "preemption": "Leaving a unit that could go on for another, as an operating system does; a bound says how often.",
    "feasibility": "The weakest scheduler that can make a mix-up: requests in turn, an idle loop's order, I/O and "
    "timers of another length, a switch of threads by the GIL, or only threads that run at once.",
    "token": "A value that only one request writes, so that whoever sees it elsewhere knows where it came from.",
}


def plural(number: int, noun: str) -> str:
    """Return ``1 cell`` or ``2 cells``, with thousands set apart."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def listed(items: list[str], word: str = "and") -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    return f" {word} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def rate(value: float) -> str:
    """Return a share (0 to 1) as percent with two digits that count."""
    percent = value * 100
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %"
