"""Requests a second through the whole lifecycle: our framework beside Flask's own wsgi_app, on each kind of unit."""

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

import flask
import gevent

from harness.core.history import History, Probe
from harness.core.plan import Order
from harness.core.scenario import Scenario
from harness.core.steps import Script, drive, drive_async
from harness.framework import App
from harness.targets.mini import TARGET, TEMPLATE
from localimpl.contextvar import SUBJECT

RATIO = 1.0
"""Requests a second that we are to reach, as a multiple of Flask's."""
UNITS = 8
TOKEN = "r1-0123456789ab"
ORDER = Order("r1", "user0", TOKEN, 1)
FLASK, OURS, EXCHANGE = "Flask's wsgi_app", "our wsgi_app", "our exchange"


# The views: two that do the same in both frameworks, by ambience alone.


def store_and_read(app: Any) -> str:
    """Keep a header in ``g`` and answer with it."""
    app.g.user = app.request.headers["X-Ctxstress-Token"]
    return str(app.g.user)


def write_session(app: Any) -> str:
    """Keep a header in the session, which is then signed and sent, and answer with it."""
    app.session["user"] = app.request.headers["X-Ctxstress-Token"]
    return str(app.session["user"])


VIEWS = {"g": store_and_read, "session": write_session}


# The contestants: each sends one request and returns the body, on threads and greenlets, or on a task.


Send = Callable[[], Any]


def send_wsgi(app: Callable[..., Any]) -> bytes:
    """Call a WSGI application as a server does."""
    environ = TEMPLATE.copy()
    environ["HTTP_X_CTXSTRESS_TOKEN"] = TOKEN
    pieces = app(environ, _start_response)
    body = b"".join(pieces)
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
    return body


def _start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> None:
    assert status == "200 OK"


async def send_wsgi_on_task(app: Callable[..., Any]) -> bytes:
    """Call a synchronous WSGI application inside a task."""
    return send_wsgi(app)


def nothing_to_perform(step: object) -> None:
    """Perform the steps of a request that has none."""
    raise AssertionError(step)


def contestants(view: Callable[[Any], str], *, on_tasks: bool) -> dict[str, Send]:
    """Return what sends a request through each framework; each answers with the token."""
    theirs = flask.Flask("bench.lifecycle")
    theirs.secret_key = "a secret"
    theirs.add_url_rule("/", "index", partial(view, flask))
    ours = App(SUBJECT, secret_key="a secret")
    ours.add_url_rule("/", "index", partial(view, ours))
    mounted = TARGET.mount(SUBJECT, Scenario("bench", "The same view.", lambda app, own: view(app)))
    record = History().record

    def exchange() -> Script[bytes]:
        answer = yield from mounted.exchange(ORDER, {}, Probe(record, "r1", TOKEN, "unit"))
        return answer.body

    def send_exchange() -> bytes:
        return drive(exchange(), nothing_to_perform)

    async def send_exchange_on_task() -> bytes:
        return await drive_async(exchange(), nothing_to_perform)  # type: ignore[arg-type]

    send: Callable[..., Any] = send_wsgi_on_task if on_tasks else send_wsgi
    return {
        FLASK: partial(send, theirs.wsgi_app),
        OURS: partial(send, ours.wsgi_app),
        EXCHANGE: send_exchange_on_task if on_tasks else send_exchange,
    }


# The hosts: the same driver for each contestant, giving way after every request where there are several units.


def on_a_thread(send: Send, requests: int) -> None:
    """Send all requests on this thread."""
    for _ in range(requests):
        assert send() == TOKEN.encode()


def on_greenlets(send: Send, requests: int) -> None:
    """Send the requests from greenlets that take turns."""

    def lane() -> None:
        for _ in range(requests // UNITS):
            assert send() == TOKEN.encode()
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(lane) for _ in range(UNITS)], raise_error=True)


def on_tasks(send: Send, requests: int) -> None:
    """Send the requests from tasks that take turns."""

    async def lane() -> None:
        for _ in range(requests // UNITS):
            assert await send() == TOKEN.encode()
            await asyncio.sleep(0)

    async def run() -> None:
        await asyncio.gather(*(lane() for _ in range(UNITS)))

    asyncio.run(run())


HOSTS: dict[str, Callable[[Send, int], None]] = {
    "thread": on_a_thread,
    "greenlets": on_greenlets,
    "tasks": on_tasks,
}


def measure(host: str, view: str, requests: int, rounds: int) -> dict[str, Any]:
    """Return the median rate of each contestant, and of ours as a multiple of Flask's in the same round.

    A rate is requests a second of processor time, for other processes take the processors, too. Each round
    measures all three, one right after the other, in an order that rotates.
    """
    sends = contestants(VIEWS[view], on_tasks=host == "tasks")
    rates: dict[str, list[float]] = {name: [] for name in sends}
    names = list(sends)
    for turn in range(-1, rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            gc.collect()
            began = time.process_time()
            HOSTS[host](sends[name], requests)
            rate = requests / (time.process_time() - began)
            if turn >= 0:  # the first round warms up
                rates[name].append(rate)
    return {
        "host": host,
        "view": view,
        "rates": {name: median(each) for name, each in rates.items()},
        "ratios": {
            name: median(our / their for our, their in zip(rates[name], rates[FLASK], strict=True))
            for name in (OURS, EXCHANGE)
        },
    }


def main() -> None:
    """Measure each host and view, print the table, and exit with 1 when a target is not met."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments.add_argument("--requests", type=int, default=2_000, help="requests of one measurement")
    arguments.add_argument("--rounds", type=int, default=15, help="measurements of each, in turn")
    asked = arguments.parse_args()
    found = [measure(host, view, asked.requests, asked.rounds) for host in HOSTS for view in VIEWS]
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        show(found)
    sys.exit(any(ratio < RATIO for each in found for ratio in each["ratios"].values()))


def show(found: Sequence[Mapping[str, Any]]) -> None:
    """Print the rates as a table, with the target."""
    from rich.console import Console
    from rich.table import Table

    title = f"whole lifecycle, requests a second of processor time (contextvar; flask {flask_version()})"
    table = Table(title=title, title_justify="left")
    for column in ("host", "view", FLASK, OURS, EXCHANGE, "ratio", "target", ""):
        table.add_column(column, justify="left" if column in ("host", "view", "") else "right", no_wrap=True)
    for each in found:
        ratios = each["ratios"].values()
        table.add_row(
            each["host"],
            each["view"],
            *(f"{rate:,.0f}" for rate in each["rates"].values()),
            " / ".join(f"{ratio:.2f}" for ratio in ratios),
            f"{RATIO:.2f}",
            "met" if min(ratios) >= RATIO else "NOT met",
        )
    Console().print(table)


def flask_version() -> str:
    """Return the version that is compared with."""
    from importlib.metadata import version

    return version("flask")


if __name__ == "__main__":
    main()
