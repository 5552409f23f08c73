"""What a run makes of an app in which something was found: the fewest clients, or a note that says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.apps import running
from harness.apps.calls import Call, Flow, Traffic
from harness.apps.options import Asked, Budget, Place
from harness.apps.running import Running
from harness.core.app_record import AppRun
from harness.core.verdict import Outcome

MIXES = """
import pathlib, sys, time
{first}
class Current: pass
def app(environ, start_response):
    Current.query = environ["QUERY_STRING"]
    time.sleep(0.002)
    start_response("200 OK", [])
    return [Current.query.encode()]
"""
STARTS_ONCE = """
started = pathlib.Path(sys.path[0], "started")
if started.exists():
    print("no second seat")
    raise RuntimeError("the licence is in use")
started.touch()
"""


def tried(folder: Path, first: str = "") -> AppRun:
    (folder / "shop.py").write_text(MIXES.format(first=first))
    place = Place(app="shop:app", server="harness.servers.threaded_pool:SERVER", app_dir=folder, cwd=folder)
    traffic = Traffic((Flow((Call("GET", "/?{token}"),)),))
    asked = Asked(place, traffic, Budget(clients=8, requests=400, seconds=20.0))
    return Running(asked, ("run",), {}, lambda *_: None).run()


def test_the_fewest_clients_that_show_it_are_found_without_a_word(tmp_path: Path) -> None:
    done = tried(tmp_path)
    assert (done.outcome, done.exit_code(), done.smallest, done.tried) == (Outcome.MIXED, 1, 2, (1, 2))
    assert done.repeat.endswith("--clients 2")
    assert not any("fewest" in note for note in done.notes)


def test_an_app_that_cannot_be_started_again_is_told_and_what_was_found_stands(tmp_path: Path) -> None:
    done = tried(tmp_path, STARTS_ONCE)
    assert (done.outcome, done.exit_code(), done.smallest, done.tried) == (Outcome.MIXED, 1, None, ())
    assert done.sightings
    assert "--clients" not in done.repeat
    [note] = [note for note in done.notes if "fewest" in note]
    assert note.startswith("the search for the fewest clients could not be done: ")
    assert note.endswith("importing shop failed: RuntimeError: the licence is in use")


def test_a_search_that_is_interrupted_is_told_and_what_was_found_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(shows: Callable[[int], bool], known: int, budget: int) -> Any:
        assert not shows(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "smallest", interrupted)
    done = tried(tmp_path)
    assert (done.outcome, done.exit_code(), done.smallest) == (Outcome.MIXED, 1, None)
    # Nothing else is begun then.
    assert [note for note in done.notes if "search" in note] == [
        "the search for the fewest clients was interrupted"
    ]
    assert done.explored is None
