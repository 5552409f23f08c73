"""Sends requests one at a time, as a person would who tries the app by hand: what it answers when nothing disturbs."""

import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from math import ceil, log2

from harness.apps.addresses import Address
from harness.apps.calls import Flow
from harness.apps.exchanges import Exchange
from harness.apps.oracle.alone import ENOUGH_COMBINED
from harness.apps.placeholders import drawn
from harness.apps.press import PATIENCE
from harness.apps.pressures import ALONE, Pressure
from harness.apps.user_agent import Reply, UserAgent
from harness.apps.users import Crowd, User
from harness.apps.walk import NotCapturedError
from harness.engine.http_connection import RefusedError, UnconnectedError

MOST_COMBINATIONS = 32
"""So many combinations of choices are each sent; of more, each choice beside the others as they are drawn."""
SURE = 24
"""Bits: that an app which shows variants at random showed each choice one of its own is as likely as one in 2**SURE."""


def alone(
    address: Address,
    crowd: Crowd,
    *,
    users: int = 3,
    visits: int = 2,
    pressure: Pressure = ALONE,
    stop: Callable[[], bool] = lambda: False,
    patience: float = PATIENCE,
    before: int = 0,
    only: Callable[[Flow], bool] = lambda flow: True,
) -> Iterator[Exchange]:
    """Yield what comes of each flow when so many users visit it so often in turn, each request on a new connection.

    Visits are added until each choice of a placeholder, and if those are few each combination, was sent often enough
    to learn from. Their order is drawn, and some are left after their first request, so that what an app gives to
    every second request, as one of two servers behind a proxy, does not always fall to the same one. With another
    pressure its way with connections, its padding and its pauses apply: what such a request is answered when nothing
    else runs. Ends early when ``stop`` returns true, and after the first request that nobody listens to. Raises
    NotCapturedError when a flow cannot be walked to its end.
    """
    client = _Client(address, crowd, pressure, patience, before)
    order = random.Random(f"{crowd.seed}/alone/{before}")
    try:
        for flow in filter(only, crowd.flows):
            people = [crowd.user() for _ in range(users)]
            for nth, (number, choices) in enumerate(_visits(flow, users * visits, order)):
                whole = [(people[number % users], None)]
                left = [(crowd.user(), 1)] if nth % 2 and len(flow.calls) > 1 else []
                for user, calls in left + whole:
                    user.begin(flow, choices)
                    for exchange in itertools.islice(client.walk(user), calls):
                        yield exchange
                        if stop():
                            return
    except RefusedError:
        return
    finally:
        client.close()


def afterwards(
    address: Address,
    crowd: Crowd,
    *,
    visits: int = 8,
    stop: Callable[[], bool] = lambda: False,
    patience: float = PATIENCE,
    before: int = 0,
) -> Iterator[Exchange]:
    """Yield what comes of a few visits by new users, one at a time after a flood: what it has corrupted for good.

    There are as many as are needed for each flow to be visited twice, and at least ``visits``.
    """
    client = _Client(address, crowd, ALONE, patience, before)
    try:
        for _ in range(max(2, -(-visits // len(crowd.flows)))):
            for flow in crowd.flows:
                user = crowd.user()
                user.begin(flow)
                try:
                    for exchange in client.walk(user):
                        yield exchange
                        if stop():
                            return
                except NotCapturedError:
                    pass  # the answer that should have held it has been told
    except RefusedError:
        return
    finally:
        client.close()


class _Client:
    """The only client there is."""

    def __init__(
        self, address: Address, crowd: Crowd, pressure: Pressure, patience: float, before: int
    ) -> None:
        self._agent = UserAgent(address, pressure, patience, f"{crowd.seed}/{pressure.name}")
        self._pressure = pressure.name
        self._sent = before

    def walk(self, user: User) -> Iterator[Exchange]:
        """Send what a user's visit consists of; raises RefusedError after telling that nobody listens."""
        while (step := user.step()) is not None:
            began = time.monotonic()
            refused: RefusedError | None = None
            try:
                (reply,) = self._agent.send([step])
            except (RefusedError, UnconnectedError) as error:
                refused = error if isinstance(error, RefusedError) else None
                reply = Reply(None, str(error), began, time.monotonic())
            self._sent += 1
            user.take(step, reply.answer)
            yield Exchange(
                step.mark,
                step.visit,
                step.call,
                step.prepared.sent,
                reply.answer,
                reply.trouble,
                reply.began,
                reply.ended,
                self._pressure,
                self._sent,
            )
            if refused is not None:
                raise refused

    def close(self) -> None:
        """Close the connection, where one was kept."""
        self._agent.close()


def _visits(flow: Flow, least: int, order: random.Random) -> list[tuple[int, dict[str, str]]]:
    """Return what the choices of a flow are to stand for in each of its visits, each with a number to tell users by."""
    choices = {
        name: name.partition(":")[2].split("|") for name in drawn(flow.calls) if name.startswith("choice:")
    }
    combinations = list(itertools.islice(itertools.product(*choices.values()), MOST_COMBINATIONS + 1))
    if len(combinations) <= MOST_COMBINATIONS:
        several = len(combinations) > 1
        sure = ceil(SURE / len(combinations)) + 1 if several else 0
        times = max(ENOUGH_COMBINED, ceil(least / len(combinations)), sure)
        made = [
            (nth + number, dict(zip(choices, each, strict=True)))
            for nth in range(times)
            for number, each in enumerate(combinations)
        ]
        if several:  # else users only change their turns
            order.shuffle(made)
        return made
    times = 1 + ceil(SURE / log2(min(len(options) for options in choices.values() if len(options) > 1)))
    count = times * max(map(len, choices.values()))
    columns = [_spread(options, count, order) for options in choices.values()]
    return [
        (nth, dict(zip(choices, each, strict=True))) for nth, each in enumerate(zip(*columns, strict=True))
    ]


def _spread(options: Sequence[str], count: int, order: random.Random) -> list[str]:
    """Return so many of some options, each as often as the others, in an order that is drawn."""
    spread = [options[nth % len(options)] for nth in range(count)]
    order.shuffle(spread)
    return spread
