"""The two contexts that make up the ambience of a request, and the namespace ``g``."""

import weakref
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from harness.core.steps import PAUSE, Script, drive
from harness.framework.performers import without_pausing
from harness.framework.signals import appcontext_popped, appcontext_pushed
from harness.framework.wrappers import Request

if TYPE_CHECKING:
    from harness.framework.lifecycle import Lifecycle
    from harness.framework.sessions import Session

T = TypeVar("T")


class SharedStackError(RuntimeError):
    """A context to be popped was not on top of its stack: another unit shares the stack, or pops were not nested."""

    def __init__(self, found: object, due: object) -> None:
        there = "its stack was empty" if found is None else "another was on top of its stack"
        super().__init__(f"{due!r} was to be popped, but {there}: who else pushes and pops there?")


class Globals:
    """The namespace ``g``: attributes of one application context."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute, or the default when there is none."""
        return self.__dict__.get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """Remove an attribute and return it, or the default; KeyError without either."""
        return self.__dict__.pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return an attribute, given the default first when there is none."""
        return self.__dict__.setdefault(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __repr__(self) -> str:
        return f"<g {self.__dict__}>"


class Context(ABC):
    """What can be pushed for the length of a ``with`` block."""

    __slots__ = ()

    @abstractmethod
    def push(self) -> None:
        """Make this context the current one."""

    @abstractmethod
    def pop(self, error: BaseException | None = None) -> Script[None]:
        """Run its teardown functions and take it from its stack."""

    def __enter__(self) -> Self:
        self.push()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        drive(self.pop(error), without_pausing)


class AppContext(Context):
    """What is current of an App: itself and ``g``. ``given`` is handed on to its hooks and signals as keywords."""

    __slots__ = ("app", "g", "given")

    def __init__(self, app: "Lifecycle", given: dict[str, Any], g: Globals | None = None) -> None:
        self.app = app
        self.given = given
        self.g = Globals() if g is None else g

    def push(self) -> None:
        """Make this the current application context of the unit."""
        self.app.app_contexts.push(self)
        if appcontext_pushed.receivers:
            drive(self.app.send(appcontext_pushed, self.given), without_pausing)

    def pop(self, error: BaseException | None = None) -> Script[None]:
        """Run the teardown functions and take this off the unit's stack; SharedStackError when it was not on top."""
        try:
            if self.app.appcontext_teardowns:
                yield from self.app.do_teardown_appcontext(self, error)
        finally:
            popped = self.app.app_contexts.pop()
        if popped is not self:
            raise SharedStackError(popped, self)
        if appcontext_popped.receivers:
            yield from self.app.send(appcontext_popped, self.given)

    def __repr__(self) -> str:
        return f"<AppContext of {self.app.name}>"


class RequestContext(Context):
    """What is current of a request: itself, its session, where routing sent it, its flashes.

    ``given`` is what came with the request by argument; it is handed on to views, hooks and signals as keywords.
    """

    __slots__ = (
        "_app_context",
        "_holds",
        "_is_copy",
        "_kept",
        "app",
        "error",
        "flashes",
        "given",
        "request",
        "session",
    )

    def __init__(self, app: "Lifecycle", request: Request, given: dict[str, Any]) -> None:
        self.app = app
        self.request = request
        self.given = given
        self.session: Session | None = None
        self.flashes: list[tuple[str, str]] | None = None
        self.error: BaseException | None = None
        """What ended the request without having been handled; teardown functions are told."""
        self._app_context: AppContext | None = None
        self._is_copy = False
        self._holds = 0
        self._kept: weakref.ref[Generator[Any, Any, Any]] | None = None

    def push(self) -> None:
        """Make this the unit's current request context, on top of an application context; open the session and route.

        As in Flask, an application context of the same App that is current already is used, not covered.
        """
        app = self.app
        if self._is_copy:
            assert self._app_context is not None
            self._app_context.push()
        else:
            current = app.app_contexts.top
            if current is None or current.app is not app:
                self._app_context = app.make_app_context(self.given)
                self._app_context.push()
        app.request_contexts.push(self)
        self._holds = 1
        if self.session is None:
            self.session = app.open_session(self.request)
        if not self._is_copy:
            app.match_request(self.request)

    def pop(self, error: BaseException | None = None) -> Script[None]:
        """Let go once; the last time, run the teardown functions and take both contexts off their stacks.

        Both are taken off whatever teardown does. SharedStackError when this was not on top.
        """
        self._holds -= 1
        if self._holds:
            return
        app = self.app
        try:
            if not self._is_copy:
                yield from app.do_teardown_request(self, error)
        finally:
            if self.session is not None and not self._is_copy:
                app.close_session(self.session)
            popped = app.request_contexts.pop()
            if self._app_context is not None:
                yield from self._app_context.pop(error)
        if popped is not self:
            raise SharedStackError(popped, self)

    def auto_pop(self, error: BaseException | None = None) -> Script[None]:
        """Pop at a request's end; when that was the last hold, the unit's Local is released too.

        A stack that turns out to be shared is reported, and the answer, which is ready, stands.
        """
        try:
            yield from self.pop(error)
        except SharedStackError as shared:
            self.app.report(shared, self)
        finally:
            if self._holds == 0:
                self.error = None
                self.app.local.release()

    def lasting(self, script: Script[T]) -> Script[T]:
        """Run a script to its end and then pop, whichever way it ended."""
        try:
            result = yield from script
        except GeneratorExit as gone:
            drive(self.auto_pop(gone), without_pausing)
            raise
        except BaseException as error:
            try:
                yield from self.auto_pop(error)
            except Exception as second:
                self.app.report(second, self)
            raise
        yield from self.auto_pop(self.error)
        return result

    def keep_for(self, body: Script[Any]) -> Script[Any]:
        """Return the body as a script that holds this context, from now until it is exhausted or closed."""
        script = self._holding(body)
        next(script)
        self._kept = weakref.ref(script)
        return script

    def _holding(self, body: Script[Any]) -> Script[Any]:
        self._holds += 1
        return (yield from self.lasting(_begun(body)))

    def abandon(self) -> None:
        """Close the body that was to hold this context: an error answers in its place."""
        script = self._kept() if self._kept is not None else None
        if script is not None:
            script.close()

    def copy(self, app_context: AppContext) -> "RequestContext":
        """Return a context for another unit with the same request, session and ``g``.

        Its end is not the request's, so popping it runs no teardown functions of the request.
        """
        copied = RequestContext(self.app, self.request, {})
        copied.session = self.session
        copied._app_context = AppContext(self.app, {}, app_context.g)
        copied._is_copy = True
        return copied

    def around(self, script: Script[T]) -> Script[T]:
        """Return the script so that it pushes this context when it begins and pops it when it ends."""
        with self:
            return (yield from script)

    def __repr__(self) -> str:
        return f"<RequestContext {self.request.method} {self.request.path} of {self.app.name}>"


def _begun(body: Script[T]) -> Script[T]:
    # The first step is taken while the view still runs, so that the context is held from then on.
    yield PAUSE
    return (yield from body)
