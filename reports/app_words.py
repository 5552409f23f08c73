"""What each sign and term of a run against somebody's own app is called, and what it means in one sentence."""

from harness.core.app_record import Sign
from harness.core.verdict import Anomaly

SIGNS = {
    Sign.FOREIGN: "An answer held a value that belongs to another visit or user.",
    Sign.CROSSED: "An answer was the one that belongs to another request.",
    Sign.SHARED_COOKIE: "A cookie that should differ from user to user was given to two of them.",
    Sign.CALL: "A call that the app made to another service held values of two visits.",
    Sign.LOST: "An answer lacked a value of its own that it holds when the request is sent alone.",
    Sign.LEFT_BEHIND: "A variable of the app still held the value of a request that was over.",
    Sign.LOG: "One line of a log held values of two visits.",
    Sign.DIFFERS: "An answer was, its varying parts masked, none that the request is given alone.",
    Sign.FAILED: "A request that succeeds alone ended in an error while others were in flight.",
    Sign.UNANSWERED: "A request that is answered alone got no answer while others were in flight.",
}
"""The worst first."""

RANK = {sign: rank for rank, sign in enumerate(SIGNS)}

ANSWERS = frozenset({Sign.FOREIGN, Sign.CROSSED, Sign.SHARED_COOKIE, Sign.LOST, Sign.DIFFERS})
"""The signs that are read off an answer, so that they are counted in answers."""

FAILURES = frozenset({Sign.FAILED, Sign.UNANSWERED})

WHEN = {
    Anomaly.BLEED: "at the same time",
    Anomaly.STALE: "left over from an earlier request",
}
"""How the two requests lay in time, where that is known."""

TERMS = {
    "endpoint": "A method and a path template, as in GET /orders/{token}.",
    "virtual user": "A client that the harness plays; it has a label such as u3 and values that nobody can guess.",
    "visit": "One pass of a virtual user through the requests that belong together, with values of its own.",
    "mark": "The header X-Ctxstress-Mark on each request, by which the app's process stamps when it took the request "
    "up, on which unit, and when it was done.",
    "alone": "Sent while no other request is in flight: what an answer should look like.",
    "masked": "A part of an answer that varies even when the request is sent alone, and so is not compared.",
    "pressure": "What a round of flooding does beside sending many requests at once: waits at the app's own "
    "I/O, a tiny switch interval, clients that hang up, large bodies, connections kept or new.",
    "carries": "Where an answer holds the request's own values when it is sent alone, so that a missing one is seen.",
    "allowed": "What may come back to others, by a pattern that was given; it is counted and not held against the app.",
}
