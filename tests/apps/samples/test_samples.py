"""Twelve sound apps are found sound on each server that fits; each has a twin whose one fault is found and named."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from harness.core.app_record import Sign, app_from_json
from harness.core.verdict import Outcome
from tests.doors.command import run

APPS = Path(__file__).parent
WSGI = ("threaded_pool", "gevent_pywsgi")
ASGI = ("uvicorn_asgi",)
MORE_WSGI = ("gunicorn_gthread", "gunicorn_gevent", "waitress_threads")
MORE_ASGI = ("hypercorn_asgi",)
ORDER = (
    'GET /order capture csrf=body:/name=csrf value="([^"]+)"/'
    " -> POST /order body: csrf={csrf}&item={token}&address={token:address}"
    r" capture number=header:Location/\/orders\/(\w+)/ -> GET /orders/{number}"
)
BASKET = "GET /basket?owner={token}&lang={choice:en|de|fr}"

PRINT = (
    "GET /print?t={token}&ink={choice:red|blue|black}&size={choice:a3|a4|a5}&sides={choice:1|2|4}"
    "&as={choice:pdf|png|svg}"
)


@dataclass(frozen=True)
class Sample:
    app: str
    requests: tuple[str, ...]
    fault: tuple[str, frozenset[Sign]]
    """The endpoint at which the twin's fault shows, and the signs of which each says what is wrong."""
    allow: tuple[str, ...] = ()
    servers: tuple[str, ...] = WSGI
    more: tuple[str, ...] = MORE_WSGI
    shown_on: str = ""
    """The server that the twin needs; by default the first."""


TOKENS = frozenset({Sign.FOREIGN, Sign.CROSSED})
SAMPLES = (
    Sample(
        "login_flask:app",
        ("POST /login body: name={user} -> GET /me -> POST /logout",),
        ("GET /me", TOKENS),
    ),
    Sample(
        "csrf_flask:app",
        (ORDER,),
        ("GET /orders/{number}", TOKENS),
    ),
    Sample(
        "notes_django:wsgi",
        ("POST /login body: name={user} -> POST /write body: text={token} -> GET /mine",),
        ("POST /write", TOKENS),
    ),
    Sample(
        "notes_django:asgi",
        ("POST /login body: name={user} -> POST /write body: text={token} -> GET /mine",),
        ("POST /write", TOKENS),
        servers=ASGI,
        more=MORE_ASGI,
    ),
    Sample(
        "accounts_fastapi:app",
        (
            "GET /balance Authorization: Bearer {token}",
            "GET /statement?month={choice:may|june} Authorization: Bearer {user}",
            "GET /balance",
        ),
        ("GET /balance", TOKENS),
        servers=ASGI,
        more=MORE_ASGI,
    ),
    Sample(
        "gallery_starlette:app",
        ("GET /pictures X-Tenant: {token}", "GET /cover X-Tenant: {user}"),
        ("GET /pictures", TOKENS),
        servers=ASGI,
        more=MORE_ASGI,
    ),
    Sample(
        "chat_quart:app",
        ("POST /enter body: room={token} -> GET /room", "GET /lobby"),
        ("GET /room", TOKENS),
        servers=ASGI,
        more=MORE_ASGI,
    ),
    Sample(
        "basket_asgi:app",
        (BASKET, "GET /offers?lang={choice:en|de|fr}"),
        ("GET /offers", frozenset({Sign.FOREIGN, Sign.SHARED_COOKIE})),
        servers=ASGI,
        more=MORE_ASGI,
    ),
    Sample(
        "tickets_bottle:app",
        ("GET /ticket/{token}?holder={user} -> GET /last",),
        ("GET /ticket/{token}", TOKENS),
        shown_on="gevent_pywsgi",
    ),
    Sample(
        "greeting_wsgi:app",
        ("GET /hello X-Name: {token}", "GET /visit", "GET /packed X-Name: {user} Accept-Encoding: gzip"),
        ("GET /visit", TOKENS),
    ),
    Sample(
        "orders_wsgi:app",
        ("GET /order?name={token}&lang={choice:en|fr|it}",),
        ("GET /order", frozenset({Sign.DIFFERS})),
    ),
    Sample(
        "balanced_wsgi:app",
        (
            "GET /start?t={token} -> GET /next?t={token}",
            "GET /one?t={token} -> GET /two?t={token} -> GET /three?t={token}",
            "GET /offer/{choice:lamp|desk}?t={token}",
            PRINT,
        ),
        ("GET /next", TOKENS),
    ),
    Sample(
        "shop_flask:app",
        (
            "GET /prices?customer={user}",
            "GET /prices?customer={token} Accept-Encoding: gzip",
            "POST /board body: author={user}&text={token} -> GET /board?page=1",
            "GET /board?page={choice:1|2|3}",
            "GET /item/{choice:lamp|desk}?who={token}",
            "GET /search?q={token}&who={user}",
            "GET /export?owner={token} Accept-Encoding: gzip",
        ),
        ("GET /prices", TOKENS),
        allow=("GET /board",),
    ),
)


def words(sample: Sample, server: str, requests: int, *more: str) -> list[str]:
    said = ["run", "--app", sample.app, "--app-dir", str(APPS), "--server", server, "--json"]
    said += [word for text in sample.requests for word in ("--request", text)]
    said += [word for text in sample.allow for word in ("--allow", text)]
    return [*said, "--requests", str(requests), "--seconds", "60", *more]


def pairs(all_servers: bool) -> list[ParameterSet]:
    return [
        pytest.param(sample, server, id=f"{sample.app}-{server}")
        for sample in SAMPLES
        for server in (sample.servers + sample.more if all_servers else sample.servers[:1])
    ]


def is_sound(folder: Path, sample: Sample, server: str, requests: int) -> None:
    code, out, err = run(folder, *words(sample, server, requests))
    assert "{" in out, err
    done = app_from_json(out, "stdout")
    assert (code, done.outcome) == (0, Outcome.ISOLATED), json.dumps(json.loads(out)["sightings"], indent=1)
    # It was pressed in every way, and no endpoint went unanswered.
    assert len(done.rounds) == 8
    assert not any(each.signs for each in done.rounds)
    assert sum(each.answered for each in done.rounds) > requests * 0.8
    assert all(each.answered and not each.mixed and not each.failed for each in done.endpoints)


@pytest.mark.parametrize(("sample", "server"), pairs(all_servers=False))
def test_nothing_is_found_in_a_sound_app(tmp_path: Path, sample: Sample, server: str) -> None:
    is_sound(tmp_path, sample, server, 1200)


@pytest.mark.slow
@pytest.mark.parametrize(("sample", "server"), pairs(all_servers=True))
def test_nothing_is_found_in_a_sound_app_in_a_full_run(tmp_path: Path, sample: Sample, server: str) -> None:
    is_sound(tmp_path, sample, server, 6000)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.app)
def test_the_fault_of_its_twin_is_found_and_named(tmp_path: Path, sample: Sample) -> None:
    server = sample.shown_on or sample.servers[0]
    code, out, err = run(tmp_path, *words(sample, server, 3000, "--env", "BROKEN=1"))
    assert code == 1, err or out
    done = app_from_json(out, "stdout")
    endpoint, signs = sample.fault
    assert any(each.endpoint == endpoint and each.sign in signs for each in done.sightings), [
        (each.endpoint, each.sign) for each in done.sightings
    ]
    assert done.smallest is not None


def test_what_is_too_rare_to_be_told_from_chance_is_no_finding(tmp_path: Path) -> None:
    said = ["run", "--app", "banner_wsgi:app", "--app-dir", str(APPS), "--json"]
    said += ["--request", "GET /?name={token}", "--requests", "3000"]
    code, out, err = run(tmp_path, *said)
    assert "{" in out, err
    done = app_from_json(out, "stdout")
    assert (code, done.outcome) == (2, Outcome.INCONCLUSIVE)
    assert "which chance may explain" in done.reason
    assert {(each.endpoint, each.sign) for each in done.sightings} == {("GET /", Sign.DIFFERS)}
    assert done.smallest is None
    # It did not end the search.
    assert len(done.rounds) == 8
    [doubt, hint] = done.notes
    assert re.fullmatch(
        r"GET /, body: unlike alone in 1 of 3,\d+ requests, and in none of 1,[56]\d\d sent alone; .* in \d+% of all .*",
        doubt,
    )
    assert hint.endswith("say --allow 'GET / body'")
    code, out, err = run(tmp_path, *said, "--allow", "GET / body")
    assert (code, app_from_json(out, "stdout").outcome) == (0, Outcome.ISOLATED), err


@pytest.mark.slow
def test_who_comes_behind_a_queue_that_others_left_is_waited_for(tmp_path: Path) -> None:
    said = [
        "run",
        "--app",
        "counter_wsgi:app",
        "--app-dir",
        str(APPS),
        "--server",
        "waitress_threads",
        "--json",
    ]
    said += ["--request", "GET /?name={token}", "--pressure", "time-outs", "--pressure", "together"]
    code, out, err = run(tmp_path, *said, "--requests", "2000", "--seconds", "20")
    assert "{" in out, err
    done = app_from_json(out, "stdout")
    # More was left behind than is served in the ten seconds for which a client waits.
    assert sum(each.sent - each.answered for each in done.rounds if each.pressure == "time-outs") > 500
    assert (code, done.outcome) == (0, Outcome.ISOLATED), json.dumps(json.loads(out)["sightings"], indent=1)
