"""The locust user: sends marked requests over a raw socket and tells at once when it got another's answer."""

import time
from typing import TYPE_CHECKING, Any

import gevent
from locust import User, task

from harness.core.history import Kind, Probe, Row
from harness.core.scenario import Cookies
from harness.engine.client import Client, TransportError
from harness.engine.over_http import FRESH_EVERY, receive
from harness.locust_users.ledger import CLIENT
from harness.locust_users.traffic import PATIENCE, Crew, Orders, Stage, Traffic

if TYPE_CHECKING:
    from locust.env import Environment

IDLE_SECONDS = 0.05
"""How long a user waits who has nothing to send, or got nothing."""


class RequestError(Exception):
    """What locust shows of a request that failed, as it stands."""

    def __repr__(self) -> str:
        return str(self)


def crew_of(environment: "Environment") -> Crew | None:
    """Return the users of this process, or None while there is no test."""
    return getattr(environment, "ctxstress_crew", None)


class ContextUser(User):
    """One client of one server: keeps its connection, opens a new one now and then, and never waits."""

    host = "127.0.0.1"
    """For the page to show; the ports are the servers' own."""

    def on_start(self) -> None:
        self._stage: Stage | None = None

    def on_stop(self) -> None:
        if self._stage is not None:
            self._stage.users -= 1
            self._client.close()

    @task
    def request(self) -> None:
        """Send one request to the scenario whose turn it is."""
        crew = crew_of(self.environment)
        if crew is None or crew.resting:
            gevent.sleep(IDLE_SECONDS)
            return
        if self._stage is None:
            self._join(crew)
        crew.in_flight += 1
        try:
            self._send(self._stage.next())  # type: ignore[union-attr]
        finally:
            crew.in_flight -= 1

    def _join(self, crew: Crew) -> None:
        self._stage, self._label = crew.join()
        self._orders = Orders(crew.seed, self._label)
        self._client = Client(self._stage.port, None, PATIENCE)
        self._jars: dict[str, dict[str, str]] = {}
        self._sent = 0

    def _send(self, traffic: Traffic) -> None:
        scenario = traffic.scenario
        order = self._orders.next(hangs_up=scenario.hangs_up)
        rows: list[Row] = []
        own = Probe(rows.append, order.request, order.token, CLIENT + self._label, order.user)
        self._sent += 1
        if self._sent % FRESH_EVERY == 0:
            self._client.close()
        self._client.jar = self._jar(traffic)
        size = 0
        began = time.perf_counter()
        try:
            answer = self._client.send(scenario.name, order)
        except TransportError as error:
            own.failed(str(error))
        else:
            receive(answer, scenario, own)
            size = len(answer.body)
        elapsed = (time.perf_counter() - began) * 1000
        traffic.end(order.request, rows)
        self._tell(traffic, elapsed, size, complaint(rows, order.token))
        if not size:
            # Nobody listens, perhaps; asking again at once would only fill the statistics.
            gevent.sleep(IDLE_SECONDS)

    def _jar(self, traffic: Traffic) -> dict[str, str] | None:
        match traffic.scenario.cookies:
            case Cookies.OWN | Cookies.TABS:  # users of locust come and go, so no few of them stay together
                return self._jars.setdefault(traffic.name, {})
            case Cookies.SHARED:
                return traffic.jar
            case Cookies.NONE:
                return None

    def _tell(self, traffic: Traffic, elapsed: float, size: int, error: RequestError | None) -> None:
        assert self._stage is not None
        event: dict[str, Any] = {
            "request_type": self._stage.unit,
            "name": traffic.name,
            "response_time": elapsed,
            "response_length": size,
            "exception": error,
            "context": self.context(),
        }
        self.environment.events.request.fire(**event)


def complaint(rows: list[Row], token: str) -> RequestError | None:
    """Return what a client can say against an answer by itself."""
    for kind, *_, value in rows:
        if kind is Kind.FAILED:
            return RequestError(value)
        if kind is Kind.REPLIED and value != token:
            return RequestError(f"crossed reply: {token} got the answer to {value[:80] or 'nothing'}")
    return None
