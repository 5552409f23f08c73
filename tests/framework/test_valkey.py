"""The server and the files of our own end with whoever asked for them, however that ends, and leave nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from harness.core.errors import UserError
from harness.framework.sessions import places, valkey
from harness.framework.sessions.valkey import Valkey

ASKS = """
import sys
if "patched" in sys.argv:
    from gevent import monkey
    monkey.patch_all()
from harness.framework.sessions.places import redis_url, sql_url
import os, time
print(redis_url(), sql_url().removeprefix("sqlite:///"), flush=True)
"""
FORKS = (
    ASKS
    + """
if os.fork():
    os._exit(0)
sys.stdin.readline()
"""
)
WAITS = ASKS + "sys.stdin.readline()\n"


def start(program: str, *arguments: str) -> tuple["subprocess.Popen[str]", str, Path]:
    """Run a program that asks for both places; the process, the server's URL and the file."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("CTXSTRESS_")}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    )
    assert process.stdout is not None
    url, file = process.stdout.readline().split()
    return process, url, Path(file)


def listens(url: str) -> bool:
    port = urlsplit(url).port
    assert port is not None
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionError:
        return False
    return True


def is_gone(url: str, file: Path) -> bool:
    """Wait until neither is there; it takes milliseconds, and seconds on a busy machine."""
    for _ in range(2000):
        if not listens(url) and not file.parent.exists():
            return True
        time.sleep(0.005)
    return False


def close(process: "subprocess.Popen[str]") -> None:
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()
    process.wait()


@pytest.mark.parametrize("patched", [(), ("patched",)], ids=["plain", "patched"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_all_ends_with_its_process(end: signal.Signals | None, patched: tuple[str, ...]) -> None:
    process, url, file = start(WAITS, *patched)
    assert listens(url)
    assert file.parent.is_dir()
    if end is not None:
        process.send_signal(end)
    close(process)
    assert is_gone(url, file)


def test_all_lasts_as_long_as_a_fork_that_uses_it() -> None:
    process, url, file = start(FORKS)
    process.wait()
    assert process.stdin is not None
    time.sleep(0.1)
    assert listens(url)
    assert file.parent.is_dir()
    close(process)
    assert is_gone(url, file)


def test_it_is_reached_with_its_password_only_and_keeps_nothing_on_disk() -> None:
    server = Valkey()
    client = redis.Redis.from_url(server.url)
    client.set("a", "1")
    assert client.config_get("save") == {"save": ""}
    assert client.config_get("appendonly") == {"appendonly": "no"}
    assert client.config_get("bind") == {"bind": "127.0.0.1"}
    directory = Path(str(client.config_get("dir")["dir"]))
    assert [each.name for each in directory.iterdir()] == ["valkey.conf"]
    assert directory.stat().st_mode & 0o077 == 0, "others could read the password"
    stranger = redis.Redis(port=urlsplit(server.url).port or 0)
    with pytest.raises(redis.AuthenticationError):
        stranger.get("a")
    client.close()
    stranger.close()
    server.close()
    assert not directory.exists()
    assert not listens(server.url)


def test_a_port_that_somebody_else_took_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken: int = other.getsockname()[1]
        ports = iter([taken, taken, valkey._free_port()])
        monkeypatch.setattr(valkey, "_free_port", lambda: next(ports))
        server = Valkey()
        assert urlsplit(server.url).port != taken
        assert next(ports, None) is None
        server.close()


def test_a_server_that_cannot_start_is_an_error_that_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in = tmp_path / "valkey-server"
    stand_in.write_text("#!/bin/sh\necho 'no such luck' >&2\n", encoding="utf-8")
    stand_in.chmod(0o755)
    monkeypatch.setattr(valkey, "_binary", lambda: str(stand_in))
    with pytest.raises(UserError, match=r"said: no such luck\n.*--redis-url"):
        Valkey()


def test_the_environment_names_places_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.REDIS_URL, "redis://host/0")
    monkeypatch.setenv(places.SQL_URL, "sqlite:////tmp/somewhere.sqlite")
    assert places.redis_url() == "redis://host/0"
    assert places.sql_url() == "sqlite:////tmp/somewhere.sqlite"


def test_a_process_asks_for_its_own_places_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(places.REDIS_URL, raising=False)
    monkeypatch.delenv(places.SQL_URL, raising=False)
    assert places.redis_url() == places.redis_url()
    assert places.sql_url() == places.sql_url()
