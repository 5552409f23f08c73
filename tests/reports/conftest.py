"""A made-up run for the reports: modelled requests over modelled Locals, interleaved by a seed and judged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from harness.checkers import bleed, crossed_reply, lost, lost_update, residue, stale, torn
from harness.core.history import ABSENT, History, Probe
from harness.core.plan import Order, plan
from harness.core.record import SCHEMA, Cell, CellResult, Ending, Part, Place, Run, Sample, Trouble
from harness.core.scenario import Scenario
from harness.core.verdict import Anomaly, Evidence, Grade, Need, Outcome, Witness
from harness.engine.judge import judge
from localimpl import Promise, Unit, thread_ident
from localimpl.subject import Subject
from tests.reports.browser import Browser, start_browser

CHECKERS = [each.CHECKER for each in (bleed, stale, lost, torn, crossed_reply, lost_update, residue)]
THREAD, GREENLET, TASK = Unit
EVERY = frozenset(Unit)


@dataclass(frozen=True)
class Model:
    """A modelled Local: who shares a slot, and what its release takes away."""

    name: str
    summary: str
    isolates: frozenset[Unit]
    slot: Callable[[Unit, str], str] = lambda kind, unit: unit
    releases: str = "own"
    limits: str = ""
    source: str = ""

    @property
    def refuted(self) -> frozenset[tuple[Unit, str]]:
        """Where it must be seen to mix: three scenarios on the units that ``limits`` names by one letter each."""
        kinds = {"t": THREAD, "g": GREENLET, "a": TASK}
        return frozenset((kinds[unit], scenario) for unit in self.limits for scenario in list(SCENARIOS)[:3])


def by_thread(kind: Unit, unit: str) -> str:
    return unit if kind is THREAD else "main"


def by_greenlet(kind: Unit, unit: str) -> str:
    return "main" if kind is TASK else unit


def one(kind: Unit, unit: str) -> str:
    return "all"


def some(kind: Unit, unit: str) -> str:
    return str(int("".join(filter(str.isdigit, unit)) or 0) % 3)


NONE: frozenset[Unit] = frozenset()
BOTH = frozenset({THREAD, GREENLET})
ONLY_THREADS = frozenset({THREAD})
# fmt: off
MODELS = [
    Model("thread_ident", "A dict keyed by the ident of the thread.", ONLY_THREADS, by_thread, limits="ga"),
    Model("greenlet_ident", "A dict keyed by the current greenlet.", BOTH, by_greenlet, limits="a"),
    Model("contextvar", "One ContextVar for each name.", EVERY),
    Model("threading_local", "The standard library's threading.local.", ONLY_THREADS, by_thread),
    Model("gevent_local", "gevent's local, keyed by greenlet.", BOTH, by_greenlet),
    Model("werkzeug_local", "Werkzeug's Local on a ContextVar.", EVERY),
    Model("asgiref_local", "asgiref's Local for threads and tasks.", EVERY),
    Model("broken_global", "One slot for everyone.", NONE, one, limits="tga", source="a module global"),
    Model("broken_shared_mutable", "A mutable, shared.", NONE, some, limits="tga", source="Werkzeug 092ff47d"),
    Model("broken_shared_delete", "Deletes for all.", NONE, releases="all", limits="tga", source="asgiref"),
    Model("broken_last_ident_cache", "Check, then act.", NONE, some, limits="t", source="a cache beside a dict"),
    Model("broken_never_released", "Survives.", NONE, releases="none", limits="t", source="no LocalManager"),
    Model("broken_recycled_ident", "Keyed by id().", NONE, some, "none", limits="ga", source="id(greenlet)"),
    Model("broken_pop", "Pop takes another's frame.", NONE, one, limits="tga", source="LocalStack"),
]
# fmt: on
Column = tuple[str, str, Unit, str]
PLACES: list[Column] = [
    ("host", "single", THREAD, "everything on one thread, one after the other"),
    ("host", "threads", THREAD, "a pool of threads that are reused"),
    ("host", "threads_per_request", THREAD, "a new thread for each request"),
    ("host", "greenlets", GREENLET, "gevent greenlets, a new one for each request"),
    ("host", "tasks", TASK, "asyncio tasks, a new one for each request"),
    ("server", "wsgiref_single", THREAD, "the standard library's server on one thread"),
    ("server", "threaded_pool", THREAD, "an HTTP server with a pool of threads"),
    ("server", "threaded", THREAD, "an HTTP server with a thread for each request"),
    ("server", "gevent_pywsgi", GREENLET, "gevent's server, a greenlet for each connection"),
    ("server", "uvicorn_asgi", TASK, "uvicorn, a task for each request"),
]
SCENARIOS = {
    "read_back": "A request reads back what it stored itself.",
    "belong_together": "Two values stored together are read together.",
    "nested_contexts": "An inner context gives way to the outer one when it ends.",
    "session_one_client": "One client's changes of its session add up.",
    "session_many_clients": "Many requests of one user change one session at once.",
    "hooks_and_signals": "Hooks and signals see their own request.",
    "raising_view": "A view that raises leaves nothing behind.",
    "raising_teardown": "A teardown that raises leaves nothing behind.",
    "starts_empty": "The next request on a reused worker starts empty.",
    "child_unit": "A child unit neither leaks nor clobbers.",
    "child_unreleased": "A child that nobody releases does not reach later requests.",
    "executor_hop": "A hop to an executor thread keeps requests apart.",
    "streamed_body": "A body that is made after the view returned sees its own request.",
    "cancellation": "A cancelled request leaves nothing behind.",
    "disconnect": "A client that hangs up leaves nothing behind.",
    "native_sync": "The same as read_back, written as a plain function.",
}


def visit(
    own: Probe, store: dict[str, dict[str, str]], slot: str, scenario: str, model: Model
) -> Iterator[None]:
    """One modelled request; each ``yield`` is a pause."""
    own.enter()
    names = ["user", "cart"] if scenario == "belong_together" else ["user"]
    if scenario == "starts_empty":
        own.look("user", lambda: store.get(slot, {})["user"])
    for name in names:
        store.setdefault(slot, {})[name] = own.wrote(name)
        yield
    for _ in range(12 if scenario == "streamed_body" else 2):
        if len(names) > 1:
            own.look_together(tuple(names), lambda name: store.get(slot, {})[name])
        else:
            own.look("user", lambda: store.get(slot, {})["user"])
        yield
    if scenario.startswith("session_many"):
        before = store.setdefault("session", {}).get("count", "start")
        yield
        after = f"{own.token}.count"
        own.updated("count", before, after)
        store.setdefault("session", {})["count"] = after
    if model.releases == "own":
        store.pop(slot, None)
    elif model.releases == "all":
        store.clear()
    for name, value in store.get(slot, {}).items():
        if value.startswith(own.token):
            own.residue(name, value)
    own.leave()
    own.replied(own.token)


def play(model: Model, place: Column, scenario: str, seed: int, most: int) -> tuple[History, int]:
    """Interleave modelled requests by a seed and return what happened and how many there were."""
    _, where, unit, _ = place
    random, history = Random(f"{model.name}{where}{scenario}{seed}"), History()
    clients = 1 if "single" in where else 6
    fresh = where not in ("single", "threads", "wsgiref_single", "threaded_pool")
    store: dict[str, dict[str, str]] = {}
    lanes = [iter(lane) for lane in plan(random.randrange(most // 2, most), clients, seed)]
    sent = 0

    def start(client: int) -> Iterator[None] | None:
        nonlocal sent
        order: Order | None = next(lanes[client], None)
        if order is None:
            return None
        label = f"{unit}-{sent if fresh else client}"
        sent += 1
        own = Probe(history.record, order.request, order.token, label, order.user)
        return visit(own, store, model.slot(unit, label), scenario, model)

    running = {client: start(client) for client in range(clients)}
    while live := [client for client, script in running.items() if script is not None]:
        client = random.choice(live)
        script = running[client]
        assert script is not None
        if next(script, "over") == "over":
            running[client] = start(client)
    return history, sent


def judged(model: Model, place: Column, scenario: str, seed: int, most: int) -> CellResult:
    kind, where, unit, _ = place
    cell = Cell(
        f"localimpl.{model.name}:SUBJECT",
        Place(kind),
        f"harness.{kind}s.{where}:{kind.upper()}",
        f"scenarios.{scenario}:SCENARIO",
        "harness.targets.mini:TARGET",
        "harness.gates.jitter:GATE",
    )
    history, sent = play(model, place, scenario, seed, most)
    subject = Subject(
        model.name,
        model.summary,
        thread_ident.SUBJECT.make,
        Promise(model.isolates, model.refuted),
    )
    offers = frozenset(Need) - ({Need.OVERLAP, Need.REPLIES, Need.UPDATES} if "single" in where else set())
    looks_for = frozenset(Anomaly) - {Anomaly.TORN, Anomaly.LOST_UPDATE, Anomaly.STALE}
    tried = Scenario(
        scenario,
        SCENARIOS[scenario],
        view=print,
        looks_for=looks_for,
        unpromised=frozenset({Anomaly.LOST_UPDATE}),
    )
    repeat = f"ctxstress run --local {model.name} --{kind} {where} --scenario {scenario} --seed {seed}"
    return judge(
        history,
        cell=cell,
        subject=subject,
        unit=unit,
        offers=offers,
        scenario=tried,
        checkers=CHECKERS,
        sent=sent,
        seconds=len(history) / 9000,
        repeat=repeat,
    )


def make_run(seed: int = 7, scenarios: int = 6, most: int = 30) -> Run:
    """Return a run in which all is as promised; ``scenarios`` and ``most`` requests a cell make it large."""
    cells = [
        judged(model, place, scenario, seed, most)
        for model in MODELS
        for place in PLACES
        for scenario in list(SCENARIOS)[:scenarios]
    ]
    return Run(
        schema=SCHEMA,
        version="0.1.0",
        command=f"ctxstress run --seed {seed}",
        seed=seed,
        options={"requests": 80, "clients": 6, "gate": "jitter", "switch_interval": 1e-6, "time_limit": 20.0},
        environment={
            "python": "3.11.7",
            "platform": "Linux-6.1-x86_64",
            "processors": "2",
            "gil": "yes",
            "gevent": "26.9.0",
            "greenlet": "3.5.6",
            "werkzeug": "3.1.9",
            "uvicorn": "0.54.0",
            "asgiref": "3.13.0",
        },
        started="2026-11-21T08:30:00+00:00",
        seconds=71.4,
        interrupted=False,
        subjects=tuple(
            Part(
                f"localimpl.{model.name}:SUBJECT",
                model.name,
                model.summary,
                isolates=tuple(sorted(model.isolates)),
                refuted_on=tuple((str(unit), name) for unit, name in model.refuted),
                control=not model.isolates,
                source=model.source,
            )
            for model in MODELS
        ),
        places=tuple(
            Part(f"harness.{kind}s.{name}:{kind.upper()}", name, summary, str(unit))
            for kind, name, unit, summary in PLACES
        ),
        scenarios=tuple(
            Part(f"scenarios.{name}:SCENARIO", name, claim)
            for name, claim in list(SCENARIOS.items())[:scenarios]
        ),
        cells=tuple(cells),
        notes=("waitress is left out, because it is not installed: pip install ctxstress[servers]",),
    )


def with_faults(run: Run) -> Run:
    """Return the run with a broken promise, a missed control, a crashed, a hung and an unproven cell."""
    cells = list(run.cells)

    def at(subject: str, where: str, scenario: str) -> int:
        wanted = f"{subject}-{where}-{scenario}"
        return next(number for number, result in enumerate(cells) if result.cell.id == wanted)

    mixed = cells[at("broken_global", "tasks", "read_back")]
    for scenario in ("read_back", "belong_together", "nested_contexts"):
        number = at("contextvar", "tasks", scenario)
        cells[number] = replace(
            cells[number],
            outcome=Outcome.MIXED,
            grade=Grade.BROKEN,
            findings=mixed.findings,
            states=mixed.states,
            samples=mixed.samples,
        )
    number = at("broken_pop", "threads", "nested_contexts")
    clean = cells[at("contextvar", "threads", "nested_contexts")]
    cells[number] = replace(clean, cell=cells[number].cell, grade=Grade.MISSED)
    number = at("werkzeug_local", "greenlets", "session_one_client")
    cells[number] = replace(
        cells[number],
        ending=Ending.CRASHED,
        outcome=Outcome.INCONCLUSIVE,
        grade=Grade.UNPROVEN,
        findings=(),
        states=(),
        samples=(),
        evidence=Evidence(entered=31, ends=29),
        log="Fatal Python error: Segmentation fault\n\nCurrent thread "
        '0x00007f (most recent call first):\n  File "localimpl/werkzeug_local.py", line 41 in get\n<no more frames>',
    )
    number = at("gevent_local", "gevent_pywsgi", "hooks_and_signals")
    cells[number] = replace(
        cells[number],
        ending=Ending.HUNG,
        outcome=Outcome.INCONCLUSIVE,
        grade=Grade.UNPROVEN,
        findings=(),
        states=(),
        samples=(),
        evidence=Evidence(entered=12, ends=11, unanswered=1),
        hung_at=(
            "r11 on greenlet-11: scenarios/hooks_and_signals.py:31 in view",
            "  harness/units/greenlet.py:22 in tick",
        ),
    )
    number = at("asgiref_local", "uvicorn_asgi", "read_back")
    cells[number] = replace(
        cells[number],
        outcome=Outcome.INCONCLUSIVE,
        grade=Grade.UNPROVEN,
        samples=(),
        evidence=replace(cells[number].evidence, failed=9, overlap=0),
        findings=tuple(
            replace(each, chances=0, bound=None, outcome=Outcome.INCONCLUSIVE)
            if each.needs is Need.OVERLAP
            else each
            for each in cells[number].findings
        ),
        troubles=(Trouble("ConnectionResetError: [Errno 104] Connection reset by peer", 9),),
    )
    return replace(run, cells=tuple(cells))


def rows(history: History) -> tuple[tuple[int, str, str, str, str, object], ...]:
    """Return a history as the rows of a sample."""
    return tuple((event.seq, str(event.kind), *event[2:]) for event in history)


def sample_of(history: History, witness: Witness | None = None) -> Sample:
    """Return a sample of a whole history."""
    events = rows(history)
    return Sample(witness, tuple(dict.fromkeys(event[2] for event in events)), events)


@pytest.fixture(scope="session")
def good_run() -> Run:
    """A run in which all is as promised."""
    return make_run()


@pytest.fixture(scope="session")
def bad_run(good_run: Run) -> Run:
    """A run with one fault of each kind."""
    return with_faults(good_run)


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """What makes runs and samples, for tests that need others."""
    return SimpleNamespace(make_run=make_run, with_faults=with_faults, sample_of=sample_of, absent=ABSENT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that is closed after a module's tests."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        running = start_browser(profile)
        yield running
        running.close()
