"""What was learnt alone is told to people: what an answer carries, what was masked, how it looks."""

from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from harness.apps.calls import Call
from harness.apps.exchanges import Visit
from harness.apps.oracle.endpoints import Tally, endpoints
from harness.core.app_record import Endpoint
from harness.core.ports import Answer
from tests.apps.oracle.lab import Lab, reply

ORDER = Call("GET", "/order/{token}?q=1")
NAME = "GET /order/{token}"


def learnt(lab: Lab, tallies: dict[str, Tally] | None = None) -> Endpoint:
    (endpoint,) = endpoints(lab.alone, tallies or {})
    return endpoint


def numbers() -> Iterator[int]:
    return count(1)


def test_of_json() -> None:
    lab, number = Lab(), numbers()

    def order(visit: Visit) -> Answer:
        body = {
            "id": visit.values["token"],
            "n": next(number),
            "state": "new",
            "note": f"is {next(number)} old",
        }
        return reply(body, 200, ("Date", "now"), ("X-User", visit.values["user"]))

    lab.learn(ORDER, order)
    endpoint = learnt(lab, {NAME: Tally(7, 6, 1, 1, Counter({200: 6}))})
    assert (endpoint.name, endpoint.sent, endpoint.answered, endpoint.mixed, endpoint.failed) == (
        NAME,
        7,
        6,
        1,
        1,
    )
    assert endpoint.statuses == {"200": 6}
    assert endpoint.carries == ("header X-User: ⟨user⟩", "body .id: ⟨token⟩")
    assert endpoint.masked == ("header Date", "body .n", "word 2 of body .note")
    assert endpoint.alone.splitlines() == [".id: ⟨token⟩", ".n: …", ".state: new", ".note: is … old"]


def test_of_text() -> None:
    lab, number = Lab(), numbers()

    def order(visit: Visit) -> Answer:
        news = "\n".join(f"<i>{n}</i>" for n in range(next(number)))
        return reply(f"Hello\norder {visit.values['token']} of {next(number)}\nbye\n{news}\nend")

    lab.learn(ORDER, order)
    endpoint = learnt(lab)
    assert endpoint.carries == ("body: order ⟨token⟩ of …",)
    assert "word 4 of line 2" in endpoint.masked
    assert endpoint.alone.splitlines()[:3] == ["Hello", "order ⟨token⟩ of …", "bye"]


def test_what_fails_alone_is_counted() -> None:
    lab, number = Lab(), numbers()
    lab.learn(ORDER, lambda visit: reply("x", 500 if next(number) % 3 == 0 else 200))
    assert learnt(lab).failed_alone == 3


def test_each_choice_is_learnt_by_itself_and_shown_as_one_endpoint() -> None:
    lab = Lab()
    hello = Call("GET", "/hello?lang={choice:de|en}")
    for lang, word in (("de", "Hallo"), ("en", "Hello")):
        lab.learn(hello, lambda visit, word=word: reply(word), drawn={"choice:de|en": lang})  # type: ignore[misc]
    endpoint = learnt(lab)
    assert (endpoint.name, endpoint.alone, endpoint.masked) == ("GET /hello", "Hallo", ())


def test_long_answers_are_cut() -> None:
    lab = Lab()
    lab.learn(ORDER, lambda visit: reply("\n".join(f"line {n}" for n in range(100))))
    assert learnt(lab).alone.splitlines()[-1] == "… 88 more"


@pytest.mark.parametrize("sends", [30, 300])
def test_only_answers_that_teach_something_are_kept(sends: int) -> None:
    lab, number = Lab(), numbers()
    lab.learn(ORDER, lambda visit: reply({"n": next(number)}), times=sends // 3)
    (case,) = lab.alone.cases()
    assert case.shapes[200].seen == sends
    assert case.shapes[200].taught < 8
