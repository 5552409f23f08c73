"""Two users of an app in one process: what is a mix-up, and what is let pass, says the oracle of apps."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import pytest

from harness.apps.calls import Call, Flow
from harness.apps.pair.program import Pair
from harness.catalog import controlled_for
from harness.core.control import Watch
from harness.core.exploration import Exploration
from harness.core.verdict import Outcome
from harness.explorer.exploring import explore
from harness.explorer.limits import Limits
from harness.explorer.schedule import Following, run_schedule
from localimpl import Unit

ME = Call("GET", "/me?user={token}")
App = Callable[..., Any]


def asked(query: str | bytes) -> str:
    return parse_qs(query if isinstance(query, str) else query.decode())["user"][0]


def shared() -> App:
    """Keep the user of whoever asked last where all see it, and answer as JSON."""
    kept = {}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kept["user"] = asked(environ["QUERY_STRING"])
        time.sleep(0.01)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"user": kept["user"], "fine": True}).encode()]

    return app


def remembering() -> App:
    """Say who asked last, by design: also to whoever asks first in the next schedule."""
    kept = {"user": "nobody"}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        before = kept["user"]
        time.sleep(0.01)
        kept["user"] = asked(environ["QUERY_STRING"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [before.encode()]

    return app


def failing() -> App:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(0.01)
        raise RuntimeError("no database")

    return app


def on_tasks() -> App:
    """Keep the user as ``shared`` does; stop, as frameworks do that stream, when the client goes away."""
    kept = {}

    async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        kept["user"] = asked(scope["query_string"])
        await receive()
        gone = asyncio.ensure_future(receive())
        await asyncio.sleep(0.01)
        assert not gone.done(), "the client went away"
        gone.cancel()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"x-user", kept["user"].encode())]}
        )
        await send({"type": "http.response.body", "body": b"hello"})

    return app


def explored(app: App, unit: Unit, *allow: str) -> Exploration:
    pair = Pair(app, Flow((ME,)), unit, allow, seed=1)
    return explore(pair, controlled_for(unit).part, Limits(schedules=200))


@pytest.mark.parametrize(
    ("app", "unit", "place"),
    [
        (shared, Unit.THREAD, "body .user"),
        (on_tasks, Unit.TASK, "header X-User"),
    ],
)
def test_anothers_token_is_told_with_its_place(app: Callable[[], App], unit: Unit, place: str) -> None:
    found = explored(app(), unit)
    assert (found.outcome, found.reason) == (Outcome.MIXED, "")
    assert found.explanation is not None
    assert f"in the {place} of GET /me" in found.explanation.sentence


@pytest.mark.parametrize("allow", ["GET /me*", "GET /me* body .user", "GET /me* body .u*: /\\w+/"])
def test_what_is_allowed_at_that_place_is_no_mixup(allow: str) -> None:
    assert explored(shared(), Unit.THREAD, allow).outcome is Outcome.ISOLATED


def test_what_is_allowed_at_another_place_still_is() -> None:
    assert (
        explored(shared(), Unit.THREAD, "GET /me* body .fine", "GET /me* header *").outcome is Outcome.MIXED
    )


def test_requests_that_fail_prove_nothing() -> None:
    found = explored(failing(), Unit.THREAD)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "u1 failed: RuntimeError: no database" in found.reason


def test_what_an_earlier_schedule_left_in_the_app_is_no_mixup_of_this_one() -> None:
    pair = Pair(remembering(), Flow((ME,)), Unit.THREAD, (), seed=1)
    paths = ((0, 1, 0, 1), (0, 1, 0, 1), (0, 0, 1, 1))
    with controlled_for(Unit.THREAD).part.open() as control:
        control.watch(Watch())
        seen = [run_schedule(pair, control, Following(path)).mixup for path in paths]
    # Two that look before either writes see what was left before; of two in turn the second sees the first's.
    assert seen[:2] == [None, None]
    assert seen[2] is not None
    assert seen[2].sentence == "u2 was answered with u1's token in the body of GET /me"
