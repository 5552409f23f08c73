"""Floods a scenario on a server over HTTP: the history is what the server recorded, then what the clients got."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.core.history import History, Probe, Row
from harness.core.plan import TABS, Order
from harness.core.ports import Answer
from harness.core.scenario import Cookies, Scenario
from harness.engine.client import Client
from harness.engine.http_connection import NoAnswerError, RefusedError, TransportError

FRESH_EVERY = 8
"""Each client sends every so many requests on a new connection, the others on the one it has."""
PATIENCE = 10.0
"""Seconds after which a client gives one request up and goes on."""
DRAIN_SECONDS = 5.0
LOOK_SECONDS = 0.05
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of a flood over HTTP."""

    history: History
    sent: int
    """Requests that clients sent, the answered and the others."""
    unsent: int
    """Requests that were not sent, because time was up or nobody listened any more."""
    waiting: tuple[str, ...]
    """Requests whose clients gave up waiting for the answer."""
    drained: bool
    """Whether the server handed over all that it recorded; if not, the history lacks some or all of its side."""
    seconds: float
    """How long the clients took."""


@dataclass(slots=True)
class Lane:
    """One client's orders and what came of them."""

    orders: Sequence[Order]
    client: Client
    label: str
    history: History = field(default_factory=History)
    sent: int = 0
    waiting: list[str] = field(default_factory=list)


def flood_over_http(
    port: int,
    scenario: Scenario,
    lanes: Sequence[Sequence[Order]],
    *,
    time_limit: float,
    fresh_every: int = FRESH_EVERY,
    patience: float = PATIENCE,
    drain_within: float = DRAIN_SECONDS,
    progress: Progress | None = None,
) -> Exchange:
    """Send the orders of each lane in turn, all lanes at once, to a scenario of a server on 127.0.0.1.

    Returns after ``time_limit`` seconds at the latest, plus the ``drain_within`` that the server may take to hand over
    its record.
    ``progress`` is told now and then how many requests are sent. KeyboardInterrupt ends the clients and goes on.
    """
    limit = min(patience, time_limit)
    with Client(port, None, limit) as control:
        _drain(control, scenario, 0)  # what a flood before this one left behind
        jars = _jars(control, scenario, lanes)
        running = [
            Lane(orders, Client(port, jar, limit), f"client-{number}")
            for number, (orders, jar) in enumerate(zip(lanes, jars, strict=True))
            if orders
        ]
        flood = _Flood(scenario, fresh_every, patience, len(running))
        seconds = flood.run(running, time_limit, progress)
        history, drained = _drain(control, scenario, drain_within)
    for lane in running:
        history.rows.extend(lane.history.rows)
    sent = sum(lane.sent for lane in running)
    return Exchange(
        history=history,
        sent=sent,
        unsent=sum(map(len, lanes)) - sent,
        waiting=tuple(request for lane in running for request in lane.waiting),
        drained=drained,
        seconds=seconds,
    )


class _Flood:
    """Client threads that start together, each with a lane of its own."""

    def __init__(self, scenario: Scenario, fresh_every: int, patience: float, lanes: int) -> None:
        self._scenario = scenario
        self._fresh_every = fresh_every
        self._patience = patience
        self._start = threading.Barrier(lanes + 1)
        self._deadline = 0.0

    def run(self, lanes: Sequence[Lane], time_limit: float, progress: Progress | None) -> float:
        """Run all lanes to their end or the time limit; return the seconds."""
        began = time.monotonic()
        self._deadline = began + time_limit
        threads = [
            threading.Thread(target=self._run, args=(lane,), name=lane.label, daemon=True) for lane in lanes
        ]
        try:
            for thread in threads:
                thread.start()
            self._start.wait()
            began = time.monotonic()
            for thread in threads:
                while thread.is_alive():
                    thread.join(LOOK_SECONDS)
                    if progress is not None:
                        progress(sum(lane.sent for lane in lanes))
        except BaseException:
            self._deadline = 0.0
            self._start.abort()
            for lane in lanes:
                lane.client.abort()
            raise
        return time.monotonic() - began

    def _run(self, lane: Lane) -> None:
        try:
            lane.client.connect()
        except TransportError:
            pass  # the first request meets the same, and records it
        try:
            self._start.wait()
        except threading.BrokenBarrierError:
            return
        for number, order in enumerate(lane.orders, 1):
            left = self._deadline - time.monotonic()
            if left <= 0:
                break
            lane.client.limit = min(self._patience, left)
            if number % self._fresh_every == 0:
                lane.client.close()
            if not self._send(lane, order):
                break
        lane.client.close()

    def _send(self, lane: Lane, order: Order) -> bool:
        """Send one order and record what its client got; return whether there is any use in going on."""
        own = Probe(lane.history.record, order.request, order.token, lane.label, order.user)
        lane.sent += 1
        try:
            answer = lane.client.send(self._scenario.name, order)
        except NoAnswerError as error:
            lane.waiting.append(order.request)
            own.failed(str(error))
        except RefusedError as error:
            own.failed(str(error))
            return False
        except TransportError as error:
            own.failed(str(error))
        else:
            receive(answer, self._scenario, own)
        return True


def receive(answer: Answer, scenario: Scenario, own: Probe) -> None:
    """Record what a client got."""
    if answer.cut:
        own.cancelled()
    elif answer.status != scenario.status:
        # The token would make each of these texts another; alike they can be counted. Pages of HTML say nothing.
        body = answer.body[:200].decode("utf-8", "replace").replace(own.token, "<token>")
        said = f": {body}" if body and not answer.body.startswith(b"<") else ""
        own.failed(f"answered {answer.status}, not {scenario.status}{said}")
    elif answer.status == 200:
        own.replied(answer.body.decode("utf-8", "replace").partition(" ")[0])


def _jars(
    control: Client, scenario: Scenario, lanes: Sequence[Sequence[Order]]
) -> Sequence[dict[str, str] | None]:
    """Return each client's jar; cookies that all share are fetched by a request that leaves no record."""
    match scenario.cookies:
        case Cookies.NONE:
            return [None] * len(lanes)
        case Cookies.OWN:
            return [{} for _ in lanes]
        case Cookies.TABS:
            browsers: list[dict[str, str]] = [{} for _ in lanes[::TABS]]
            return [browsers[lane // TABS] for lane in range(len(lanes))]
        case Cookies.SHARED:
            return [log_in(control, scenario, lanes[0][0])] * len(lanes)


def log_in(client: Client, scenario: Scenario, like: Order) -> dict[str, str]:
    """Return the cookies that a request which leaves no record is given."""
    jar: dict[str, str] = {}
    client.jar = jar
    headers = f"X-Ctxstress-Token: login-{like.token}\r\nX-Ctxstress-User: {like.user}\r\n"
    try:
        client.get(f"/{scenario.name}/", f"{headers}X-Ctxstress-Seed: {like.seed}\r\n")
    except TransportError:
        pass  # without the cookies, the requests themselves fail and say so
    client.jar = None
    return jar


def fetch(control: Client, scenario: Scenario) -> tuple[list[Row], int]:
    """Return what the server recorded since the last call, and how many requests are in flight there.

    Raises TransportError.
    """
    answer = control.get(f"/-/history/{scenario.name}")
    try:
        part = json.loads(answer.body)
        return History.from_json(part["rows"]).rows, part["in_flight"]
    except (ValueError, KeyError, TypeError) as error:
        raise TransportError(f"no history but {answer.body[:60]!r}") from error


def _drain(control: Client, scenario: Scenario, patience: float) -> tuple[History, bool]:
    """Fetch what the server recorded, until no request is in flight there; return it and whether that was all."""
    history = History()
    deadline = time.monotonic() + patience
    control.limit = max(patience, 1.0)
    while True:
        try:
            rows, in_flight = fetch(control, scenario)
        except TransportError:
            return history, False
        history.rows.extend(rows)
        if not in_flight:
            return history, True
        if time.monotonic() > deadline:
            return history, False
        time.sleep(LOOK_SECONDS)
