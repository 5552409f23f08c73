"""A mix-up that a flood saw is handed to the explorer in a process of its own, whatever the app does there."""

from pathlib import Path
from typing import Any

import pytest

from harness.apps.calls import Call, Flow, Traffic
from harness.apps.options import Asked, Place
from harness.apps.pair.handing import hand_over
from harness.core.verdict import Outcome
from tests.doors.shop import write

ME = Call("GET", "/me?{token}")
SHOP = """
    import os, sys, threading, time

    print("an app that says something")
    threading.Thread(target=time.sleep, args=(600,)).start()
    current = None

    def app(environ, start_response):
        global current
        current = environ["QUERY_STRING"]
        time.sleep(0.01)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [current.encode()]

    def dies(environ, start_response):
        print("no more", file=sys.stderr, flush=True)
        os._exit(7)

    def fails(environ, start_response):
        time.sleep(0.01)
        raise LookupError("no database")
"""
LOCAL = """
    import threading, time

    current = threading.local()

    def app(environ, start_response):
        current.query = environ["QUERY_STRING"]
        time.sleep(0.01)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [current.query.encode()]
"""
"""Right where gevent has patched before its import."""


def asked(folder: Path, app: str, source: str = SHOP, server: str = "threaded_pool", **more: Any) -> Asked:
    write(folder, "shop.py", source)
    place = Place(app=app, server=f"harness.servers.{server}:SERVER", app_dir=folder, cwd=folder, **more)
    return Asked(place, Traffic((Flow((ME,)),)))


def test_the_interleaving_is_found_though_the_app_never_ends_by_itself(tmp_path: Path) -> None:
    found, note = hand_over(asked(tmp_path, "shop:app"), "GET /me")
    assert found is not None, note
    assert (found.outcome, note) == (Outcome.MIXED, "")
    assert found.explanation is not None
    assert "was overtaken by" in found.explanation.sentence
    assert "in the body of GET /me" in found.explanation.sentence
    assert {line.file for line in found.explanation.lines if line.file} == {"shop.py"}


@pytest.mark.parametrize(
    ("source", "patch", "outcome"),
    [
        (LOCAL, "late", Outcome.MIXED),
        (LOCAL, "early", Outcome.ISOLATED),
        (SHOP, "late", Outcome.MIXED),
        (SHOP, "early", Outcome.MIXED),
    ],
)
def test_gevent_patches_when_it_was_asked_to(
    tmp_path: Path, source: str, patch: str, outcome: Outcome
) -> None:
    found, note = hand_over(asked(tmp_path, "shop:app", source, "gunicorn_gevent", patch=patch), "GET /me")
    assert found is not None, note
    assert (found.outcome, found.explanation is not None) == (outcome, outcome is Outcome.MIXED), note


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("shop:dies", "its process ended with exit code 7: no more"),
        ("shop:nobody", "there is no 'nobody' in shop"),
        ("shop:fails", "u1 failed: LookupError: no database"),
    ],
)
def test_why_there_is_none_is_noted(tmp_path: Path, app: str, told: str) -> None:
    found, note = hand_over(asked(tmp_path, app), "GET /me")
    assert told in note
    assert found is None or found.explanation is None


def test_what_cannot_be_called_here_is_noted(tmp_path: Path) -> None:
    for more in ({"app": "", "url": "http://127.0.0.1:1"}, {"app": "shop:app", "python": "python9"}):
        found, note = hand_over(asked(tmp_path, **more), "GET /me")
        assert found is None
        assert note.startswith("the interleaving was not searched for: that takes")
