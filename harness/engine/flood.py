"""Floods a mounted scenario on a host of this process and returns the history of what happened."""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from functools import partial
from http.cookies import SimpleCookie

from harness.core.history import History, Probe
from harness.core.plan import TABS, Order
from harness.core.ports import Answer, Gate, Host, Mounted, Visit
from harness.core.scenario import Cookies, Scenario
from harness.core.steps import Script

Jar = MutableMapping[str, str]


class Flood:
    """One scenario on one host: rounds of requests, then a few one at a time, all in one history."""

    def __init__(
        self,
        mounted: Mounted,
        scenario: Scenario,
        host: Host,
        gate: Callable[[int], Gate],
        history: History | None = None,
    ) -> None:
        self.history = History() if history is None else history
        self.sent = 0
        self._mounted = mounted
        self._scenario = scenario
        self._host = host
        self._gate = gate
        self._shared: Jar = {}

    def run(self, lanes: Sequence[Sequence[Order]]) -> None:
        """Send the orders of each lane in turn, all lanes at once."""
        self._go(self.visits(lanes))

    def visits(self, lanes: Sequence[Sequence[Order]]) -> list[Iterator[tuple[int, Visit]]]:
        """Return (seed, visit) of each order, lane by lane, for units that send them; a log-in is sent at once."""
        if self._scenario.cookies is Cookies.SHARED and not self._shared and lanes[0]:
            self._log_in(lanes[0][0])
        self.sent += sum(map(len, lanes))
        return self._lanes(lanes, self.history)

    def _log_in(self, like: Order) -> None:
        """Let one request, which no checker sees, fetch the cookies that all clients then share."""
        self._go(self._lanes([[Order("login", like.user, f"login-{like.token}", like.seed)]], History()))

    def _go(self, visits: Sequence[Iterator[tuple[int, Visit]]]) -> None:
        self._host.run(visits, self._gate(len(visits)))

    def _lanes(self, lanes: Sequence[Sequence[Order]], history: History) -> list[Iterator[tuple[int, Visit]]]:
        jars = self._jars(len(lanes))
        return [self._visits(lane, jar, history) for lane, jar in zip(lanes, jars, strict=True) if lane]

    def _jars(self, lanes: int) -> Sequence[Jar | None]:
        match self._scenario.cookies:
            case Cookies.SHARED:
                return [self._shared] * lanes
            case Cookies.TABS:
                browsers: list[Jar] = [{} for _ in range(0, lanes, TABS)]
                return [browsers[lane // TABS] for lane in range(lanes)]
            case Cookies.OWN:
                return [{} for _ in range(lanes)]
            case Cookies.NONE:
                return [None] * lanes

    def _visits(
        self, lane: Sequence[Order], jar: Jar | None, history: History
    ) -> Iterator[tuple[int, Visit]]:
        for order in lane:
            yield order.seed, partial(self._visit, order, jar, history)

    def _visit(self, order: Order, jar: Jar | None, history: History, unit: str) -> Script[None]:
        """Send one request and record how it ended; what cuts it short goes on to the host."""
        own = Probe(history.record, order.request, order.token, unit, order.user)
        own.enter()
        try:
            answer = yield from self._mounted.exchange(order, jar or {}, own)
        except Exception as error:
            own.failed(error)
        except BaseException:
            own.cancelled()
            raise
        else:
            self._receive(answer, jar, own)
        finally:
            for name, value in self._mounted.leftovers():
                own.residue(name, value)
            own.leave()

    def _receive(self, answer: Answer, jar: Jar | None, own: Probe) -> None:
        if answer.cut:
            own.cancelled()
        elif answer.status != self._scenario.status:
            own.failed(f"answered {answer.status}, not {self._scenario.status}")
        elif answer.status == 200:
            own.replied(answer.body.decode("utf-8", "replace").partition(" ")[0])
        if jar is not None:
            for name, value in answer.headers:
                if name.lower() == "set-cookie":
                    jar.update((key, morsel.value) for key, morsel in SimpleCookie(value).items())
