"""The target ``mini`` gives the same answers in process and over WSGI, and tells what is left and what failed."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from harness.core.ambient import Ambient
from harness.core.history import History, Kind, Probe
from harness.core.plan import Order
from harness.core.ports import GIVEN, Answer, Given
from harness.core.scenario import Scenario
from harness.core.steps import PAUSE, Chunk, Offload, Script, drive
from harness.targets.mini import TARGET, MountedApp
from localimpl.contextvar import SUBJECT
from localimpl.thread_ident import SUBJECT as THREAD_IDENT

ORDER = Order("r1", "user0", "r1-token", 7)


def plain(app: Ambient, own: Probe) -> str:
    return f"{own.token} {app.request.headers['X-Ctxstress-Token']}"


def stepping(app: Ambient, own: Probe) -> Script[str]:
    app.g.user = own.wrote("g.user")
    yield PAUSE
    own.look("g.user", lambda: app.g.user)
    return own.token


def streaming(app: Ambient, own: Probe) -> Script[Script[None]]:
    app.g.user = own.wrote("g.user")
    yield PAUSE
    return app.stream_with_context(body(app, own))


def body(app: Ambient, own: Probe) -> Script[None]:
    try:
        yield Chunk(own.token.encode())
        yield PAUSE
        yield Chunk(f" {app.g.user}".encode())
    finally:
        own.updated("body", "open", "closed")


def counting(app: Ambient, own: Probe) -> str:
    app.session["visits"] = app.session.get("visits", 0) + 1
    return str(app.session["visits"])


def failing(app: Ambient, own: Probe) -> str:
    raise KeyError("no such thing")


def raising_body(app: Ambient, own: Probe) -> Any:
    def broken() -> Script[None]:
        yield Chunk(b"so far")
        raise KeyError("broken off")

    return app.stream_with_context(broken())


VIEWS = [plain, stepping, streaming, counting, failing]


def mount(view: Callable[..., Any], **more: Any) -> MountedApp:
    mounted = TARGET.mount(SUBJECT, Scenario("x", "A claim.", view, **more))
    assert isinstance(mounted, MountedApp)
    return mounted


def probe(history: History) -> Probe:
    return Probe(history.record, ORDER.request, ORDER.token, "unit-1", ORDER.user)


def exchange(
    mounted: MountedApp,
    order: Order = ORDER,
    cookies: dict[str, str] | None = None,
    history: History | None = None,
) -> Answer:
    return drive(
        mounted.exchange(order, cookies or {}, probe(History() if history is None else history)),
        lambda step: None,
    )


def over_wsgi(mounted: MountedApp, history: History) -> Answer:
    environ = create_environ("/", headers={"X-Ctxstress-Token": ORDER.token})
    environ[GIVEN] = Given(probe(history), lambda step: None)
    pieces, status, headers = run_wsgi_app(mounted.wsgi, environ, buffered=True)
    return Answer(int(status[:3]), headers.to_wsgi_list(), b"".join(pieces))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
@pytest.mark.parametrize("store", ["cookie", "memory"])
def test_an_exchange_gets_the_answer_and_the_events_that_wsgi_gives(view: Any, store: str) -> None:
    inside, outside = History(), History()
    mine = exchange(mount(view, store=store), history=inside)
    theirs = over_wsgi(mount(view, store=store), outside)
    assert (mine.status, mine.body, mine.cut) == (theirs.status, theirs.body, theirs.cut)
    assert [name for name, _ in mine.headers] == [name for name, _ in theirs.headers]
    unsigned = [header for header in mine.headers if header[0] != "Set-Cookie"]
    assert unsigned == [header for header in theirs.headers if header[0] != "Set-Cookie"]
    assert inside.rows == outside.rows


def test_steps_are_handed_on_to_the_exchanges_own_driver() -> None:
    steps: list[object] = []

    def view(app: Ambient, own: Probe) -> Script[str]:
        yield PAUSE
        return str((yield Offload(list)))

    def perform(step: object) -> int:
        steps.append(step)
        return len(steps)

    answer = drive(mount(view).exchange(ORDER, {}, probe(History())), perform)
    assert answer.body == b"2"
    assert steps == [PAUSE, Offload(list)]


def test_a_streamed_body_is_read_to_its_end() -> None:
    history = History()
    mounted = mount(streaming)
    answer = exchange(mounted, history=history)
    assert (answer.body, answer.cut) == (b"r1-token r1-token.1", False)
    assert [event.kind for event in history].count(Kind.UPDATED) == 1
    assert list(mounted.leftovers()) == []


def test_a_client_that_hangs_up_gets_the_first_chunk_and_the_body_is_closed() -> None:
    history = History()
    kept: list[Script[None]] = []

    def view(app: Ambient, own: Probe) -> Script[Script[None]]:
        kept.append((yield from streaming(app, own)))
        return kept[0]

    mounted = mount(view)
    answer = exchange(mounted, Order("r1", "user0", "r1-token", 7, hangs_up=True), history=history)
    assert (answer.status, answer.body, answer.cut) == (200, b"r1-token", True)
    assert [event.kind for event in history].count(Kind.UPDATED) == 1
    assert list(mounted.leftovers()) == []
    assert len(kept) == 1, "though the script is still there, and so was not merely collected"


def test_hanging_up_on_a_body_that_is_one_piece_cuts_nothing() -> None:
    answer = exchange(mount(plain), Order("r1", "user0", "r1-token", 7, hangs_up=True))
    assert (answer.body, answer.cut) == (b"r1-token r1-token", False)


def test_cookies_go_both_ways() -> None:
    mounted = mount(counting, store="memory")
    first = exchange(mounted)
    (cookie,) = [value for name, value in first.headers if name == "Set-Cookie"]
    name, _, value = cookie.partition(";")[0].partition("=")
    again = exchange(mounted, cookies={"other": "x", name: value})
    assert (first.body, again.body) == (b"1", b"2")
    assert exchange(mounted, cookies={name: "unknown"}).body == b"1"


def failures(history: History) -> list[str]:
    return [event.value for event in history if event.kind is Kind.FAILED]


def test_the_probe_is_told_of_an_error_that_nobody_asked_for() -> None:
    history = History()
    assert exchange(mount(failing), history=history).status == 500
    assert failures(history) == ["KeyError: 'no such thing'"]


def test_the_probe_is_not_told_of_an_error_that_the_scenario_wants() -> None:
    history = History()
    assert exchange(mount(failing, status=500), history=history).status == 500
    assert failures(history) == []


def test_an_error_that_has_a_handler_is_none() -> None:
    history = History()

    def prepare(app: Any) -> None:
        app.errorhandler(KeyError)(lambda error, own: f"{own.token} handled")

    assert exchange(mount(failing, prepare=prepare), history=history).body == b"r1-token handled"
    assert failures(history) == []


def test_a_body_that_breaks_off_raises_what_broke_it() -> None:
    mounted = mount(raising_body)
    with pytest.raises(KeyError, match="broken off"):
        exchange(mounted)
    assert list(mounted.leftovers()) == []


def test_leftovers_are_what_the_local_and_both_stacks_still_hold() -> None:
    mounted = TARGET.mount(THREAD_IDENT, Scenario("x", "A claim.", plain))
    assert isinstance(mounted, MountedApp)
    app = mounted.app
    assert list(mounted.leftovers()) == []
    app.local.set("user", "r1-token.1")
    app.test_request_context("/left").push()
    assert list(mounted.leftovers()) == [
        ("user", "r1-token.1"),
        ("app context", "<AppContext of mini/thread_ident>"),
        ("request context", "<RequestContext GET /left of mini/thread_ident>"),
    ]


def test_a_scenario_may_prepare_its_app_and_choose_its_store() -> None:
    seen: list[Any] = []
    mounted = mount(plain, prepare=seen.append, store="memory")
    assert seen == [mounted.app]
    assert type(mounted.app.sessions).__name__ == "MemorySessions"
