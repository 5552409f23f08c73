"""Runs every subject on real threads, greenlets and tasks: controls mix where they say, the others do not."""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

import localimpl
from harness.core.ports import Host, Visit
from harness.core.steps import PAUSE, Join, Script, Spawn
from harness.gates.jitter import Jitter
from harness.hosts.greenlets import HOST as GREENLETS
from harness.hosts.tasks import HOST as TASKS
from harness.hosts.threads import HOST as THREADS
from localimpl import Local, LocalStack, Subject, Unit

SUBJECTS: list[Subject] = [
    module.SUBJECT
    for found in pkgutil.iter_modules(localimpl.__path__)
    if hasattr(module := importlib.import_module(f"localimpl.{found.name}"), "SUBJECT")
]
HOSTS: dict[Unit, Host] = {host.unit: host for host in (THREADS, GREENLETS, TASKS)}
CLIENTS, REQUESTS, MOST_ROUNDS = 8, 25, 400


class Seen:
    """Counts the look-ups of one flood, and those that answered anything but the request's own."""

    def __init__(self) -> None:
        self.looks = 0
        self.foreign: list[tuple[object, object]] = []

    def look(self, expected: object, look_up: Callable[[], object]) -> None:
        try:
            found = look_up()
        except LookupError:
            found = None
        self.looks += 1
        if found != expected:
            self.foreign.append((expected, found))


class Request:
    """One request over a subject: two stacks pushed before the view and popped after it, as the framework does."""

    def __init__(self, local: Local, apps: LocalStack, requests: LocalStack, token: str, seen: Seen) -> None:
        self.local, self.apps, self.requests, self.token = local, apps, requests, token
        self.look = seen.look

    def user(self) -> object:
        return self.local.get("user")

    def run(self, view: "View") -> Script[None]:
        self.apps.push(self.token)
        self.requests.push(self.token)
        try:
            yield from view(self)
        finally:
            self.requests.pop()
            self.apps.pop()
            self.local.release()


View = Callable[[Request], Script[None]]


def read_back(own: Request) -> Script[None]:
    own.local.set("user", own.token)
    yield PAUSE
    own.look(own.token, own.user)
    own.look(own.token, lambda: own.requests.top)
    yield PAUSE
    own.look(own.token, lambda: own.apps.top)


def belong_together(own: Request) -> Script[None]:
    own.local.set("user", own.token)
    yield PAUSE
    own.local.set("tenant", own.token)
    yield PAUSE
    own.look((own.token, own.token), lambda: (own.user(), own.local.get("tenant")))


def nested_contexts(own: Request) -> Script[None]:
    own.look(own.token, lambda: own.apps.top)
    own.apps.push(f"{own.token}/inner")
    yield PAUSE
    own.look(f"{own.token}/inner", lambda: own.apps.top)
    own.apps.pop()
    yield PAUSE
    own.look(own.token, lambda: own.apps.top)


def starts_empty(own: Request) -> Script[None]:
    own.look(None, own.user)
    own.local.set("user", own.token)
    yield PAUSE
    own.look(own.token, own.user)


def child_unit(own: Request) -> Script[None]:
    def child() -> Script[None]:
        own.local.set("user", f"{own.token}/child")
        yield PAUSE
        own.look(f"{own.token}/child", own.user)
        own.local.release()

    own.local.set("user", own.token)
    started = yield Spawn(child())
    yield PAUSE
    own.look(own.token, own.user)
    yield Join(started)
    own.look(own.token, own.user)


def child_unreleased(own: Request) -> Script[None]:
    def child(name: str) -> Script[None]:
        own.look(None, own.user)
        own.local.set("user", f"{own.token}/{name}")
        yield PAUSE
        own.look(f"{own.token}/{name}", own.user)

    yield Join((yield Spawn(child("first"))))
    yield Join((yield Spawn(child("second"))))


def child_context(own: Request) -> Script[None]:
    def child() -> Script[None]:
        own.apps.push(f"{own.token}/child")
        yield PAUSE
        own.look(f"{own.token}/child", lambda: own.apps.top)
        own.apps.pop()

    started = yield Spawn(child())
    yield PAUSE
    own.look(own.token, lambda: own.apps.top)
    yield Join(started)
    own.look(own.token, lambda: own.apps.top)


TRIED = (
    read_back,
    belong_together,
    nested_contexts,
    starts_empty,
    child_unit,
    child_unreleased,
    child_context,
)
VIEWS: dict[str, View] = {view.__name__: view for view in TRIED}


def flood(subject: Subject, unit: Unit, name: str, rounds: int) -> Seen:
    """Run rounds of requests until one sees something foreign."""
    local, apps, requests = subject.make(), subject.make_stack(), subject.make_stack()
    seen = Seen()

    def visit(token: str, label: str) -> Script[None]:
        return Request(local, apps, requests, token, seen).run(VIEWS[name])

    def lane(client: int, number: int) -> Iterator[tuple[int, Visit]]:
        for nth in range(REQUESTS):
            token = f"{number}.{client}.{nth}"
            yield hash(token), partial(visit, token)

    for number in range(rounds):
        HOSTS[unit].run([lane(client, number) for client in range(CLIENTS)], Jitter())
        if seen.foreign:
            break
    return seen


@pytest.fixture(autouse=True)
def switches_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


REFUTED = [(subject, *pair) for subject in SUBJECTS for pair in sorted(subject.promise.refuted_on)]
PROMISED = [
    (subject, unit, name)
    for subject in SUBJECTS
    for unit in sorted(subject.promise.isolates)
    for name in VIEWS
    if (unit, name) not in subject.promise.refuted_on
]


def ident(value: object) -> str | None:
    return value.name if isinstance(value, Subject) else None


@pytest.mark.parametrize(("subject", "unit", "name"), REFUTED, ids=ident)
def test_a_subject_mixes_where_it_says_so(subject: Subject, unit: Unit, name: str) -> None:
    assert flood(subject, unit, name, MOST_ROUNDS).foreign


@pytest.mark.parametrize(("subject", "unit", "name"), PROMISED, ids=ident)
def test_a_subject_keeps_apart_what_it_promises(subject: Subject, unit: Unit, name: str) -> None:
    seen = flood(subject, unit, name, rounds=2)
    assert seen.looks >= 2 * CLIENTS * REQUESTS
    assert seen.foreign == []


def test_every_control_promises_nothing_and_says_where_it_is_caught() -> None:
    for subject in SUBJECTS:
        if subject.control:
            assert not subject.promise.isolates
            assert subject.promise.refuted_on
            assert subject.source
        else:
            assert subject.promise.isolates
