"""The pieces that mounted frameworks share: rows without a Local, hooks, streamed bodies, and what is refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from harness.catalog import entries
from harness.core.errors import UserError
from harness.core.history import History, Kind, Probe
from harness.core.names import load
from harness.core.plan import Order
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Chunk, Script, drive
from harness.engine.server_process import ServerProcess
from harness.targets._answers import AwaitedChunks, chunks, is_streamed, viewing
from harness.targets._explicit import Explicit
from harness.targets._held import HeldLocal
from harness.targets._hooks import Hooks
from localimpl import Subject

ROWS = [entry for entry in entries("target") if not entry.name.startswith("mini")]


def probe(history: History | None = None) -> Probe:
    history = History() if history is None else history
    return Probe(history.record, "r1", "r1-token", "unit-1")


def nothing(step: Any) -> None:
    return None


async def unheard(step: Any) -> None:
    return None


@pytest.mark.parametrize("entry", ROWS, ids=lambda entry: entry.name)
def test_a_row_says_what_it_is_and_has_no_local(entry: Any) -> None:
    subject = load(entry.path.replace(":TARGET", ":SUBJECT"))
    target = entry.part
    assert isinstance(subject, Subject)
    assert (subject.name, subject.requires, subject.module) == (target.name, target.requires, target.module)
    assert subject.summary.endswith(".")
    assert not target.in_process
    assert subject.promise.isolates
    for make in (subject.make, subject.make_stack):
        with pytest.raises(UserError, match=f"{target.name} keeps its values by means of its own"):
            make()


def test_a_mounted_framework_refuses_hosts_and_the_interface_that_it_does_not_speak() -> None:
    mounted = load("harness.targets.bottle_app:mount")(None, Scenario("x", "A claim.", lambda app, own: ""))
    with pytest.raises(UserError, match="bottle_app is run by servers only"):
        mounted.exchange(Order("r1", "u", "t", 1), {}, probe())
    with pytest.raises(UserError, match="bottle_app has no ASGI interface"):
        asyncio.run(mounted.asgi({}, None, None))


def test_bottle_leaves_the_last_request_bound_to_its_thread() -> None:
    import bottle  # type: ignore[import-untyped]

    from harness.core.ports import GIVEN, Given
    from harness.targets.bottle_app import MountedBottle

    mounted = MountedBottle(Scenario("x", "A claim.", lambda app, own: "fine"))
    environ: dict[str, Any] = {"PATH_INFO": "/", "REQUEST_METHOD": "GET", GIVEN: Given(probe(), nothing)}
    body = mounted.wsgi(environ, lambda *_: None)
    assert b"".join(body) == b"fine"
    assert bottle.request.environ is environ
    assert list(mounted.leftovers()) == []


def test_hooks_get_what_they_declare_in_the_order_that_flask_calls_them() -> None:
    hooks, called = Hooks(Scenario("x", "A claim.", nothing)), []

    @hooks.before_request
    def first(app: Any) -> None:
        called.append(("first", app))

    @hooks.before_request
    def second(own: Probe) -> Script[None]:
        yield PAUSE
        called.append(("second", own.request))

    @hooks.after_request
    def inner(response: Any) -> str:
        return f"{response} inner"

    @hooks.after_request
    def outer(response: Any, app: Any, own: Probe) -> str:
        return f"{response} outer {app} {own.request}"

    drive(hooks.run_before("app", probe()), nothing)
    assert called == [("first", "app"), ("second", "r1")]
    assert drive(hooks.run_after("answer", "app", probe()), nothing) == "answer outer app r1 inner"


def test_receivers_get_their_sender_and_its_facts_too() -> None:
    hooks, called = Hooks(Scenario("x", "A claim.", nothing)), []

    def receiver(sender: Any, app: Any, **facts: Any) -> None:
        called.append((sender, app, facts))

    hooks.on_started(receiver)
    drive(hooks.started[0]("sender", "app", probe(), response=7), nothing)
    assert called == [("sender", "app", {"response": 7})]


def test_every_hook_of_the_end_is_called_and_the_first_error_is_raised() -> None:
    hooks, called = Hooks(Scenario("x", "A claim.", nothing)), []
    for number in range(3):

        @hooks.teardown_request
        def close(error: Any, own: Probe, number: int = number) -> None:
            called.append((number, error))
            if number:
                raise KeyError(number)

    error = ValueError("the view's")
    with pytest.raises(KeyError, match="2"):
        drive(hooks.run_teardown(error, "app", probe()), nothing)
    assert called == [(2, error), (1, error), (0, error)]


def body(closed: list[str]) -> Script[None]:
    try:
        yield Chunk(b"one")
        yield PAUSE
        yield Chunk(b"two")
    finally:
        closed.append("closed")


def test_chunks_are_made_as_they_are_asked_for_and_the_body_is_closed() -> None:
    closed: list[str] = []
    steps: list[Any] = []
    made = chunks(body(closed), steps.append)
    assert isinstance(made, Iterator)
    assert (next(made), steps) == (b"one", [])
    assert (next(made), steps) == (b"two", [PAUSE])
    assert closed == []
    made.close()
    assert closed == ["closed"]


def held(closed: list[str]) -> Script[None]:
    """Return a body that already holds something, as ``stream_with_context`` returns it."""

    def holding() -> Script[None]:
        try:
            yield PAUSE
            yield Chunk(b"never")
        finally:
            closed.append("closed")

    script = holding()
    next(script)
    return script


def test_a_body_of_which_nothing_was_asked_is_closed_too() -> None:
    closed: list[str] = []
    chunks(held(closed), nothing).close()
    assert closed == ["closed"]
    asyncio.run(AwaitedChunks(held(closed), unheard).aclose())
    assert closed == ["closed", "closed"]


def test_chunks_are_made_on_the_task_that_asks() -> None:
    closed: list[str] = []
    tasks: set[Any] = set()

    async def perform(step: Any) -> None:
        tasks.add(asyncio.current_task())
        await asyncio.sleep(0)

    async def main() -> list[bytes]:
        found = [chunk async for chunk in AwaitedChunks(body(closed), perform)]
        assert tasks == {asyncio.current_task()}
        return found

    assert asyncio.run(main()) == [b"one", b"two"]
    assert closed == ["closed"]


def test_a_view_of_any_colour_is_run_and_a_body_is_left_to_be_made() -> None:
    def script(app: Any, own: Probe) -> Script[str]:
        yield PAUSE
        return "script"

    def streamed(app: Any, own: Probe) -> Any:
        return body([])

    assert drive(viewing(Scenario("x", "A claim.", script), None, probe()), nothing) == "script"
    answer = drive(viewing(Scenario("x", "A claim.", streamed), None, probe()), nothing)
    assert is_streamed(answer)
    assert not is_streamed("script")


@pytest.mark.parametrize(("status", "noted"), [(200, ["KeyError: 'oops'"]), (500, [])])
def test_an_error_is_noted_unless_the_scenario_wants_it(status: int, noted: list[str]) -> None:
    def failing(app: Any, own: Probe) -> str:
        raise KeyError("oops")

    history = History()
    scenario = Scenario("x", "A claim.", failing, status=status)
    with pytest.raises(KeyError):
        drive(viewing(scenario, None, probe(history)), nothing)
    assert [event.value for event in history if event.kind is Kind.FAILED] == noted


def test_a_held_local_has_the_values_of_whatever_request_is_current() -> None:
    requests: list[dict[str, Any]] = [{}, {}]
    current = [0]
    local = HeldLocal(lambda: requests[current[0]])
    local.set("user", "first")
    current[0] = 1
    with pytest.raises(LookupError):
        local.get("user")
    local.set("user", "second")
    current[0] = 0
    assert dict(local) == {"user": "first"}
    local.delete("user")
    assert local.names() == []
    assert requests[1] == {"user": "second"}


def test_what_is_explicit_has_no_contexts_to_push() -> None:
    app = Explicit("request", {}, g=None)
    script = body([])
    assert app.copy_current_request_context(nothing) is nothing
    assert app.stream_with_context(script) is script
    with pytest.raises(TypeError, match="no contexts to push"):
        app.app_context()


def test_a_framework_that_is_not_installed_is_told_with_the_extra_that_brings_it() -> None:
    process = ServerProcess(
        subject="localimpl.contextvar:SUBJECT",
        server="harness.servers.threaded:SERVER",
        target="tests.targets.crooked_targets:MISSING",
        gate="harness.gates.jitter:GATE",
        scenarios=["scenarios.read_back:SCENARIO"],
    )
    with pytest.raises(UserError) as raised, process:
        pass
    said = "MISSING needs no_such_framework, which is not installed: pip install 'ctxstress[frameworks]'"
    assert said in str(raised.value)
    assert "Traceback" not in str(raised.value)
