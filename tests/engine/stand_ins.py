"""A target and scenarios for it in few lines, so that servers, edge and clients are tested without a framework."""

import asyncio
import contextvars
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any

from harness.core.history import Probe
from harness.core.plan import HANG_UP_EVERY, Order
from harness.core.ports import GIVEN, Answer, Carries, Given, Mounted, Server, Target
from harness.core.scenario import Cookies, Scenario
from harness.core.steps import PAUSE, Chunk, Script, drive, drive_async
from localimpl import Promise, Subject, Unit
from localimpl.local import Local


class App:
    """What views are given: the Local under test, and the request's cookies."""

    def __init__(self, local: Local, cookies: str = "") -> None:
        self.local = local
        self.cookies = cookies
        self.new_cookies: list[str] = []


class Bare:
    """Calls the view with nothing around it; a scenario that keeps its values leaves them behind."""

    def __init__(self, subject: Subject, scenario: Scenario) -> None:
        self.local = subject.make()
        self.scenario = scenario
        self.clears = scenario.name != "untidy"

    def exchange(self, order: Order, cookies: Mapping[str, str], own: Probe) -> Script[Answer]:
        raise NotImplementedError("the stand-in is for servers")

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        given: Given = environ[GIVEN]
        app = App(self.local, environ.get("HTTP_COOKIE", ""))
        try:
            body = drive(self.scenario.view(app, given.own), given.perform)
        finally:
            if self.clears:
                self.local.release()
        headers = [("Set-Cookie", cookie) for cookie in app.new_cookies]
        if isinstance(body, str):
            headers.append(("Content-Length", str(len(body))))
            start_response("200 OK", headers)
            return [body.encode()]
        start_response("200 OK", headers)
        return chunks(body, given.perform)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        given: Given = scope[GIVEN]
        app = App(self.local, dict(scope["headers"]).get(b"cookie", b"").decode())
        try:
            body = await drive_async(self.scenario.view(app, given.own), given.perform)
        finally:
            if self.clears:
                self.local.release()
        headers = [(b"set-cookie", cookie.encode()) for cookie in app.new_cookies]
        if isinstance(body, str):
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if isinstance(body, str):
            await send({"type": "http.response.body", "body": body.encode()})
            return
        await receive()  # the request itself; what comes next is that the client has gone
        gone = asyncio.ensure_future(receive())  # it need not be a coroutine
        for step in body:
            if isinstance(step, Chunk):
                await send({"type": "http.response.body", "body": step.data, "more_body": True})
            else:
                await given.perform(step)
            if gone.done():
                return
        gone.cancel()
        await send({"type": "http.response.body"})

    def application(self) -> Any:
        from aiohttp import web

        async def view(request: Any) -> Any:
            given: Given = request[GIVEN]
            app = App(self.local, request.headers.get("Cookie", ""))
            try:
                body = await drive_async(self.scenario.view(app, given.own), given.perform)
            finally:
                if self.clears:
                    self.local.release()
            if isinstance(body, str):
                return web.Response(text=body, headers=[("Set-Cookie", cookie) for cookie in app.new_cookies])
            response = web.StreamResponse()
            await response.prepare(request)
            for step in body:
                await (response.write(step.data) if isinstance(step, Chunk) else given.perform(step))
            return response

        served = web.Application()
        served.router.add_get("/", view)
        return served

    def leftovers(self) -> Iterator[tuple[str, str]]:
        yield from self.local


def chunks(body: Script[None], perform: Any) -> Iterator[bytes]:
    for step in body:
        if isinstance(step, Chunk):
            yield step.data
        else:
            perform(step)


def mount(subject: Subject, scenario: Scenario) -> Mounted:
    if scenario.name == "unmountable":
        raise ValueError("this scenario breaks its target")
    return Bare(subject, scenario)


TARGET = Target("bare", "the view alone", mount, speaks=frozenset({"wsgi", "asgi", "aiohttp"}))


class OneSlot(Local):
    """Keeps values for everyone together."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        object.__setattr__(self, "_values", {})

    def get(self, name: str, /) -> Any:
        return self._values[name]

    def set(self, name: str, value: Any, /) -> None:
        self._values[name] = value

    def delete(self, name: str, /) -> None:
        del self._values[name]

    def release(self) -> None:
        self._values.clear()

    def names(self) -> list[str]:
        return list(self._values)


class OfContext(OneSlot):
    """Keeps values in a ContextVar, a new dict at each write."""

    __slots__ = ("_variable",)

    def __init__(self) -> None:
        object.__setattr__(self, "_variable", contextvars.ContextVar("values", default={}))  # noqa: B039

    @property
    def _values(self) -> Any:
        return self._variable.get()

    def set(self, name: str, value: Any, /) -> None:
        self._variable.set({**self._values, name: value})

    def delete(self, name: str, /) -> None:
        self._variable.set({key: value for key, value in self._values.items() if key != name})

    def release(self) -> None:
        self._variable.set({})


def import_missing() -> Local:
    import no_such_library  # type: ignore[import-not-found]

    return no_such_library.Local()  # type: ignore[no-any-return]


MIXES = Subject("mixes", "one slot for all", OneSlot, Promise(frozenset()))
KEEPS = Subject("keeps", "a ContextVar", OfContext, Promise(frozenset(Unit)))
NOT_INSTALLED = Subject(
    "not_installed", "of a library that is missing", import_missing, Promise(frozenset()), requires="locals"
)


def read_back(app: App, own: Probe) -> Script[str]:
    app.local.set("token", own.wrote("token"))
    yield PAUSE
    own.look("token", app.local.get, "token")
    return f"{own.token} read"


PIECES, MANY_PIECES = 20, 400
"""How many pieces a streamed body has, and one whose client hangs up: it takes a second, by which that one is gone."""


def stream(app: App, own: Probe) -> Script[Script[None]]:
    yield PAUSE

    def body() -> Script[None]:
        for number in range(PIECES):
            own.read("made", str(number))
            yield Chunk(f"{own.token} {number}\n".encode())
            yield PAUSE

    return body()


def hang_up(app: App, own: Probe) -> Script[Script[None]]:
    """Stream as before, but for so long that a client who hangs up does so in the middle."""
    yield PAUSE
    leaves = int(own.request.removeprefix("r")) % HANG_UP_EVERY == 1

    def body() -> Script[None]:
        for number in range(MANY_PIECES if leaves else PIECES):
            own.read("made", str(number))
            yield Chunk(f"{own.token} {number}\n".encode())
            yield PAUSE

    return body()


arrivals = count(1)
arrived: list[int] = []


def meet(app: App, own: Probe) -> Script[str]:
    """Wait until an even number of requests has come: the second of two finds the first still here."""
    mine = next(arrivals)
    arrived.append(mine)
    for _ in range(300):
        if max(arrived) > mine or mine % 2 == 0:
            break
        yield PAUSE
    own.read("company", "met" if max(arrived) > mine or mine % 2 == 0 else "alone")
    return f"{own.token} went"


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nothing")
of_thread = threading.local()


def ambient(app: App, own: Probe) -> Script[str]:
    """Answer what an earlier request left in the ContextVar and in the thread, then leave something there."""
    found = f"{variable.get()} {getattr(of_thread, 'left', 'nothing')}"
    variable.set("left")
    of_thread.left = "left"
    yield PAUSE
    return f"{own.token} {found} {threading.current_thread().name} {_task_name()}"


def native(app: App, own: Probe) -> Script[str]:
    """Record on which thread of the operating system the view runs."""
    own.read("native", str(threading.get_native_id()))
    yield PAUSE
    return f"{own.token} ran"


def _task_name() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return "-"
    return "-" if task is None else task.get_name()


def raising(app: App, own: Probe) -> Script[str]:
    yield PAUSE
    raise ValueError(f"{own.token} raised")


def raising_in_body(app: App, own: Probe) -> Script[Script[None]]:
    yield PAUSE

    def body() -> Script[None]:
        yield Chunk(b"first")
        raise ValueError("raised in the body")

    return body()


def telling(app: App, own: Probe) -> Script[str]:
    """Answer how this process was set up, and print something."""
    print("printed by the view")
    yield PAUSE
    return " ".join([own.token, str(sys.getswitchinterval()), *sorted(os.environ)])


def nodelay(app: App, own: Probe) -> Script[str]:
    """Answer whether Nagle's algorithm is off on all connections that this process has accepted."""
    yield PAUSE
    off = []
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
        try:
            with socket.socket(fileno=os.dup(number)) as found:
                found.getpeername()
                if found.family == socket.AF_INET:
                    off.append(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
        except OSError:
            continue  # no socket, or the one that listens
    return f"{own.token} {len(off) > 0 and all(off)}"


def hanging(app: App, own: Probe) -> Script[str]:
    """Never end the request whose number is 3; the others at once."""
    while own.request.endswith("3"):
        yield PAUSE
    yield PAUSE
    return f"{own.token} ended"


def counting(app: App, own: Probe) -> Script[str]:
    """Answer the visit's number by cookie."""
    visits = int(app.cookies.partition("visits=")[2].partition(";")[0] or 0) + 1
    app.new_cookies.append(f"visits={visits}; Path=/")
    own.read("visits", str(visits))
    yield PAUSE
    return f"{own.token} {visits}"


def crossing(app: App, own: Probe) -> Script[str]:
    """Answer the token of whoever wrote last."""
    app.local.set("token", own.token)
    yield PAUSE
    yield PAUSE
    return f"{app.local.get('token')} answered"


scenario = partial(Scenario, claim="a stand-in's claim")
READ_BACK = scenario("read_back", view=read_back)
UNTIDY = scenario("untidy", view=read_back)
STREAM = scenario("stream", view=stream)
HANG_UP = scenario("hang_up", view=hang_up, hangs_up=True)
MEET = scenario("meet", view=meet)
AMBIENT = scenario("ambient", view=ambient)
NATIVE = scenario("native", view=native)
RAISING = scenario("raising", view=raising)
RAISING_AS_TOLD = scenario("raising_as_told", view=raising, status=500)
RAISING_IN_BODY = scenario("raising_in_body", view=raising_in_body)
HANGING = scenario("hanging", view=hanging)
NODELAY = scenario("nodelay", view=nodelay)
TELLING = scenario("telling", view=telling)
OWN_COOKIES = scenario("own_cookies", view=counting, cookies=Cookies.OWN)
SHARED_COOKIES = scenario("shared_cookies", view=counting, cookies=Cookies.SHARED)
NO_COOKIES = scenario("no_cookies", view=counting)
CROSSING = scenario("crossing", view=crossing)
UNMOUNTABLE = scenario("unmountable", view=read_back)


def die(app: Any, port: int, ready: Any) -> None:
    print("about to die", flush=True)
    os._exit(3)


def be_killed(app: Any, port: int, ready: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def never_get_ready(app: Any, port: int, ready: Any) -> None:
    time.sleep(60)


def ignore_the_end(app: Any, port: int, ready: Any) -> None:
    """Serve nothing, and neither notice a signal nor let the watcher run: only killing helps."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.setswitchinterval(1000)
    ready(1)
    while True:
        pass


server = partial(
    Server,
    summary="a stand-in",
    unit=Unit.THREAD,
    interface="wsgi",
    offers=frozenset(),
    pool="one thread",
    keep_alive=False,
    carries=Carries(False, False, False, False),
)
DYING = server("dying", serve=die)
KILLED = server("killed", serve=be_killed)
NEVER_READY = server("never_ready", serve=never_get_ready)
STUBBORN = server("stubborn", serve=ignore_the_end)
