"""The faces that the rooms show each other; every host, server, gate, checker and target is known by one of these."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.core.history import History, Probe
from harness.core.plan import Order
from harness.core.scenario import Means, Scenario
from harness.core.steps import Script
from harness.core.verdict import Anomaly, Need, Witness
from localimpl import Subject, Unit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client gets; ``cut`` tells that it hung up before the end of the body."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    cut: bool = False


class Mounted(Protocol):
    """A scenario mounted on a target over one subject."""

    def exchange(self, order: Order, cookies: Mapping[str, str], own: Probe) -> Script[Answer]:
        """Send one request inside this process and return its answer, the body read to its end or to the hang-up."""

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...
    async def asgi(self, scope: Any, receive: Any, send: Any) -> None: ...

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield (name, value) of what the subject still holds for the current unit; asked after each request."""


@dataclass(frozen=True, slots=True)
class Target:
    """What scenarios are mounted on.

    A target that holds its values by means of its own, a framework or a store, has a row of its own: its file also
    exports the ``SUBJECT`` of that row, with what is promised there.
    """

    name: str
    summary: str
    mount: Callable[[Subject, Scenario], Mounted]
    means: frozenset[Means] = frozenset(Means) - {Means.SETTINGS, Means.BACKGROUND}
    """What a view may ask of it."""
    speaks: frozenset[str] = frozenset({"wsgi", "asgi"})
    """The interfaces of servers under which it can run."""
    about: frozenset[Means] = frozenset()
    """What its row is there to show: only scenarios that use one of these are its own; none means all."""
    in_process: bool = True
    """Whether ``exchange`` works, so that hosts can run it."""
    requires: str = ""
    """The extra that brings its packages, or nothing."""
    module: str = ""
    """The module of that extra without which it cannot be mounted."""


class Gate(Protocol):
    """How a free-running unit performs a pause: as a number of ticks, each a chance for others to run."""

    def ticks(self, seed: int, nth: int) -> Iterable[Any]:
        """Yield once for each tick of a request's nth pause; may look, between ticks, at who else is waiting."""


@dataclass(frozen=True, slots=True)
class GateKind:
    """A way to pause, made anew for each cell; ``parties`` is how many requests can be in flight."""

    name: str
    summary: str
    make: Callable[[int], Gate]


Visit = Callable[[str], Script[None]]
"""One request, waiting for the label of the unit that will run it."""


class StandstillError(Exception):
    """No unit of a host can ever go on, though some have not ended; its text says so in a sentence's words."""


@dataclass(frozen=True, slots=True)
class Host:
    """Makes units inside this process and runs requests on them.

    ``run(lanes, gate)`` takes one iterator of (seed, visit) for each client and returns when all have ended. It raises
    StandstillError where it knows that they never will.
    """

    name: str
    summary: str
    unit: Unit
    run: Callable[[Sequence[Iterable[tuple[int, Visit]]], Gate], None]
    offers: frozenset[Need]
    """The evidence that this host can give at all; one unit at a time, for instance, never overlaps."""
    patched: bool = False
    """Needs a process in which gevent has patched the standard library."""


@dataclass(frozen=True, slots=True)
class Carries:
    """Whether what one request set is visible in the next that the same worker runs; a test proves each."""

    contextvar_same: bool
    """A ContextVar, on the same kept-alive connection; False where a server keeps none alive."""
    contextvar_new: bool
    """A ContextVar, on a new connection."""
    threadlocal_same: bool
    """A ``threading.local``, on the same connection."""
    threadlocal_new: bool
    """A ``threading.local``, on a new connection."""
    contextvar_after_large_body: bool = False
    """A ContextVar, on the same connection, though not as a rule: after a body that the server had to stop reading."""


@dataclass(frozen=True, slots=True)
class Server:
    """A real HTTP server, run in a process of its own."""

    name: str
    summary: str
    unit: Unit
    interface: str
    """``wsgi``, ``asgi``, or the framework whose applications alone it runs: ``aiohttp``."""
    serve: Callable[[Any, int, Callable[[int], None]], None]
    """``serve(app, port, ready)`` serves on 127.0.0.1 until the process ends; calls ``ready(port)`` once bound.

    Port 0 lets the system choose one.
    """
    offers: frozenset[Need]
    pool: str
    """How many units it has and for how long each lives: ``8 threads``, ``a greenlet for each connection``."""
    keep_alive: bool
    """Whether a connection serves several requests."""
    carries: Carries
    patched: str = ""
    """The library that must have patched the standard library before anything else is imported, if one must."""
    basic: bool = False
    """One of the few that show the principle; the default matrix has these only."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Names of scenarios for which its own library is known to be unsound, with the reason: a cell is run only when
    asked for by name."""
    requires: str = ""
    """The extra that brings its packages, or nothing."""
    module: str = ""
    """The module without which it cannot serve, beside the standard library's."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Finds one anomaly in a history; knows nothing of promises."""

    anomaly: Anomaly
    summary: str
    needs: Need
    check: Callable[[History], Iterator[Witness]]


Perform = Callable[[Any], Any]
PerformAsync = Callable[[Any], Awaitable[Any]]


GIVEN = "ctxstress.given"
"""The key of the WSGI environ or ASGI scope under which a request finds its ``Given``."""


@dataclass(slots=True)
class Given:
    """What travels to a request by argument through a server: its probe and what performs its steps."""

    own: Probe
    perform: Perform | PerformAsync
    extra: dict[str, Any] = field(default_factory=dict)
