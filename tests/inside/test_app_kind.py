"""What kind of app an object is, by what a call of it takes."""

from functools import partial
from typing import Any

import pytest

from harness.inside.app_kind import Kind, kind_of


def wsgi(environ: Any, start_response: Any) -> Any: ...
async def asgi(scope: Any, receive: Any, send: Any) -> None: ...
def returns_a_coroutine(scope: Any, receive: Any, send: Any) -> Any: ...
def factory() -> Any: ...
def factory_with_settings(settings: Any = None, *, debug: bool = False) -> Any: ...
def with_extra(environ: Any, start_response: Any, extra: Any = None) -> Any: ...
def decorated(*args: Any, **kwargs: Any) -> Any: ...
async def decorated_async(*args: Any, **kwargs: Any) -> Any: ...
def view(request: Any) -> Any: ...
def needs_a_keyword(*, settings: Any) -> Any: ...


class Wsgi:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


class Asgi:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class OneForEachRequest:
    def __init__(self, environ: Any, start_response: Any) -> None: ...


class Double:
    def __init__(self, scope: Any) -> None: ...


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (wsgi, Kind.WSGI),
        (with_extra, Kind.WSGI),
        (Wsgi(), Kind.WSGI),
        (Wsgi().__call__, Kind.WSGI),
        (OneForEachRequest, Kind.WSGI),
        (partial(wsgi), Kind.WSGI),
        (asgi, Kind.ASGI),
        (Asgi(), Kind.ASGI),
        (partial(asgi), Kind.ASGI),
        (returns_a_coroutine, Kind.ASGI),
        (decorated_async, Kind.ASGI),
        (factory, Kind.FACTORY),
        (factory_with_settings, Kind.FACTORY),
        (Wsgi, Kind.FACTORY),
        (decorated, Kind.UNCLEAR),
        (view, Kind.NEITHER),
        (Double, Kind.NEITHER),
        (needs_a_keyword, Kind.NEITHER),
        (None, Kind.NEITHER),
    ],
)
def test_the_kind_is_seen(found: Any, kind: Kind) -> None:
    assert kind_of(found) is kind


def test_apps_of_frameworks_are_seen() -> None:
    django = pytest.importorskip("django.core.handlers.wsgi")
    asgi_handler = pytest.importorskip("django.core.handlers.asgi")
    assert kind_of(pytest.importorskip("flask").Flask("here")) is Kind.WSGI
    assert kind_of(django.WSGIHandler.__call__.__get__(object())) is Kind.WSGI
    assert kind_of(asgi_handler.ASGIHandler.__call__.__get__(object())) is Kind.ASGI
    assert kind_of(pytest.importorskip("fastapi").FastAPI()) is Kind.ASGI
    assert kind_of(pytest.importorskip("quart").Quart("here")) is Kind.ASGI
    assert kind_of(pytest.importorskip("starlette.applications").Starlette()) is Kind.ASGI
    assert kind_of(pytest.importorskip("bottle").Bottle()) is Kind.WSGI
    assert kind_of(pytest.importorskip("falcon").App()) is Kind.WSGI
    assert kind_of(pytest.importorskip("pyramid.config").Configurator().make_wsgi_app()) is Kind.WSGI
    assert kind_of(pytest.importorskip("aiohttp.web").Application()) is not Kind.WSGI
