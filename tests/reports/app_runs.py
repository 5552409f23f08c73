"""Made-up runs against an app for the reports: mixed, clean, inconclusive in two ways, and each single sign."""

from dataclasses import replace

from harness.core.app_record import APP_SCHEMA, AppRun, Endpoint, Round, Sighting, Sign, Who
from harness.core.record import Ending
from harness.core.verdict import Anomaly, Outcome

ORDERS, LOGIN, LIST = "GET /orders/{token}", "POST /login", "GET /products"
COMMAND = (
    "ctxstress run --app shop.wsgi:app --server gunicorn_gevent "
    "--request 'GET /orders/{token} Cookie: sid={user}' --request 'POST /login' --request 'GET /products'"
)
REPEAT = (
    "ctxstress run --app shop.wsgi:app --server gunicorn_gevent --clients 2 --pressure io-delay --seed 1 "
    "--request 'GET /orders/{token} Cookie: sid={user}'"
)
MINE, HERS = "t7f1c9ad204be6", "t3e805bb17a92d"
ALONE = (
    '200 OK\nContent-Type: application/json\nX-Request-Id: ▒▒▒▒\n\n{"order": "{token}", "owner": "{user}", '
    '"items": 3,\n "at": "▒▒▒▒"}'
)


def request(token: str, user: str) -> str:
    return f"GET /orders/{token} HTTP/1.1\nHost: 127.0.0.1\nCookie: sid={user}-5d0c11f2\nAccept: */*"


def answer(token: str, user: str) -> str:
    return (
        "200 OK\nContent-Type: application/json\nX-Request-Id: 6f1c\n\n"
        f'{{"order": "{token}", "owner": "{user}-5d0c11f2", "items": 3,\n "at": "11:02:17"}}'
    )


VICTIM = Who("u7", "u7v12", MINE, "greenlet-4", request(MINE, "u7"), answer(HERS, "u7"), 0.2961, 0.3125)
OWNER = Who("u3", "u3v9", HERS, "greenlet-2", request(HERS, "u3"), answer(HERS, "u3"), 0.3004, 0.3198)
FOREIGN = Sighting(
    sign=Sign.FOREIGN,
    anomaly=Anomaly.BLEED,
    endpoint=ORDERS,
    victim=VICTIM,
    owner=OWNER,
    where="body",
    shown=f'{{"order": "{HERS}", "owner": "u7-5d0c11f2", "it',
    expected='{"order": "{token}", "owner": "{user}", "it',
    pressure="io-delay",
    clients=8,
    at=12,
    seconds=0.3125,
    value=HERS,
)


def another(number: int, anomaly: Anomaly | None = Anomaly.BLEED, **changes: object) -> Sighting:
    """A further sighting of the same kind between other users."""
    token = f"t{number}aa0117bb92cd"
    victim = replace(VICTIM, user=f"u{number}", visit=f"u{number}v{number + 30}", entered=0.4, left=0.41)
    owner = replace(
        OWNER, user="u1", visit=f"u1v{number}", token=token, entered=0.1 * number, left=0.1 * number + 0.01
    )
    sighting = replace(FOREIGN, victim=victim, owner=owner, anomaly=anomaly, at=12 + number, value=token)
    return replace(sighting, shown=f'{{"order": "{token}", "ow', **changes)  # type: ignore[arg-type]


FAILED = Sighting(
    sign=Sign.FAILED,
    anomaly=None,
    endpoint=LOGIN,
    victim=Who(
        "u2", "u2v40", "t2b90c11de77aa", "greenlet-9", "POST /login HTTP/1.1\n\nname=u2", "", 1.2, 1.3
    ),
    owner=None,
    where="status line",
    shown="500 Internal Server Error",
    expected="200 OK",
    pressure="barrier",
    clients=8,
    at=731,
    seconds=4.1,
)
LEFT_BEHIND = Sighting(
    sign=Sign.LEFT_BEHIND,
    anomaly=Anomaly.STALE,
    endpoint=ORDERS,
    victim=replace(VICTIM, entered=0.8961, left=0.9125),
    owner=OWNER,
    where="shop.cart:CURRENT",
    shown=f"{{'order': '{HERS}'}}",
    expected="",
    pressure="io-delay",
    clients=8,
    at=40,
    seconds=0.9,
    value=HERS,
)
DIFFERS = replace(
    FOREIGN,
    sign=Sign.DIFFERS,
    anomaly=None,
    owner=None,
    value="",
    victim=replace(VICTIM, got='200 OK\n\n{"order": null, "items": 0}'),
    shown='{"order": null, "items": 0}',
    at=377,
    seconds=2.2,
)

ENDPOINTS = (
    Endpoint(ORDERS, 2012, 2000, 41, 0, {"200": 2000}, ("header X-Request-Id", "body: at"), ("body",), ALONE),
    Endpoint(
        LOGIN,
        2000,
        1993,
        0,
        7,
        {"200": 1988, "500": 7},
        ("cookie csrf",),
        ("cookie sid",),
        "200 OK\n\nwelcome",
    ),
    Endpoint(LIST, 2008, 2008, 0, 0, {"200": 2008}, (), (), "200 OK\n\n[…]"),
)
ROUNDS = (
    Round("plain", "Nothing but many requests at once.", 8, 2000, 2000, 1.1, 1702, 1990, {}),
    Round(
        "io-delay", "Each wait of the app for I/O takes 1 to 5 ms longer.", 8, 2010, 2000, 6.2, 1996, 1992, {}
    ),
    Round("barrier", "Requests start in the same instant.", 8, 2010, 2001, 3.4, 2001, 1993, {}),
)
PRESSED = (
    ROUNDS[0],
    replace(ROUNDS[1], signs={str(Sign.FOREIGN): 38, str(Sign.CROSSED): 0}),
    replace(ROUNDS[2], signs={str(Sign.FOREIGN): 3, str(Sign.FAILED): 7}),
)
CLEAN = AppRun(
    schema=APP_SCHEMA,
    version="0.3.0",
    command=COMMAND,
    app="shop.wsgi:app",
    server="gunicorn_gevent",
    server_summary="gunicorn with gevent workers: a greenlet for each connection",
    seed=1,
    options={"clients": 8, "requests": 2000, "io_delay": "1-5 ms"},
    environment={"python": "CPython 3.11.7", "platform": "Linux x86-64", "processors": "2", "flask": "3.1.2"},
    started="2026-11-21T11:02:17+00:00",
    seconds=14.2,
    interrupted=False,
    ending=Ending.JUDGED,
    outcome=Outcome.ISOLATED,
    reason="",
    log="",
    stamped=True,
    endpoints=tuple(
        replace(each, mixed=0, failed=0, answered=each.sent, statuses={"200": each.sent})
        for each in ENDPOINTS
    ),
    rounds=tuple(replace(each, answered=each.sent) for each in ROUNDS),
    allowed={"/products names of sellers": 1204},
    tried=(),
    bound=0.000525,
    repeat=COMMAND,
    notes=("The probe is not in the app, so its variables were not looked at: add one line of middleware.",),
)
MIXED = replace(
    CLEAN,
    outcome=Outcome.MIXED,
    endpoints=ENDPOINTS,
    rounds=PRESSED,
    sightings=(FOREIGN, another(5), another(6, Anomaly.STALE), replace(LEFT_BEHIND, count=12), FAILED),
    smallest=2,
    tried=(2, 4),
    bound=None,
    repeat=REPEAT,
)
LOG = """[2026-11-21 11:02:17 +0000] [INFO] Starting gunicorn
Traceback (most recent call last):
  File "/srv/shop/wsgi.py", line 3, in <module>
    DATABASE = os.environ["DATABASE_URL"]
KeyError: 'DATABASE_URL'
[2026-11-21 11:02:18 +0000] [ERROR] Worker failed to boot."""
DIFFERING = replace(
    MIXED, sightings=(DIFFERS,), endpoints=(replace(ENDPOINTS[0], mixed=3), *ENDPOINTS[2:]), smallest=None
)
RUNS = {
    "mixed": MIXED,
    "clean": CLEAN,
    "all_500": replace(
        CLEAN,
        outcome=Outcome.INCONCLUSIVE,
        reason="each of the 3 endpoints answered 500 also when it was sent alone; look at the app's log, and give "
        "what it needs with --env NAME=VALUE.",
        endpoints=tuple(
            replace(each, sent=6, answered=6, mixed=0, failed=0, failed_alone=6, statuses={"500": 6})
            for each in ENDPOINTS
        ),
        rounds=(),
        bound=None,
        log="KeyError: 'SECRET_KEY'",
    ),
    "no_start": replace(
        CLEAN,
        ending=Ending.CRASHED,
        outcome=Outcome.INCONCLUSIVE,
        reason="it did not start: KeyError: 'DATABASE_URL'; set it with --env DATABASE_URL=VALUE.",
        log=LOG,
        endpoints=(),
        rounds=(),
        allowed={},
        bound=None,
        stamped=False,
    ),
    "differs": DIFFERING,
    "doubtful": replace(
        DIFFERING,
        outcome=Outcome.INCONCLUSIVE,
        reason="3 answers of GET /orders/{token} differed from those it gets alone, which chance may explain.",
        tried=(),
    ),
    "left_behind": replace(
        MIXED,
        sightings=(LEFT_BEHIND,),
        endpoints=tuple(replace(each, mixed=0, failed=0) for each in ENDPOINTS),
        rounds=(ROUNDS[0], replace(ROUNDS[1], signs={str(Sign.LEFT_BEHIND): 57})),
        smallest=1,
    ),
    "interrupted": replace(
        CLEAN, interrupted=True, rounds=ROUNDS[:1], outcome=Outcome.INCONCLUSIVE, bound=None
    ),
}


SEEN = {
    sign: next(
        (each for each in (FAILED, LEFT_BEHIND, DIFFERS) if each.sign is sign), replace(FOREIGN, sign=sign)
    )
    for sign in Sign
}
"""One sighting of each sign."""
EVIL = '</script><script>alert("x")</script>&lt;{{ 7 * 7 }}\x1b[31m\u202e'
"""What an app might answer to harm whoever reads its report."""


def spoilt(run: AppRun) -> AppRun:
    """The same run with hostile text wherever text can come from outside."""

    def bad(who: Who) -> Who:
        return replace(who, user=EVIL, visit=EVIL, token=EVIL, unit=EVIL, sent=EVIL, got=EVIL * 2)

    sightings = [
        replace(
            each,
            endpoint=EVIL,
            victim=bad(each.victim),
            owner=each.owner and bad(each.owner),
            where=EVIL,
            shown=EVIL,
            expected=EVIL,
            pressure=EVIL,
            value=EVIL,
        )
        for each in run.sightings
    ]
    return replace(
        run,
        version=EVIL,
        command=EVIL,
        app=EVIL,
        server=EVIL,
        server_summary=EVIL,
        options={EVIL: (EVIL,)},
        environment={EVIL: EVIL, "python": EVIL},
        reason=EVIL,
        log=f"{EVIL}\n{EVIL}",
        endpoints=tuple(
            replace(each, name=EVIL, statuses={EVIL: 1}, masked=(EVIL,), carries=(EVIL,), alone=EVIL)
            for each in run.endpoints
        ),
        rounds=tuple(replace(each, pressure=EVIL, summary=EVIL, signs={EVIL: 1}) for each in run.rounds),
        sightings=tuple(sightings),
        allowed={EVIL: 3},
        repeat=EVIL,
        notes=(EVIL,),
    )
