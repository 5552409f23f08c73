"""Virtual users: each draws flows by their weight and walks a new visit through each, call by call."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from harness.apps.calls import Call, Flow, Traffic
from harness.apps.exchanges import Visit
from harness.apps.placeholders import drawn
from harness.apps.tokens import Ledger
from harness.apps.walk import NotCapturedError, Prepared, Walk
from harness.core.ports import Answer


class Step(NamedTuple):
    """One request that a user is to send next."""

    mark: str
    visit: Visit
    call: Call
    prepared: Prepared


class User:
    """One virtual user with a cookie jar of its own; ``abandoned`` counts visits that could not go on."""

    def __init__(self, label: str, crowd: "Crowd") -> None:
        self.label = label
        self._first = label
        self._others = itertools.count(2)
        self.abandoned = 0
        self.why = ""
        """What kept the last abandoned visit from going on."""
        self._crowd = crowd
        self._jar: dict[str, str] = {}
        self._random = random.Random(f"{crowd.seed}/{label}")
        self._visits = itertools.count(1)
        self._walk: Walk | None = None
        self._rest: Iterator[tuple[int, Call]] = iter(())

    def begin(self, flow: Flow, choices: dict[str, str] | None = None) -> None:
        """Begin a new visit to a flow; ``choices`` says what placeholders such as ``choice:a|b`` stand for."""
        visit = self._crowd.visit(f"{self.label}v{next(self._visits)}", self.label, flow)
        if choices:
            visit = replace(visit, values={**visit.values, **choices})
        self._walk = Walk(flow, visit, self._jar)
        self._rest = enumerate(flow.calls)

    def next(self) -> Step:
        """Return the next request of this visit, or the first of a new one."""
        while True:
            try:
                step = self.step()
            except NotCapturedError as error:
                self.abandoned += 1
                self.why = str(error)
                step = None
            if step is not None:
                return step
            self.begin(self._crowd.draw(self._random))

    def step(self) -> Step | None:
        """Return the next request of this visit, None when it is over; raises NotCapturedError and ends it."""
        for nth, call in self._rest:
            assert self._walk is not None
            try:
                prepared = self._walk.prepare(call)
            except NotCapturedError:
                self._rest = iter(())
                raise
            return Step(f"{self._walk.visit.label}.{nth}", self._walk.visit, call, prepared)
        return None

    def take(self, step: Step, answer: Answer | None) -> None:
        """Learn what came of a step: without a whole answer its visit is over, and somebody else comes.

        The app may still be busy with what was left, or with the half of it that it got, and it is for that user: what
        is found then in place of what the same user sent later is nobody else's doing.
        """
        if answer is not None and not answer.cut and self._walk is not None:
            self._walk.take(step.call, answer)
            return
        self._rest = iter(())
        self.label = f"{self._first}n{next(self._others)}"
        self._jar = {}


class Crowd:
    """All users of a run, so that the labels of no two visits are alike; the seed fixes what each of them does."""

    def __init__(self, traffic: Traffic, ledger: Ledger, seed: int) -> None:
        self.seed = seed
        self.flows = traffic.flows
        self._ledger = ledger
        self._placeholders = {id(flow): drawn(flow.calls) for flow in self.flows}
        self._weights = list(itertools.accumulate(flow.weight for flow in self.flows))
        self._labels = itertools.count(1)

    def user(self) -> User:
        """Return a new user."""
        return User(f"u{next(self._labels)}", self)

    def draw(self, by: random.Random) -> Flow:
        """Return one of the flows, by weight."""
        if len(self.flows) == 1:
            return self.flows[0]
        return by.choices(self.flows, cum_weights=self._weights)[0]

    def visit(self, label: str, user: str, flow: Flow) -> Visit:
        """Return a visit to a flow with its tokens."""
        return self._ledger.visit(label, user, self._placeholders[id(flow)])
