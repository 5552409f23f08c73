"""Each framework keeps every scenario that it has the means for, and one with a thing broken in it is seen to mix."""

import pytest

from harness.catalog import entries
from harness.core.names import load
from harness.core.record import CellResult
from harness.core.scenario import Means
from harness.core.verdict import Anomaly, Grade, Need, Outcome
from localimpl import Unit
from tests.targets.rows import applicable, results

ROWS = [
    ("flask_app", "threaded_pool"),
    ("flask_app", "gevent_pywsgi"),
    ("django_wsgi", "threaded_pool"),
    ("django_asgi", "uvicorn_asgi"),
    ("bottle_app", "threaded_pool"),
    ("falcon_app", "uvicorn_asgi"),
    ("quart_app", "uvicorn_asgi"),
    ("starlette_app", "uvicorn_asgi"),
    ("starlette_basehttp", "uvicorn_asgi"),
    ("fastapi_async", "uvicorn_asgi"),
    ("fastapi_sync", "uvicorn_asgi"),
    ("aiohttp_app", "aiohttp_web"),
    ("pyramid_app", "threaded_pool"),
    ("flask_session_redis", "threaded_pool"),
    ("flask_session_redis", "gevent_pywsgi"),
    ("flask_session_sqlalchemy", "threaded_pool"),
    ("flask_session_filesystem", "threaded_pool"),
]
SESSIONS = ("flask_session_redis", "flask_session_sqlalchemy", "flask_session_filesystem")
MORE_ROWS = [
    (target, server)
    for target in ("flask_app", "django_wsgi", "bottle_app", "falcon_app", "pyramid_app", *SESSIONS)
    for server in ("wsgiref_single", "threaded", "threaded_pool", "gevent_pywsgi")
    if (target, server) not in ROWS
]
MORE_ROWS += [
    (target, server)
    for target in ("quart_app", "starlette_app", "starlette_basehttp", "fastapi_async", "fastapi_sync")
    for server in ("hypercorn_asgi", "daphne_asgi", "granian_asgi")
]
SLOW = [pytest.param(*row, marks=pytest.mark.slow) for row in MORE_ROWS]


@pytest.mark.parametrize(("name", "server"), [*ROWS, *SLOW])
def test_a_framework_keeps_what_it_has_the_means_for(name: str, server: str) -> None:
    target = f"harness.targets.{name}:TARGET"
    scenarios = applicable(target, server)
    found = results(target, server, scenarios)
    assert {scenario: told(result) for scenario, result in found.items()} == {
        entry.name: (Grade.KEPT, ()) for entry in scenarios
    }
    overlaps = Need.OVERLAP in load(f"harness.servers.{server}:SERVER").offers
    for result in found.values():
        assert result.evidence.entered == result.sent
        assert result.states, "a scenario looked nothing up"
        assert bool(result.evidence.overlap) is overlaps

    for name in LOOKS.keys() & found.keys():
        looked = sum(state.count for state in found[name].states)
        assert looked == LOOKS[name] * found[name].sent, f"not every hook of {name} was called"


LOOKS = {
    "background_task": 4,
    "hooks": 5,
    "hooks_and_signals": 5,
    "raising_view": 3,
    "raising_teardown": 3,
}
"""How many look-ups a request of these scenarios makes, in its view, hooks and receivers together."""


def told(result: CellResult) -> tuple[Grade, tuple[str, ...]]:
    """Return the grade and, for the message of a test that fails, the troubles and strange states."""
    strange = [f"{state.name}: {state.seen} × {state.count}" for state in result.states if not state.expected]
    return result.grade, (*(trouble.text for trouble in result.troubles), *strange)


CONTROLS = [
    ("FLASK", "flask_app", "threaded_pool", "read_back", Anomaly.BLEED),
    ("FLASK", "flask_app", "gevent_pywsgi", "starts_empty", Anomaly.BLEED),
    ("BOTTLE", "bottle_app", "threaded_pool", "read_back", Anomaly.BLEED),
    ("PYRAMID", "pyramid_app", "threaded_pool", "read_back", Anomaly.BLEED),
    ("FALCON", "falcon_app", "uvicorn_asgi", "hooks", Anomaly.BLEED),
    ("DJANGO_WSGI", "django_wsgi", "threaded_pool", "ambient_settings", Anomaly.STALE),
    ("DJANGO_ASGI", "django_asgi", "uvicorn_asgi", "read_back", Anomaly.BLEED),
    ("AIOHTTP", "aiohttp_app", "aiohttp_web", "read_back", Anomaly.BLEED),
    ("AIOHTTP", "aiohttp_app", "aiohttp_web", "streamed_body", Anomaly.BLEED),
    ("QUART", "quart_app", "uvicorn_asgi", "read_back", Anomaly.BLEED),
    ("STARLETTE", "starlette_app", "uvicorn_asgi", "read_back", Anomaly.BLEED),
    ("STARLETTE", "starlette_app", "uvicorn_asgi", "background_task", Anomaly.BLEED),
    ("BASEHTTP_VARS", "starlette_basehttp", "uvicorn_asgi", "raising_view", Anomaly.LOST),
    ("FASTAPI_SYNC_VARS", "fastapi_sync", "uvicorn_asgi", "hooks", Anomaly.LOST),
    ("FASTAPI_SYNC_VARS", "fastapi_sync", "uvicorn_asgi", "streamed_body", Anomaly.LOST),
]


@pytest.mark.parametrize(("control", "name", "server", "scenario", "anomaly"), CONTROLS)
def test_a_framework_with_a_thing_broken_in_it_is_seen_to_mix(
    control: str, name: str, server: str, scenario: str, anomaly: Anomaly
) -> None:
    target = f"tests.targets.crooked_targets:{control}"
    scenarios = [entry for entry in applicable(target, server) if entry.name == scenario]
    (result,) = results(target, server, scenarios, subject=f"harness.targets.{name}:SUBJECT").values()
    assert (result.outcome, result.grade) == (Outcome.MIXED, Grade.BROKEN)
    assert {finding.anomaly for finding in result.findings if finding.count} >= {anomaly}


@pytest.mark.parametrize(
    ("near_miss", "name", "scenarios"),
    [
        ("STARLETTE_VARS", "starlette_app", {"hooks", "raising_view"}),
        ("BASEHTTP_VARS", "starlette_basehttp", {"hooks"}),  # what is set outside is copied inside
        ("FASTAPI_ASYNC_VARS", "fastapi_async", {"hooks", "raising_view"}),
        ("FASTAPI_SYNC_VARS", "fastapi_sync", {"read_back"}),
    ],
)
def test_a_contextvar_is_kept_as_far_as_its_own_context_goes(
    near_miss: str, name: str, scenarios: set[str]
) -> None:
    target = f"tests.targets.crooked_targets:{near_miss}"
    chosen = [entry for entry in applicable(target, "uvicorn_asgi") if entry.name in scenarios]
    found = results(target, "uvicorn_asgi", chosen, subject=f"harness.targets.{name}:SUBJECT")
    assert {scenario: told(result) for scenario, result in found.items()} == dict.fromkeys(
        scenarios, (Grade.KEPT, ())
    )


def test_quart_loses_what_its_row_says_and_no_request() -> None:
    target = "harness.targets.quart_app:TARGET"
    exempt = load("harness.targets.quart_app:SUBJECT").promise.exempt
    chosen = [entry for entry in entries("scenario") if (Unit.TASK, entry.name) in exempt]
    assert {entry.name for entry in chosen} == {"streamed_body", "disconnect"}
    for result in results(target, "uvicorn_asgi", chosen).values():
        assert {finding.anomaly for finding in result.findings if finding.count} == {Anomaly.LOST}
        assert not result.troubles


def test_a_language_is_reset_for_each_request_and_a_time_zone_is_not() -> None:
    """LocaleMiddleware activates a language whenever a request comes; nothing of Django's does so for time zones."""
    target = "tests.targets.crooked_targets:DJANGO_WSGI"
    scenarios = [entry for entry in applicable(target, "threaded_pool") if entry.name == "ambient_settings"]
    (result,) = results(
        target, "threaded_pool", scenarios, subject="harness.targets.django_wsgi:SUBJECT"
    ).values()
    stale = {state.name for state in result.states if "already over" in state.seen}
    assert stale == {"time zone"}  # and the connection is set back, by what is not broken here


@pytest.mark.parametrize("name", sorted({name for name, _ in [*ROWS, *MORE_ROWS]}))
def test_a_framework_says_which_means_it_lacks(name: str) -> None:
    target = load(f"harness.targets.{name}:TARGET")
    assert Means.ANYWHERE not in target.means
    assert {Means.LOCAL, Means.G, Means.REQUEST, Means.HOOKS, Means.STREAM} <= target.means
    assert (Means.SETTINGS in target.means) is name.startswith("django")
