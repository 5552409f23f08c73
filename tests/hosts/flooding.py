"""A small flood on one host in a process of its own.

``python flooding.py '{"host": …}' [patched]`` prints what happened as JSON.
"""

import sys

if sys.argv[2:] == ["patched"]:
    from gevent import monkey

    monkey.patch_all()

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import greenlet

from harness.catalog import choose
from harness.core.history import Probe
from harness.core.plan import Order, plan
from harness.core.ports import Answer
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Await, Cancel, Join, Offload, Script, Spawn
from harness.engine.flood import Flood
from localimpl import Local, Unit

Running = tuple[int, object, object, object]
"""A native thread's id, then thread, greenlet and task; kept, so that no identity is given out twice."""


def running() -> Running:
    try:
        task: object = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_native_id(), threading.current_thread(), greenlet.getcurrent(), task


class Bare:
    """A view over a Local with nothing around it; notes what really runs each unit."""

    def __init__(self, view: Callable[..., Script[str]], local: Local) -> None:
        self.view = view
        self.local = local
        self.seen: list[tuple[str, str, Running]] = []

    def note(self, own: Probe) -> None:
        self.seen.append((own.request, own.unit, running()))

    def exchange(self, order: Order, cookies: Mapping[str, str], own: Probe) -> Script[Answer]:
        try:
            body = yield from self.view(self, own)
            return Answer(200, (), body.encode())
        finally:
            self.local.release()

    def leftovers(self) -> Iterator[tuple[str, str]]:
        yield from self.local


def pausing(app: Bare, own: Probe) -> Script[str]:
    app.note(own)
    app.local.set("user", own.wrote("user"))
    yield PAUSE
    own.look("user", app.local.get, "user")
    app.note(own)
    return own.token


def never_pausing(app: Bare, own: Probe) -> Script[str]:
    app.local.set("user", own.wrote("user"))
    own.look("user", app.local.get, "user")
    return own.token
    yield PAUSE


def spawning(app: Bare, own: Probe) -> Script[str]:
    def child(probe: Probe) -> Script[str]:
        app.note(probe)
        yield PAUSE
        app.note(probe)
        return f"{probe.unit} is done"

    def failing() -> Script[str]:
        yield PAUSE
        raise LookupError("a child's error")

    app.note(own)
    probe = own.child("child")
    started = yield Spawn(child(probe))
    yield PAUSE
    own.wrote("joined", (yield Join(started)))
    started = yield Spawn(failing())
    try:
        yield Join(started)
    except LookupError as error:
        own.wrote("raised", f"{error.args[0]}, {own.request}")
    app.note(own)
    return own.token


def offloading(app: Bare, own: Probe) -> Script[str]:
    def work(probe: Probe) -> str:
        app.note(probe)
        return f"{probe.unit} is done"

    def fail() -> str:
        raise LookupError("an executor's error")

    app.note(own)
    own.wrote("answered", (yield Offload(partial(work, own.child("hop")))))
    try:
        yield Offload(fail)
    except LookupError as error:
        own.wrote("raised", f"{error.args[0]}, {own.request}")
    app.note(own)
    return own.token


def cancelling(app: Bare, own: Probe) -> Script[str]:
    own.wrote("began")
    yield PAUSE
    if own.request in ("r1", "r4"):
        yield Cancel()
    own.wrote("went on")
    return own.token


def awaiting(app: Bare, own: Probe) -> Script[str]:
    async def answer() -> str:
        await asyncio.sleep(0)
        return f"awaited by {own.request}"

    coroutine = answer()
    try:
        own.wrote("answered", (yield Await(coroutine)))
    finally:
        coroutine.close()
    return own.token


VIEWS = {view.__name__: view for view in (pausing, never_pausing, spawning, offloading, cancelling, awaiting)}


def main() -> None:
    asked = json.loads(sys.argv[1])
    (host,), (gate,) = choose("host", [asked["host"]]), choose("gate", [asked["gate"]])
    (subject,) = choose("local", [asked["local"]])
    sys.setswitchinterval(1e-6)
    app = Bare(VIEWS[asked["view"]], subject.part.make())
    scenario = Scenario(asked["view"], "A claim.", app.view, units=frozenset(Unit))
    flood = Flood(app, scenario, host.part, gate.part.make)  # type: ignore[arg-type]  # it needs no server's faces
    flood.run(plan(asked["requests"], asked["clients"], seed=asked["seed"]))
    numbers: list[dict[object, int]] = [{}, {}, {}, {}]
    seen = [
        (
            request,
            unit,
            *(number.setdefault(each, len(number)) for number, each in zip(numbers, real, strict=True)),
        )
        for request, unit, real in app.seen
    ]
    print(json.dumps({"rows": flood.history.to_json(), "seen": seen}))


main()
