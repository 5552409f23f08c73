"""Mounts scenarios on one Django: the request goes by argument through middleware and view, settings by ambience."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta, timezone
from functools import cache
from typing import Any

import django  # type: ignore[import-untyped]
from asgiref.sync import iscoroutinefunction
from django.conf import settings  # type: ignore[import-untyped]
from django.core.handlers.asgi import ASGIHandler  # type: ignore[import-untyped]
from django.core.handlers.wsgi import WSGIHandler  # type: ignore[import-untyped]
from django.db import connections  # type: ignore[import-untyped]
from django.http import HttpResponse, StreamingHttpResponse  # type: ignore[import-untyped]
from django.urls import path  # type: ignore[import-untyped]
from django.utils import timezone as current_timezone  # type: ignore[import-untyped]
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware  # type: ignore[import-untyped]

from harness.core.ports import GIVEN, Given
from harness.core.scenario import Scenario
from harness.core.steps import Script, drive, drive_async
from harness.framework.calling import awaited
from harness.targets._answers import AwaitedChunks, chunks, is_streamed, note, viewing
from harness.targets._explicit import Explicit
from harness.targets._hooks import Hooks
from harness.targets._served import Served

MOUNTED = "ctxstress.mounted"
"""Where in the environ or scope stands which scenario is meant: there is one Django in a process, for all of them."""
LANGUAGE, ZONE = "en", "UTC"
PRIVATE = "en-x-"
"""Private-use language tags: each request can have one of its own, read as English; Django keeps about 1 kB of each."""


@cache
def set_up() -> None:
    """Configure this process's Django, once."""
    settings.configure(
        SECRET_KEY="ctxstress",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=(path("", view),),
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            # Activates a language for every request; without it one that a request activates stays on its thread.
            "django.middleware.locale.LocaleMiddleware",
            f"{__name__}.hooking",
        ],
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 100_000},  # it evicts at 300 unless told
            }
        },
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        LANGUAGE_CODE=LANGUAGE,
        TIME_ZONE=ZONE,
        # What a scenario does not want to go wrong is in its history; the log would only be flooded.
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "loggers": {"django.request": {"level": "CRITICAL"}},
        },
    )
    django.setup()


class MountedDjango(Served):
    """A scenario that the process's Django answers at ``/``."""

    ambient_settings: Any
    """The Settings that views are given; a class stands for itself."""

    def __init__(self, scenario: Scenario) -> None:
        set_up()
        self.scenario = scenario
        self.hooks = Hooks(scenario)

    def ambient(self, request: Any) -> Explicit:
        """Return what is offered to whoever was handed this request; ``g`` are its attributes."""
        values = request.__dict__.setdefault("locals", {})
        return Explicit(
            request, values, g=request, session=Sessions(request.session), settings=self.ambient_settings
        )

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield the settings that still hold on this unit."""
        names = self.ambient_settings
        for name in names.names:
            try:
                yield name, names.get(name)
            except LookupError:
                continue


class MountedWsgi(MountedDjango):
    """Under a WSGI server."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.ambient_settings = WithConnection()
        self._handler = WSGIHandler()

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI server; the Given is expected in the environ."""
        environ[MOUNTED] = self
        return self._handler(environ, start_response)  # type: ignore[no-any-return]


class MountedAsgi(MountedDjango):
    """Under an ASGI server."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.ambient_settings = LanguageAndZone()
        self._handler = ASGIHandler()

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer an ASGI server; the Given is expected in the scope."""
        await self._handler({**scope, MOUNTED: self}, receive, send)


class Sessions:
    """A Django session with the verbs that scenarios use, said as Django's own ``login`` and ``logout`` say them."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.clear = session.flush
        self.rotate = session.cycle_key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def __contains__(self, name: str) -> bool:
        return name in self._session

    def __getitem__(self, name: str) -> Any:
        return self._session[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._session[name] = value

    def __delitem__(self, name: str) -> None:
        del self._session[name]


def carried(request: Any) -> tuple[MountedDjango, Given]:
    """Return what this request carries: the scenario that is meant, and its Given."""
    carrier = request.environ if hasattr(request, "environ") else request.scope
    return carrier[MOUNTED], carrier[GIVEN]


@sync_and_async_middleware  # type: ignore[untyped-decorator]
def hooking(get_response: Any) -> Any:
    """Call a scenario's hooks where Django's documentation has one's own code go: in middleware round the view."""
    if iscoroutinefunction(get_response):

        async def answer_awaited(request: Any) -> Any:
            request.urlconf = (path("", view_awaited),)
            return await drive_async(_hooked(request, get_response), carried(request)[1].perform)

        return answer_awaited

    def answer(request: Any) -> Any:
        return drive(_hooked(request, get_response), carried(request)[1].perform)

    return answer


def _hooked(request: Any, get_response: Any) -> Script[Any]:
    mounted, given = carried(request)
    hooks, app, own = mounted.hooks, mounted.ambient(request), given.own
    try:
        try:
            yield from hooks.run_before(app, own)
            response = get_response(request)
            if iscoroutinefunction(get_response):
                response = yield from awaited(response)
            return (yield from hooks.run_after(response, app, own))
        finally:
            yield from hooks.run_teardown(None, app, own)
    except Exception as error:
        note(mounted.scenario, own, error)
        raise


def view(request: Any) -> Any:
    """Run the scenario's view on the thread or greenlet that Django calls on."""
    mounted, given = carried(request)
    answer = drive(viewing(mounted.scenario, mounted.ambient(request), given.own), given.perform)
    if is_streamed(answer):
        return StreamingHttpResponse(chunks(answer, given.perform))
    return HttpResponse(answer)


async def view_awaited(request: Any) -> Any:
    """Run the scenario's view on the task that Django calls on."""
    mounted, given = carried(request)
    answer = await drive_async(viewing(mounted.scenario, mounted.ambient(request), given.own), given.perform)
    if is_streamed(answer):
        return StreamingHttpResponse(AwaitedChunks(answer, given.perform))
    return HttpResponse(answer)


class LanguageAndZone:
    """What Django keeps by ambience on every kind of unit, each in an asgiref Local.

    Set by ``override`` and not by a bare ``activate``, which stays on a pooled thread (ticket 22120).
    """

    names: tuple[str, ...] = ("language", "time zone")

    def get(self, name: str) -> str:
        if name == "language":
            found = str(translation.get_language())
            return _unless(found.removeprefix(PRIVATE), LANGUAGE)
        return _unless(str(current_timezone.get_current_timezone_name()), ZONE)

    def override(self, name: str, value: str) -> AbstractContextManager[Any]:
        if name == "language":
            return translation.override(f"{PRIVATE}{value}")  # type: ignore[no-any-return]
        return current_timezone.override(timezone(timedelta(), value))  # type: ignore[no-any-return]


class WithConnection(LanguageAndZone):
    """These and the database connection, which is each thread's or greenlet's own.

    A wrapper round its queries says whose it is, as tenants are told apart. On tasks there is no such setting: Django
    refuses a query on the event loop (SynchronousOnlyOperation), and the connection objects are one thread's.
    """

    names = (*LanguageAndZone.names, "connection")

    def get(self, name: str) -> str:
        if name != "connection":
            return super().get(name)
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT %s", [""])
            return _unless(cursor.fetchone()[0], "")

    def override(self, name: str, value: str) -> AbstractContextManager[Any]:
        if name != "connection":
            return super().override(name, value)

        def tell(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            return execute(sql, [value], many, context)

        return connections["default"].execute_wrapper(tell)  # type: ignore[no-any-return]


def _unless(found: str, default: str) -> str:
    if found == default:
        raise LookupError("the default holds")
    return found
