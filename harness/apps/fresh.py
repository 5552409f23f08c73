"""Tries a fresh process of the app with as many requests by one client: what load alone changes, with nothing at once.

A flood can leave an app broken for good, so that what it answers wrongly comes alone as well from then on. So does what
an app rightly answers otherwise after many requests, as when a list is full; but that comes with one client too.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial

from harness.apps.app_process import AppProcess
from harness.apps.calls import Flow
from harness.apps.options import Budget
from harness.apps.oracle.alone import Alone
from harness.apps.press import flood
from harness.apps.pressures import Pressure
from harness.apps.serially import alone
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd

SECONDS = 8.0
"""How long all of it may take; what takes longer is not told."""

Afresh = Callable[[], AbstractContextManager[AppProcess]]
"""Starts one more process of the app."""


def known_afresh(
    afresh: Afresh,
    crowd: Crowd,
    ledger: Ledger,
    pressure: Pressure,
    *,
    requests: int,
    sends: Mapping[str, int],
    budget: Budget,
) -> Alone | None:
    """Return what requests get alone from a fresh process to which one client sent so many, in the same manner.

    ``sends`` says how many answers of an endpoint tell enough. None when time did not suffice.
    """
    known = Alone(ledger)
    deadline = time.monotonic() + SECONDS
    with afresh() as place:
        pressed = flood(
            place.address,
            crowd,
            pressure,
            clients=1,
            requests=requests,
            deadline=deadline,
            tell=lambda exchange: None,
            patience=budget.patience,
        )
        if pressed.sent < requests or pressed.reason:
            return None
        while short := {name for name, enough in sends.items() if known.sends(name) < enough}:
            if time.monotonic() > deadline or not place.alive():
                return None
            for exchange in alone(
                place.address, crowd, patience=budget.patience, only=partial(Flow.asks, endpoints=short)
            ):
                known.learn(exchange)
    return known
