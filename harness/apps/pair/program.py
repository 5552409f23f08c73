"""Two users who walk the same flow through an app in this process, as a program to explore."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from harness.apps.calls import Flow, Traffic
from harness.apps.oracle.allowed import Allowed
from harness.apps.pair.sending import send, send_asgi
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd, Step, User
from harness.core.control import Mixup, Program, Round, Work
from harness.core.execution import Execution
from harness.core.history import History
from harness.core.ports import Answer
from localimpl import Unit

USERS = 2
Taken = tuple[User, Step, Answer]


class Pair:
    """The app is the same in all schedules, as it is on a server; only what the users send is made anew."""

    learns = False
    tracked = False
    reference = ""

    def __init__(self, app: Any, flow: Flow, unit: Unit, allow: Collection[str], seed: int) -> None:
        self.name = flow.calls[-1].name
        self.unit = unit
        self._app = app
        self._flow = flow
        self._allowed = Allowed(allow)
        self._seed = seed

    def without(self, names: Collection[str]) -> Program | None:
        """Return nothing: it takes two to mix up."""
        return None

    def learn(self, execution: Execution) -> None:
        """Nothing is learnt: a user's token is its own."""

    def shortfall(self) -> str:
        """Say nothing: two users at once are all the chance there is."""
        return ""

    def begin(self, history: History) -> Round:
        """Let two new users begin the flow."""
        ledger = Ledger(self._seed)
        crowd = Crowd(Traffic((self._flow,)), ledger, self._seed)
        taken: list[Taken] = []
        walk: Callable[..., Any] = self._walk_task if self.unit is Unit.TASK else self._walk
        works = []
        for _ in range(USERS):
            user = crowd.user()
            user.begin(self._flow)
            works.append(Work(user.label, partial(walk, user, taken)))
        return Round(works, lambda execution: self._judge(taken, ledger))

    def _walk(self, user: User, taken: list[Taken]) -> None:
        while (step := user.step()) is not None:
            answer = send(self._app, step.prepared)
            taken.append((user, step, answer))
            user.take(step, answer)

    async def _walk_task(self, user: User, taken: list[Taken]) -> None:
        while (step := user.step()) is not None:
            answer = await send_asgi(self._app, step.prepared)
            taken.append((user, step, answer))
            user.take(step, answer)

    def _judge(self, taken: list[Taken], ledger: Ledger) -> Mixup | None:
        for user, step, answer in taken:
            for place, text in _parts(answer):
                for found in ledger.find(text):
                    name = step.call.name
                    if found.token.user == user.label or self._allowed.lets(
                        name, place, text, found.start, found.end
                    ):
                        continue
                    whose = f"{found.token.user}'s {found.token.name}"
                    return Mixup(
                        f"{user.label} was answered with {whose} in the {place} of {name}",
                        user.label,
                        "bleed",
                    )
        return None


def _parts(answer: Answer) -> Iterator[tuple[str, str]]:
    for name, value in answer.headers:
        yield f"header {name}", value
    yield "body", answer.body.decode("utf-8", "replace")
