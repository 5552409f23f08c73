"""Two users who walk the same flow through an app in this process, as a program to explore."""

import itertools
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from harness.apps.calls import Flow, Traffic
from harness.apps.exchanges import Exchange
from harness.apps.oracle.allowed import Allowed
from harness.apps.oracle.alone import Alone
from harness.apps.oracle.judge import Judge
from harness.apps.pair.sending import send, send_asgi
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd, Step, User
from harness.core.control import Mixup, Round, Work
from harness.core.execution import Execution
from harness.core.history import History
from harness.core.ports import Answer
from localimpl import Unit

USERS = 2


class Pair:
    """The app is the same in all schedules, as it is on a server; what the users send is made anew.

    So is each token: one that an earlier schedule left in the app would else be taken for a mix-up of this one.
    """

    learns = False
    tracked = False
    reference = ""

    def __init__(self, app: Any, flow: Flow, unit: Unit, allow: Collection[str], seed: int) -> None:
        self.name = flow.calls[-1].name
        self.unit = unit
        self._app = app
        self._flow = flow
        self._allowed = Allowed(allow)
        self._seeds = itertools.count(seed)
        self._trouble = ""

    def learn(self, execution: Execution) -> None:
        """Nothing is learnt: a user's token is its own."""

    def shortfall(self) -> str:
        """Say which request failed: two users at once are all the chance there is, as long as they are served."""
        return self._trouble

    def begin(self, history: History) -> Round:
        """Let two new users begin the flow."""
        seed = next(self._seeds)
        ledger = Ledger(seed)
        crowd = Crowd(Traffic((self._flow,)), ledger, seed)
        exchanges: list[Exchange] = []
        walk: Callable[..., Any] = self._walk_task if self.unit is Unit.TASK else self._walk
        works = []
        for _ in range(USERS):
            user = crowd.user()
            user.begin(self._flow)
            works.append(Work(user.label, partial(walk, user, exchanges)))
        return Round(works, partial(self._judge, exchanges, ledger))

    def _walk(self, user: User, exchanges: list[Exchange]) -> None:
        while (step := user.step()) is not None:
            _take(user, step, send(self._app, step.prepared), exchanges)

    async def _walk_task(self, user: User, exchanges: list[Exchange]) -> None:
        while (step := user.step()) is not None:
            _take(user, step, await send_asgi(self._app, step.prepared), exchanges)

    def _judge(self, exchanges: list[Exchange], ledger: Ledger, execution: Execution) -> Mixup | None:
        # Nothing was sent alone, so that the judge knows foreign tokens, and nothing else, for a sign.
        judge = Judge(ledger, Alone(ledger), self._allowed)
        for exchange in exchanges:
            for clue in judge.look(exchange):
                if clue.owner is None:
                    continue
                user, owner = exchange.visit.user, clue.owner
                return Mixup(
                    f"{user} was answered with {owner.user}'s {owner.name} in the {clue.where} of {clue.endpoint}",
                    user,
                    "bleed",
                )
        for name, error in zip(execution.names, execution.errors, strict=True):
            if error is not None and not self._trouble:
                self._trouble = f"{name} failed: {type(error).__name__}: {error}"
        return None


def _take(user: User, step: Step, answer: Answer, exchanges: list[Exchange]) -> None:
    exchanges.append(
        Exchange(step.mark, step.visit, step.call, step.prepared.sent, answer, "", began=0.0, ended=0.0)
    )
    user.take(step, answer)
