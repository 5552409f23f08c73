"""What the users of this process send and get, by server and scenario, until it is handed over to be judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from harness.core.history import History, Row
from harness.core.names import load
from harness.core.plan import HANG_UP_EVERY, Order
from harness.core.scenario import Cookies, Scenario
from harness.engine.client import Client
from harness.engine.over_http import log_in

VISIT = 24
"""Requests that all users of a server together send to a scenario before they go on to the next.

Requests can disturb each other only within a scenario, so users who chose for themselves would hardly ever meet.
"""
PATIENCE = 5.0
"""Seconds after which a user gives one request up."""


@dataclass(slots=True)
class Traffic:
    """What one cell was sent by the users of this process."""

    number: int
    """Which cell of the test it is."""
    name: str
    scenario: Scenario
    jar: dict[str, str] | None = None
    """The cookies that all users share."""
    done: list[str] = field(default_factory=list)
    """Requests that ended at the user's side, since the last time that they were handed over."""
    rows: list[Row] = field(default_factory=list)

    def end(self, request: str, rows: Sequence[Row]) -> None:
        """Note what came of a request."""
        self.done.append(request)
        self.rows.extend(rows)

    def hand_over(self) -> dict[str, Any] | None:
        """Return what is new, in types that can be sent between processes, or None."""
        if not self.done:
            return None
        done, rows, self.done, self.rows = self.done, self.rows, [], []
        return {"cell": self.number, "done": done, "rows": History(rows).to_json()}


class Stage:
    """One server under test, and the scenarios that its users are taken through together, a visit at a time."""

    def __init__(self, unit: str, port: int, traffic: Sequence[Traffic]) -> None:
        self.unit = unit
        self.port = port
        self.users = 0
        self.traffic = traffic
        self._turns = 0

    def next(self) -> Traffic:
        """Return where the next request goes."""
        visit = self._turns // VISIT
        self._turns += 1
        return self.traffic[visit % len(self.traffic)]


class Crew:
    """The users of this process, spread evenly over the servers; numbered, so that no two requests share an id."""

    def __init__(self, plan: dict[str, Any], label: str) -> None:
        self.seed: int = plan["seed"]
        self.label = label
        self.resting = False
        """Whether users are to send nothing for now."""
        self.in_flight = 0
        self._users = 0
        self._stages = [
            Stage(
                stage["unit"],
                stage["port"],
                [Traffic(number, name, load(scenario)) for number, name, scenario in stage["cells"]],
            )
            for stage in plan["stages"]
        ]
        for stage in self._stages:
            self._log_in(stage)

    def _log_in(self, stage: Stage) -> None:
        for traffic in stage.traffic:
            if traffic.scenario.cookies is Cookies.SHARED:
                orders = Orders(self.seed, f"{self.label}login")
                with Client(stage.port, None, PATIENCE) as client:
                    traffic.jar = log_in(client, traffic.scenario, orders.next(hangs_up=False))

    def join(self) -> tuple[Stage, str]:
        """Return the server with the fewest users, and the label of the one who joins there."""
        stage = min(self._stages, key=lambda stage: stage.users)
        stage.users += 1
        self._users += 1
        return stage, f"{self.label}u{self._users}"

    def hand_over(self) -> list[dict[str, Any]]:
        """Return what all users sent and got since the last call."""
        every = (traffic.hand_over() for stage in self._stages for traffic in stage.traffic)
        return [each for each in every if each is not None]


class Orders:
    """Makes the orders of one user: the same seed and label give the same tokens and pauses."""

    def __init__(self, seed: int, label: str) -> None:
        self._random = Random(f"{seed}/{label}")
        self._label = label
        self._user = f"{label}-{self._random.getrandbits(48):012x}"
        self._count = 0

    def next(self, *, hangs_up: bool) -> Order:
        """Return the next one; every third is cut short where the scenario wants that."""
        self._count += 1
        request = f"{self._label}r{self._count}"
        return Order(
            request=request,
            user=self._user,
            token=f"{request}-{self._random.getrandbits(48):012x}",
            seed=self._random.getrandbits(48),
            hangs_up=hangs_up and self._count % HANG_UP_EVERY == 1,
        )
