"""A hand-written world for the oracle: visits with tokens, exchanges with answers, no server, no clock."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from harness.apps.calls import Call
from harness.apps.exchanges import Exchange, Visit
from harness.apps.oracle.allowed import Allowed
from harness.apps.oracle.alone import Alone
from harness.apps.oracle.clues import Clue
from harness.apps.oracle.judge import Judge
from harness.apps.tokens import Ledger
from harness.core.app_record import Sign
from harness.core.ports import Answer

ME = Call("GET", "/me?t={token}")
App = Callable[[Visit], Answer]
PLACEHOLDERS = ("token", "token:cart", "user", "int")


class Lab:
    """Sends calls to an app that is a function of the visit."""

    def __init__(self, *allow: str) -> None:
        self.ledger = Ledger(1)
        self.alone = Alone(self.ledger)
        self.allowed = Allowed(allow)
        self.judge = Judge(self.ledger, self.alone, self.allowed)
        self._visits = count()

    def visit(self, user: str = "u1", drawn: Mapping[str, str] | None = None) -> Visit:
        visit = self.ledger.visit(f"{user}v{next(self._visits)}", user, PLACEHOLDERS)
        return Visit(visit.label, user, {**visit.values, **(drawn or {})})

    def exchange(
        self, call: Call, visit: Visit, answer: Answer | None, *, trouble: str = "", began: float = 0.0
    ) -> Exchange:
        return Exchange(f"{visit.label}.0", visit, call, "", answer, trouble, began, began + 0.001)

    def learn(
        self,
        call: Call,
        app: App,
        *,
        drawn: Mapping[str, str] | None = None,
        after: bool = False,
        users: Iterable[str] = ("u1", "u2", "u3"),
        times: int = 3,
        seconds: float = 0.01,
    ) -> None:
        """Send a call alone, some visits of some users in turn, a while apart."""
        began = 1000.0 if after else 0.0
        for n in range(times):
            for user in users:
                visit = self.visit(user, drawn)
                self.alone.learn(self.exchange(call, visit, app(visit), began=began + n * seconds), after)

    def look(self, call: Call, visit: Visit, answer: Answer | None, trouble: str = "") -> list[Clue]:
        return self.judge.look(self.exchange(call, visit, answer, trouble=trouble))


def reply(body: object, status: int = 200, *headers: tuple[str, str], cut: bool = False) -> Answer:
    """An answer of HTML or text, or of JSON when it is anything but a string."""
    kind = "text/html" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, (("Content-Type", kind), *headers), text.encode(), cut)


def token(visit: Visit) -> str:
    return visit.values["token"]


def user(visit: Visit) -> str:
    return visit.values["user"]


def page(visit: Visit) -> Answer:
    return reply(f"<h1>Hello {user(visit)}</h1>\n<p>Your order {token(visit)} is on its way.</p>")


def cart(visit: Visit) -> Answer:
    return reply({"user": user(visit), "cart": {"id": visit.values["int"], "items": [token(visit)]}})


def only(clues: list[Clue], sign: Sign) -> Clue:
    assert [clue.sign for clue in clues] == [sign], clues
    return clues[0]
