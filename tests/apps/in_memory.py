"""Whole trials of apps that are functions: no server and no clock, so that many fit into a second."""

import random
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from harness.apps import serially, trial
from harness.apps.addresses import Address
from harness.apps.calls import Call, Flow, Traffic
from harness.apps.exchanges import Exchange
from harness.apps.journal import Journal
from harness.apps.options import Asked, Budget, Place
from harness.apps.press import Pressed
from harness.apps.pressures import Pressure
from harness.apps.tokens import Ledger
from harness.apps.trial import Trial
from harness.apps.user_agent import Reply
from harness.apps.users import Crowd, Step
from harness.apps.watching import Watches
from harness.core.ports import Answer

App = Callable[[Step, random.Random, "InMemory"], Answer]
"""What a step is answered, by chance if it likes, and by where it is sent."""
LASTS = 0.01


class InMemory:
    """Stands for all that a trial sends with, and for its clock; each request lasts as long as the other."""

    def __init__(self, app: App, seed: int) -> None:
        self._app = app
        self._chance = random.Random(f"app/{seed}")
        self._order = random.Random(f"order/{seed}")
        self.loaded = False
        self.now = 1000.0 + 0.37 * seed

    def __call__(self, *_: Any) -> "InMemory":
        return self

    def send(self, steps: list[Step]) -> list[Reply]:
        return [self._serve(step) for step in steps]

    def _serve(self, step: Step) -> Reply:
        began = self.now
        self.now += LASTS
        return Reply(self._app(step, self._chance, self), "", began, self.now)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def close(self) -> None:
        """There is nothing open."""

    def flood(
        self,
        address: Address,
        crowd: Crowd,
        pressure: Pressure,
        *,
        clients: int,
        requests: int,
        tell: Callable[[Exchange], None],
        **_: Any,
    ) -> Pressed:
        users = [crowd.user() for _ in range(clients * pressure.users)]
        self.loaded = True
        for nth in range(requests):
            user = self._order.choice(users)
            step = user.next()
            [reply] = self.send([step])
            user.take(step, reply.answer)
            sent = step.prepared.sent
            tell(
                Exchange(
                    step.mark,
                    step.visit,
                    step.call,
                    sent,
                    reply.answer,
                    "",
                    reply.began,
                    reply.ended,
                    nth=nth,
                )
            )
        self.loaded = False
        return Pressed(requests, requests, 0, 0, 0, 0, 0.1, "")


def tried(app: App, *paths: tuple[str, ...], seed: int, requests: int = 4000) -> Trial:
    """Return the trial of an app with flows of such GET requests, at its end."""
    flows = tuple(Flow(tuple(Call("GET", path) for path in flow)) for flow in paths)
    asked = Asked(Place(url="http://app"), Traffic(flows), Budget(requests=requests, seed=seed))
    made = InMemory(app, seed)
    done = Trial(
        asked,
        Address(1),
        None,
        Journal(None),
        lambda: True,
        Watches(asked, Ledger(seed)),
        lambda *_: None,
        None,
    )
    with (
        patch.object(serially, "UserAgent", made),
        patch.object(trial, "flood", made.flood),
        patch.object(trial, "time", made),
        patch.object(serially, "time", made),
    ):
        done.run()
    return done
