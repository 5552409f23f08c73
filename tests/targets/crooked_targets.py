"""Real frameworks with one thing broken in each, which their targets must bring to light."""

import contextvars
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from harness.core.ports import Mounted
from harness.core.scenario import Scenario
from harness.targets import (
    aiohttp_app,
    bottle_app,
    django_asgi,
    django_wsgi,
    falcon_app,
    fastapi_async,
    fastapi_sync,
    flask_app,
    pyramid_app,
    quart_app,
    starlette_app,
    starlette_basehttp,
)
from localimpl import Subject


class GlobalVar:
    """A ContextVar that is the same in every context."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: Any = None

    def get(self, *default: Any) -> Any:
        if self.value is None:
            if default:
                return default[0]
            raise LookupError(self.name)
        return self.value

    __call__ = get

    def set(self, value: Any) -> Any:
        before, self.value = self.value, value
        return before

    def reset(self, before: Any) -> None:
        self.value = before


def flask_over_globals(subject: Subject, scenario: Scenario) -> Mounted:
    """Flask with a global in the place of each of its two ContextVars."""
    import werkzeug.local  # noqa: F401  # it shall keep the real class

    with mock.patch.object(contextvars, "ContextVar", GlobalVar):
        import flask.globals
    assert isinstance(flask.globals._cv_request, GlobalVar)
    return flask_app.mount(subject, scenario)


def bottle_over_globals(subject: Subject, scenario: Scenario) -> Mounted:
    """Bottle whose request has one environ for all threads."""
    import bottle  # type: ignore[import-untyped]

    held = SimpleNamespace(environ=None)
    bottle.LocalRequest.environ = property(
        lambda _: held.environ, lambda _, environ: setattr(held, "environ", environ)
    )
    return bottle_app.mount(subject, scenario)


def pyramid_over_globals(subject: Subject, scenario: Scenario) -> Mounted:
    """Pyramid whose stack of requests is one for all threads."""
    from pyramid import threadlocal  # type: ignore[import-untyped]

    class Shared:
        __init__ = threadlocal.ThreadLocalManager.__init__
        push = threadlocal.ThreadLocalManager.push
        pop = threadlocal.ThreadLocalManager.pop
        get = threadlocal.ThreadLocalManager.get

    threadlocal.manager = Shared(default=threadlocal.defaults)
    return pyramid_app.mount(subject, scenario)


def falcon_with_state_on_the_resource(subject: Subject, scenario: Scenario) -> Mounted:
    """Falcon where the view keeps its user on its resource, of which there is one for all requests."""
    resource = SimpleNamespace()
    explicit = falcon_app.ambient

    def ambient(request: Any) -> Any:
        app = explicit(request)
        app.g = resource
        return app

    falcon_app.ambient = ambient
    return falcon_app.mount(subject, scenario)


def _activated_without_reset() -> None:
    from harness.targets._django import LanguageAndZone

    right = LanguageAndZone.override

    @contextmanager
    def activate(self: Any, name: str, value: str) -> Any:
        right(self, name, value).__enter__()
        yield

    LanguageAndZone.override = activate  # type: ignore[method-assign]


def django_without_reset(subject: Subject, scenario: Scenario) -> Mounted:
    """Django where a view activates language and zone and leaves them: ticket 22120."""
    _activated_without_reset()
    return django_wsgi.mount(subject, scenario)


def django_with_attributes_on_the_view(subject: Subject, scenario: Scenario) -> Mounted:
    """Django where a view keeps its user on an object of its module."""
    from harness.targets import _django

    shared = SimpleNamespace()
    explicit = _django.MountedDjango.ambient

    def ambient(self: Any, request: Any) -> Any:
        app = explicit(self, request)
        app.g = shared
        return app

    _django.MountedDjango.ambient = ambient  # type: ignore[method-assign]
    return django_asgi.mount(subject, scenario)


def quart_over_globals(subject: Subject, scenario: Scenario) -> Mounted:
    """Quart with a global in the place of each of its ContextVars."""
    import flask.globals  # noqa: F401
    import werkzeug.local  # noqa: F401  # these two shall keep the real class

    with mock.patch.object(contextvars, "ContextVar", GlobalVar):
        import quart.globals
    assert isinstance(quart.globals._cv_request, GlobalVar)
    return quart_app.mount(subject, scenario)


class Vars:
    """A namespace of ContextVars, one for each name, as many an app keeps its current user."""

    def __init__(self) -> None:
        object.__setattr__(self, "_vars", {})

    def __getattr__(self, name: str) -> Any:
        return self._vars[name].get()

    def __setattr__(self, name: str, value: Any) -> None:
        # Found or made in one go: of two that threads make at the same time, one would take its value with it.
        self._vars.setdefault(name, contextvars.ContextVar(name)).set(value)


def _with_g(shared: Any) -> None:
    """Give all of Starlette's requests this ``g`` in the place of their state, and storage there."""
    from harness.targets import _starlette
    from harness.targets._held import HeldLocal

    right = _starlette.Handed.__init__

    def init(self: Any, request: Any, tasks: Any) -> None:
        right(self, request, tasks)
        self.g = shared
        self.local = NamedLocal(shared)

    class NamedLocal(HeldLocal):
        __slots__ = ("_shared",)

        def __init__(self, shared: Any) -> None:
            self._shared = shared

        def get(self, name: str, /) -> Any:
            return getattr(self._shared, f"local_{name}")

        def set(self, name: str, value: Any, /) -> None:
            setattr(self._shared, f"local_{name}", value)

    _starlette.Handed.__init__ = init  # type: ignore[method-assign]


def starlette_with_a_module_global(subject: Subject, scenario: Scenario) -> Mounted:
    """Starlette where a view keeps its user on an object of its module, not in the request's state."""
    _with_g(SimpleNamespace())
    return starlette_app.mount(subject, scenario)


def starlette_with_vars(subject: Subject, scenario: Scenario) -> Mounted:
    """Starlette with ContextVars, on the one task of each request."""
    _with_g(Vars())
    return starlette_app.mount(subject, scenario)


def basehttp_with_vars(subject: Subject, scenario: Scenario) -> Mounted:
    """A BaseHTTPMiddleware that looks for a ContextVar which the view set on its child task: starlette #1081."""
    _with_g(Vars())
    return starlette_basehttp.mount(subject, scenario)


def fastapi_async_with_vars(subject: Subject, scenario: Scenario) -> Mounted:
    """FastAPI whose ``async def`` dependency sets a ContextVar for the view."""
    _with_g(Vars())
    return fastapi_async.mount(subject, scenario)


def fastapi_sync_with_vars(subject: Subject, scenario: Scenario) -> Mounted:
    """FastAPI whose ``def`` dependency sets a ContextVar, in a copy of the context that no view is called in."""
    _with_g(Vars())
    return fastapi_sync.mount(subject, scenario)


def aiohttp_with_state_on_the_app(subject: Subject, scenario: Scenario) -> Mounted:
    """aiohttp where a view keeps its user on its application, of which there is one for all requests."""
    from harness.targets import _aiohttp

    shared = SimpleNamespace()
    explicit = _aiohttp.MountedAiohttp.ambient

    def ambient(self: Any, request: Any) -> Any:
        app = explicit(self, request)
        app.g = shared
        return app

    _aiohttp.MountedAiohttp.ambient = ambient  # type: ignore[method-assign]
    return aiohttp_app.mount(subject, scenario)


AIOHTTP = replace(aiohttp_app.TARGET, mount=aiohttp_with_state_on_the_app)
QUART = replace(quart_app.TARGET, mount=quart_over_globals)
STARLETTE = replace(starlette_app.TARGET, mount=starlette_with_a_module_global)
STARLETTE_VARS = replace(starlette_app.TARGET, mount=starlette_with_vars)
BASEHTTP_VARS = replace(starlette_basehttp.TARGET, mount=basehttp_with_vars)
FASTAPI_ASYNC_VARS = replace(fastapi_async.TARGET, mount=fastapi_async_with_vars)
FASTAPI_SYNC_VARS = replace(fastapi_sync.TARGET, mount=fastapi_sync_with_vars)
FLASK = replace(flask_app.TARGET, mount=flask_over_globals)
BOTTLE = replace(bottle_app.TARGET, mount=bottle_over_globals)
PYRAMID = replace(pyramid_app.TARGET, mount=pyramid_over_globals)
FALCON = replace(falcon_app.TARGET, mount=falcon_with_state_on_the_resource)
DJANGO_WSGI = replace(django_wsgi.TARGET, mount=django_without_reset)
DJANGO_ASGI = replace(django_asgi.TARGET, mount=django_with_attributes_on_the_view)


def without_its_package(subject: Subject, scenario: Scenario) -> Mounted:
    """A framework that is not installed."""
    import no_such_framework  # type: ignore[import-not-found]

    return no_such_framework.mounted()  # type: ignore[no-any-return]


MISSING = replace(flask_app.TARGET, mount=without_its_package, module="no_such_framework")
