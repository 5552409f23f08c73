"""One request at one mounted scenario: stamps its beginning and end where it runs, and says how it went."""

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

from harness.core.history import History, Probe, Row
from harness.core.ports import Given, Mounted
from harness.core.scenario import Scenario

ERROR = 500
MOST_TRACEBACKS = 5
"""Tracebacks that go to the log; a flood of errors would only repeat them."""

MakeSteps = Callable[[], Any]
"""Returns what performs the steps of one unit: ThreadSteps, GreenletSteps or TaskSteps."""


class Site:
    """One mounted scenario and the record of its requests."""

    def __init__(self, scenario: Scenario, mounted: Mounted, make_steps: MakeSteps) -> None:
        self.scenario = scenario
        self.mounted = mounted
        self.make_steps = make_steps
        self.rows: list[Row] = []
        self.in_flight: set[str] = set()
        self._tracebacks = iter(range(MOST_TRACEBACKS))

    def drain(self) -> bytes:
        """Return the rows recorded since the last call, and how many requests are in flight, as JSON."""
        # In this order: with nothing in flight, all rows of the requests so far are there. Rows are only ever
        # appended, so what is copied first can be deleted while others record.
        in_flight = len(self.in_flight)
        taken = self.rows[:]
        del self.rows[: len(taken)]
        return json.dumps({"in_flight": in_flight, "rows": History(taken).to_json()}).encode()

    def complain(self, error: BaseException) -> None:
        """Write the traceback of an error that nobody asked for to the log."""
        if next(self._tracebacks, None) is not None:
            traceback.print_exception(error, file=sys.stderr)


class Visit:
    """One request at a site: stamps its beginning and end and says how it went."""

    __slots__ = ("own", "site", "steps")

    def __init__(self, site: Site, own: Probe, seed: int) -> None:
        self.site = site
        self.own = own
        self.steps = site.make_steps().begin(seed)

    def given(self) -> Given:
        """Return what travels to the view by argument."""
        return Given(self.own, self.steps)

    def enter(self) -> None:
        """Stamp the beginning."""
        self.site.in_flight.add(self.own.request)
        self.own.enter()

    def fail(self, error: Exception) -> None:
        """Record an error that came out of the app, unless the scenario wants the answer that servers give to one."""
        if self.site.scenario.status != ERROR:
            self.own.failed(error)
            self.site.complain(error)

    def end(self) -> None:
        """Look at what the unit still holds, and stamp the end."""
        try:
            for name, value in self.site.mounted.leftovers():
                self.own.residue(name, value)
        except Exception as error:
            self.own.failed(error)
            self.site.complain(error)
        self.own.leave()
        self.site.in_flight.discard(self.own.request)
