"""What the framework's tests share: an App over one good subject, a client for it, and what its storages hold."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from harness.framework import App
from harness.framework.sessions.guarded import Guarded
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


POSTGRESQL = Path("/usr/lib/postgresql")
"""Where Debian's package puts its versions."""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, which ends with this process."""
    pytest.importorskip(
        "psycopg", reason="the package psycopg is not installed: pip install 'ctxstress[stores]'"
    )
    versions = sorted(POSTGRESQL.glob("*/bin"), key=lambda path: float(path.parent.name))
    if not versions:
        pytest.skip("the package postgresql is not installed: apt-get install postgresql")
    place = Guarded()
    data = place.directory / "data"
    become: list[str] = []
    if os.geteuid() == 0:  # which it refuses to run as
        shutil.chown(place.directory, "postgres")
        become = [
            shutil.which("setpriv") or "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
        ]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    initdb = [str(versions[-1] / "initdb"), "-D", str(data), "-U", "ctxstress", "-A", "trust", "--no-sync"]
    subprocess.run([*become, *initdb], check=True, capture_output=True, cwd=place.directory)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    place.start([*become, str(versions[-1] / "postgres"), "-D", str(data), *options])
    place.stop_listening()
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except ConnectionError:
            time.sleep(0.02)
    yield f"postgresql+psycopg://ctxstress@127.0.0.1:{port}/postgres"
    place.close()
