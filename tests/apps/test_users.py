"""Who comes after a request that was left: never the user whose data the app may still be writing."""

import pytest

from harness.apps.calls import Call, Flow, Traffic
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd
from harness.core.ports import Answer

ANSWER = Answer(200, (("Set-Cookie", "sid=7"),), b"fine")
CUT = Answer(200, (("Set-Cookie", "sid=8"),), b"fi", cut=True)


@pytest.mark.parametrize("left", [None, CUT])
def test_after_a_request_that_was_left_somebody_else_comes_with_no_cookies(left: Answer | None) -> None:
    flow = Flow((Call("GET", "/a?t={token}"), Call("GET", "/b?t={token}")))
    user = Crowd(Traffic((flow,)), Ledger(1), 1).user()
    first = user.next()
    user.take(first, ANSWER)
    second = user.next()
    assert (second.visit, second.call.name) == (first.visit, "GET /b")
    assert "sid=7" in second.prepared.sent
    user.take(second, left)
    third = user.next()
    assert third.call.name == "GET /a"
    assert third.visit.user != second.visit.user
    assert third.visit.label.startswith(third.visit.user)
    assert "sid=" not in third.prepared.sent
    assert third.visit.values["token"] != first.visit.values["token"]


def test_two_users_never_become_the_same_one() -> None:
    crowd = Crowd(Traffic((Flow((Call("GET", "/a?t={token}"),)),)), Ledger(1), 1)
    users = [crowd.user() for _ in range(3)]
    labels = []
    for _ in range(4):
        for user in users:
            labels.append(user.label)
            user.take(user.next(), None)
    assert len(set(labels)) == len(labels)
