"""What the framework's tests share: an App over one good subject, a client for it, and what its storages hold."""

from collections.abc import Callable

import pytest
from werkzeug.test import Client

from harness.framework import App
from localimpl.contextvar import SUBJECT

Held = Callable[[App], list[object]]


def held(app: App) -> list[object]:
    """What the three storages hold that can be seen from here."""
    return [
        found
        for storage in (app.request_contexts, app.app_contexts, app.local)
        if (found := storage.snapshot())
    ]


@pytest.fixture
def app() -> App:
    return App(SUBJECT, secret_key="a secret", name="test")


@pytest.fixture
def client(app: App) -> Client:
    return Client(app)


@pytest.fixture(name="held", scope="session")
def held_fixture() -> Held:
    return held
