"""Walks two requests in turns through the lifecycle over a subject, and records each phase for people who learn it."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import greenlet
from werkzeug.test import create_environ

from harness.core.history import UNBOUND, Probe
from harness.core.ports import Given
from harness.core.steps import PAUSE, Script
from harness.core.trace import Glimpse, Held, Moment, Walk
from harness.engine.turns import take_turns
from harness.framework import App, Request, Response
from harness.framework.contexts import AppContext, RequestContext
from harness.framework.sessions import Session
from harness.framework.signals import appcontext_pushed, request_started
from localimpl import Subject, Unit

NAMES = ("alice", "bob")


def walk(subject: Subject, unit: Unit) -> Walk:
    """Let alice and bob each send a request, on units of this kind that take turns after each phase."""
    app = WalkedApp(subject)
    labels = [f"{unit} {number}" for number in range(1, len(NAMES) + 1)]
    begins = {label: partial(app.visit, name, label) for label, name in zip(labels, NAMES, strict=True)}
    answers = take_turns(unit, begins)
    return Walk(
        subject=subject.name,
        summary=subject.summary,
        unit=unit,
        promised=subject.promise.covers(unit),
        moments=tuple(app.moments),
        answers=tuple((name, answers[label]) for label, name in zip(labels, NAMES, strict=True)),
    )


class WalkedApp(App):
    """An App that tells of each phase as it passes, and gives the other request a turn where it can.

    Whose phase it is comes with the request by argument, never from the Local that is looked into.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject, store="memory", name="walk")
        self.moments: list[Moment] = []
        self._keys: dict[Any, str] = {}
        self._units: dict[str, str] = {}
        self._looks: tuple[tuple[str, Callable[[], str]], ...] = (
            ("request.path", lambda: self.request.path),
            ("session.user", lambda: (self.session or {})["user"]),  # None until it is opened
            ("g.user", lambda: self.g.user),
            ("local.user", lambda: self.local.get("user")),
        )
        self._storages = (
            ("request", self.request_contexts),
            ("app", self.app_contexts),
            ("local", self.local),
        )
        self.add_url_rule("/<name>", "view", self._view)
        self.connect(appcontext_pushed, self._pushed)
        self.connect(request_started, self._started)

    def visit(self, name: str, unit: str) -> Script[str]:
        """Send one request on the unit that runs this, and return what its client gets."""
        self._units[name] = unit
        self._keys.update(_keys_of(unit))
        given = Given(Probe(_nowhere, name, name, unit), _nowhere)
        response = yield from self.respond(create_environ(f"/{name}"), given)
        self.tell(name, "auto_pop: popped")
        return response.get_data(as_text=True) if response.status_code == 200 else response.status

    def tell(self, name: str, phase: str) -> None:
        """Record a phase of this request: what is stored, and what the proxies answer, seen from its unit."""
        held = tuple(
            Held(label, self._keys.get(key, str(key)), _text(values))
            for label, storage in self._storages
            for key, values in storage.snapshot().items()
        )
        glimpses = tuple(_glimpse(expression, look) for expression, look in self._looks)
        self.moments.append(Moment(name, self._units[name], phase, held, glimpses))

    # Arrival

    def request_context(self, environ: dict[str, Any], given: Given | None = None) -> RequestContext:
        context = super().request_context(environ, given)
        self.tell(_name(context.request), "request_context")
        return context

    def _pushed(self, app: App, own: Probe) -> None:
        self.tell(own.request, "push: AppContext")

    def open_session(self, request: Request) -> Session:
        self.tell(_name(request), "push: RequestContext")
        return super().open_session(request)

    def match_request(self, request: Request) -> None:
        self.tell(_name(request), "open_session")
        super().match_request(request)
        self.tell(_name(request), "match_request")

    # View

    def full_dispatch_request(self, context: RequestContext) -> Script[Response]:
        yield PAUSE
        return (yield from super().full_dispatch_request(context))

    def _started(self, app: App, own: Probe) -> Script[None]:
        self.tell(own.request, "request_started")
        yield PAUSE

    def _view(self, name: str, own: Probe) -> Script[str]:
        self.local.set("user", name)
        self.g.user = name
        self.session["user"] = name
        self.tell(name, "view: stores its user")
        yield PAUSE
        self.tell(name, "view: reads it back")
        return f"hello {self.g.user}"

    def handle_exception(self, context: RequestContext, error: Exception) -> Script[Response]:
        self.tell(_name(context.request), f"handle_exception({type(error).__name__})")
        yield PAUSE
        return (yield from super().handle_exception(context, error))

    # End

    def process_response(self, context: RequestContext, response: Response) -> Script[Response]:
        response = yield from super().process_response(context, response)
        self.tell(_name(context.request), "after_request, session")
        yield PAUSE
        return response

    def do_teardown_request(self, context: RequestContext, error: BaseException | None) -> Script[None]:
        yield from super().do_teardown_request(context, error)
        self.tell(_name(context.request), "auto_pop: teardown")
        yield PAUSE


def _name(request: Request) -> str:
    return request.path.removeprefix("/")


def _glimpse(expression: str, look: Callable[[], str]) -> Glimpse:
    try:
        answer = look()
    except UNBOUND:
        return Glimpse(expression, "", "")
    return Glimpse(expression, answer, answer.removeprefix("/"))


def _text(values: dict[str, Any]) -> str:
    return "{" + ", ".join(f'"{name}": {_value(value)}' for name, value in values.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, RequestContext):
        return _name(value.request)
    return str(value.given["own"].request) if isinstance(value, AppContext) else f'"{value}"'


def _keys_of(unit: str) -> dict[Any, str]:
    """Return what Locals may key the running unit by, with its name; a thread that has several units is no unit."""
    kind, _, _ = unit.partition(" ")
    keys: dict[Any, str] = dict.fromkeys(
        (threading.get_ident(), id(greenlet.getcurrent())), unit if kind == Unit.THREAD else "thread"
    )
    if kind == Unit.GREENLET:
        keys[id(greenlet.getcurrent())] = unit
    elif kind == Unit.TASK:
        keys[id(asyncio.current_task())] = unit
    return keys


def _nowhere(_: Any) -> None:
    """Take what nobody keeps."""
