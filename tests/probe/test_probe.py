"""The probe: finds what a request leaves behind, names it by module and variable, and changes no answer."""

import asyncio
import contextvars
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import harness.probe
from harness.probe.journal_file import JournalFile
from harness.probe.middleware import MARK, AsgiProbe, WsgiProbe
from harness.probe.probe import MOST_TOKENS, Probe
from harness.probe.variables import SERVERS

KEY = "HTTP_" + MARK.upper().replace("-", "_")


def token() -> str:
    """Return a token; as a variable of this module it would be found there."""
    return "zq" + "23456789abcdef"


class Shop:
    """A module of an app, and the probe's reports about it."""

    def __init__(self, folder: Path) -> None:
        self.module: Any = ModuleType("shop_under_probe")
        self.module.__file__ = str(folder / "shop_under_probe.py")
        self.file = folder / "journal"
        self.journal = JournalFile(str(self.file))

    def probe(self, app: Any = None, share: float = 1) -> Probe:
        return Probe(self.journal, "zq[2-9a-km-y]{14}", app, share)

    def call(self, app: Any, mark: str = "u1v1.0", share: float = 1) -> Any:
        return WsgiProbe(app, self.probe(share=share))({KEY: mark}, None)

    def found(self) -> list[tuple[str, ...]]:
        """Return (mark, variable, path, token, kind, when) of each report."""
        lines = [line.split(" ", 2) for line in self.file.read_text().splitlines()]
        assert all(line[0] == "residue" for line in lines)
        return [(line[1], *json.loads(line[2])) for line in lines]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    bench = Shop(tmp_path)
    # Not of the app: what other tests of this process brought.
    monkeypatch.setattr(
        "harness.probe.variables.SERVERS", SERVERS | {"bench", "reports", "scenarios", "tests"}
    )
    sys.modules["shop_under_probe"] = bench.module
    yield bench
    del sys.modules["shop_under_probe"]


def leaves(act: Any) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        act()
        return [b"answer"]

    return app


def test_a_module_variable_that_keeps_a_token_is_named(shop: Shop) -> None:
    class Cart:
        user = ""

    def act() -> None:
        shop.module.CURRENT = {"user": f"for {token()}"}
        shop.module.plain = token()
        Cart.user = token()

    Cart.__module__ = shop.module.__name__
    shop.module.Cart = Cart
    assert shop.call(leaves(act)) == [b"answer"]
    assert sorted(shop.found()) == [
        ("u1v1.0", "shop_under_probe:CURRENT", "['user']", token(), "global", "after"),
        ("u1v1.0", "shop_under_probe:Cart.user", "", token(), "global", "after"),
        ("u1v1.0", "shop_under_probe:plain", "", token(), "global", "after"),
    ]


def test_of_more_modules_than_one_look_takes_in_the_next_looks_see_the_rest(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.probe.probe.MOST_OWN", 100)
    crowd: Any = ModuleType("crowd_under_probe")
    crowd.__file__ = "crowd_under_probe.py"
    crowd.things = [[] for _ in range(200)]
    monkeypatch.setitem(sys.modules, "crowd_under_probe", crowd)
    # Behind the crowd.
    sys.modules["shop_under_probe"] = sys.modules.pop("shop_under_probe")
    app = WsgiProbe(leaves(lambda: setattr(shop.module, "user", [token()])), shop.probe())
    for _ in range(20):
        app({KEY: "u1v1.0"}, None)
    assert [found[1] for found in shop.found()] == ["shop_under_probe:user"]


def test_an_app_that_keeps_nothing_or_no_token_is_not_reported(shop: Shop) -> None:
    def act() -> None:
        shop.module.CURRENT = "zq-none"
        shop.module.COUNT = 17
        shop.module.CURRENT = None

    shop.call(leaves(act))
    assert shop.found() == []


def test_a_context_variable_is_seen_after_the_request_and_before_the_next(shop: Shop) -> None:
    shop.module.var = variable = contextvars.ContextVar[str]("user")

    def serve() -> None:
        probe = shop.probe()
        WsgiProbe(leaves(lambda: None), probe)({KEY: "u0v1.0"}, None)  # learns where the variable is held
        WsgiProbe(leaves(lambda: variable.set(token())), probe)({KEY: "u1v1.0"}, None)
        variable.set(token().replace("2", "3"))
        WsgiProbe(leaves(lambda: variable.set("")), probe)({KEY: "u2v1.0"}, None)

    contextvars.copy_context().run(serve)
    assert shop.found() == [
        ("u1v1.0", "shop_under_probe:var", "", token(), "ContextVar", "after"),
        ("u2v1.0", "shop_under_probe:var", "", token().replace("2", "3"), "ContextVar", "before"),
    ]


def test_what_a_request_finds_and_does_not_replace_was_there_throughout(shop: Shop) -> None:
    shop.module.state = state = threading.local()
    probe = shop.probe()
    own = token().replace("2", "3")
    WsgiProbe(leaves(lambda: setattr(state, "user", token())), probe)({KEY: "u1v1.0"}, None)
    WsgiProbe(leaves(lambda: None), probe)({KEY: "u2v1.0"}, None)
    WsgiProbe(leaves(lambda: setattr(state, "user", own)), probe)({KEY: "u3v1.0"}, None)
    assert [(found[0], found[3], found[5]) for found in shop.found()] == [
        ("u1v1.0", token(), "after"),
        ("u2v1.0", token(), "before"),
        ("u2v1.0", token(), "throughout"),
        ("u3v1.0", own, "after"),
    ]


def test_a_thread_local_is_seen_on_the_thread_that_filled_it_alone(shop: Shop) -> None:
    shop.module.state = state = threading.local()
    probe = shop.probe()
    other = threading.Thread(target=lambda: setattr(state, "user", token()))
    other.start()
    other.join()
    app = WsgiProbe(leaves(lambda: None), probe)
    app({KEY: "u1v1.0"}, None)
    app({KEY: "u1v2.0"}, None)
    assert shop.found() == []
    WsgiProbe(leaves(lambda: setattr(state, "user", token())), probe)({KEY: "u2v1.0"}, None)
    assert shop.found() == [("u2v1.0", "shop_under_probe:state", "['user']", token(), "Local", "after")]


def test_a_thread_local_that_no_variable_leads_to_is_found_and_one_that_runs_code_is_left_alone(
    shop: Shop,
) -> None:
    class Runs(threading.local):
        def __init__(self) -> None:
            made.append(threading.get_ident())

    made: list[int] = []
    hidden, runs = [threading.local()], Runs()
    app = WsgiProbe(leaves(lambda: setattr(hidden[0], "user", token())), shop.probe())

    def serve() -> None:
        for _ in range(3):
            app({KEY: "u1v1.0"}, None)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    held = ("u1v1.0", "an unnamed _thread._local", "['user']", token(), "Local")
    assert shop.found() == [(*held, "after"), (*held, "before"), (*held, "throughout")]
    assert made == [threading.get_ident()]
    assert isinstance(runs, Runs)


def test_a_werkzeug_local_is_named_by_its_variable(shop: Shop) -> None:
    from werkzeug.local import Local

    shop.module.ambient = ambient = Local()

    def serve() -> None:
        app = WsgiProbe(leaves(lambda: setattr(ambient, "user", token())), shop.probe())
        app({KEY: "u0v1.0"}, None)
        app({KEY: "u1v1.0"}, None)

    contextvars.copy_context().run(serve)
    assert {path for _, _, path, *_ in shop.found()} == {"['user']"}
    assert all(variable.startswith("shop_under_probe:ambient.") for _, variable, *_ in shop.found())
    assert [(mark, when) for mark, *_, when in shop.found()] == [
        ("u0v1.0", "after"),
        ("u1v1.0", "before"),
        ("u1v1.0", "throughout"),  # set again, to the same
    ]


def test_what_the_app_object_holds_is_seen(shop: Shop) -> None:
    class App:
        def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
            self.last = token()
            return []

    app = App()
    WsgiProbe(app, shop.probe(app))({KEY: "u1v1.0"}, None)
    [(_, variable, path, *_)] = shop.found()
    assert variable.startswith("the app, a ")
    assert path == ".last"


def test_each_token_is_reported_once_a_variable_and_so_many_at_most(shop: Shop) -> None:
    shop.module.seen = []
    probe = shop.probe()
    letters = "23456789abcdefghijkmnpqrstuvwxy"
    for number in range(2 * MOST_TOKENS):
        each = f"zq{letters[number % 31]}{letters[number // 31]}{'2' * 12}"
        WsgiProbe(leaves(partial(shop.module.seen.append, each)), probe)({KEY: "u1v1.0"}, None)
    tokens = [found[3] for found in shop.found()]
    assert len(tokens) == len(set(tokens)) == MOST_TOKENS


def test_a_body_in_pieces_is_looked_after_when_it_is_closed_and_an_app_that_raises_at_once(
    shop: Shop,
) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        yield b"a"
        shop.module.late = token()
        yield b"b"

    body = shop.call(app)
    assert list(body) == [b"a", b"b"]
    assert shop.found() == []
    body.close()
    assert len(shop.found()) == 1

    def failing(environ: Any, start_response: Any) -> Any:
        shop.module.later = token()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        shop.call(failing)
    assert len(shop.found()) == 3  # another probe: both


def test_on_a_loop_a_requests_own_context_ends_with_it_and_what_it_found_there_does_not(shop: Shop) -> None:
    shop.module.var = variable = contextvars.ContextVar[str]("user")
    other = token().replace("2", "3")
    probe = shop.probe()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        variable.set(token())

    def scope(mark: str) -> dict[str, Any]:
        return {"type": "http", "headers": [(MARK.lower().encode(), mark.encode())]}

    async def serve() -> None:
        wrapped = AsgiProbe(app, probe)
        await asyncio.create_task(wrapped(scope("u1v1.0"), None, None))
        await asyncio.create_task(wrapped(scope("u1v2.0"), None, None))
        assert not shop.found()
        variable.set(other)  # as where the reader of a connection was set going by a request
        await asyncio.create_task(wrapped(scope("u2v1.0"), None, None))
        await AsgiProbe(app, probe)({"type": "lifespan"}, None, None)

    asyncio.run(serve())
    assert shop.found() == [("u2v1.0", "shop_under_probe:var", "", other, "ContextVar", "before")]


def test_looking_takes_its_share_of_the_time_and_no_more(shop: Shop) -> None:
    looks = []

    class Counting(Probe):
        def after(self, mark: str, found: frozenset[str], context: bool) -> None:
            looks.append(mark)
            super().after(mark, found, context)

    app = WsgiProbe(leaves(lambda: None), Counting(shop.journal, "zq", None, share=0.001))
    for number in range(200):
        app({KEY: str(number)}, None)
    assert looks[0] == "0"
    assert len(looks) < 10


def test_without_being_asked_for_an_app_is_what_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    app = leaves(lambda: setattr(shop.module, "user", token()))
    monkeypatch.delenv(harness.probe.FILE, raising=False)
    assert harness.probe.wsgi(app) is app
    assert harness.probe.asgi(app) is app
    monkeypatch.setenv(harness.probe.FILE, str(shop.file))
    monkeypatch.setenv(harness.probe.TOKENS, "zq[2-9a-km-y]{14}")
    assert harness.probe.wsgi(app)({KEY: "u1v1.0"}, None) == [b"answer"]
    assert [found[3] for found in shop.found()] == [token()]


def test_a_request_without_a_mark_is_reported_too(shop: Shop) -> None:
    app = leaves(lambda: setattr(shop.module, "user", token()))
    WsgiProbe(app, shop.probe())({}, None)
    assert [found[0] for found in shop.found()] == ["-"]


def test_a_look_that_fails_is_told_once_and_never_reaches_the_app(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing(Probe):
        def _globals(self) -> Any:
            raise ZeroDivisionError

    app = WsgiProbe(leaves(lambda: None), Failing(shop.journal, "zq", None, share=1))
    for _ in range(2):
        assert app({KEY: "u1v1.0"}, None) == [b"answer"]
    assert capsys.readouterr().err.count("could not look") == 1


def test_a_local_of_gevent_is_seen(shop: Shop) -> None:
    from gevent.local import local

    shop.module.state = local()
    app = WsgiProbe(leaves(lambda: setattr(shop.module.state, "user", token())), shop.probe())
    app({KEY: "u1v1.0"}, None)
    assert shop.found() == [("u1v1.0", "shop_under_probe:state", "['user']", token(), "Local", "after")]
