"""One request at a time: who visits what, that every choice is sent, and when it ends early."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise

import pytest

from harness.apps.addresses import Address
from harness.apps.calls import Call, Capture, Flow, Traffic
from harness.apps.pressures import PRESSURES, Pressure
from harness.apps.serially import afterwards, alone
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd
from harness.apps.walk import NotCapturedError
from tests.apps import toy_servers as toys

Start = Callable[..., toys.Server]
LARGE = next(each for each in PRESSURES if each.padding)


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def start(fault: toys.Fault = toys.right) -> toys.Server:
            server = toys.Server(fault)
            stack.callback(server.close)
            return server

        yield start


def flow(*paths: str) -> Flow:
    return Flow(tuple(Call("GET", path) for path in paths))


def crowd(*flows: Flow) -> Crowd:
    return Crowd(Traffic(flows), Ledger(3), 3)


def test_each_flow_is_visited_by_each_user_in_turn_on_new_connections(start: Start) -> None:
    server = start()
    flows = flow("/a?t={token}", "/b?t={token}"), flow("/c?t={token}")
    told = list(alone(Address(server.port), crowd(*flows), users=3, visits=2))
    whole = [each for each in told if each.visit.user in {"u1", "u2", "u3"}]
    assert [each.call.name for each in whole] == ["GET /a", "GET /b"] * 6
    assert Counter(each.visit.user for each in whole) == {"u1": 4, "u2": 4, "u3": 4}
    assert [each.call.name for each in told[-6:]] == ["GET /c"] * 6
    assert all(one.visit.user != next_.visit.user for one, next_ in pairwise(told[-6:]))
    assert server.connections == len(told)
    assert [exchange.nth for exchange in told] == list(range(1, len(told) + 1))
    assert {exchange.pressure for exchange in told} == {"alone"}
    assert all(one.ended <= next_.began for one, next_ in pairwise(told))


def test_somebody_else_leaves_a_flow_behind_its_first_request_before_every_second_visit(start: Start) -> None:
    told = list(alone(Address(start().port), crowd(flow("/a?t={token}", "/b?t={token}"))))
    assert "".join(each.call.name[-1] for each in told) == "abaab" * 3
    visits = Counter(each.visit.label for each in told)
    left = [each.visit.user for each in told if visits[each.visit.label] == 1]
    assert len(left) == len(set(left)) == 3
    assert not set(left) & {"u1", "u2", "u3"}


@pytest.mark.parametrize("backends", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("calls", [1, 2, 3, 4, 5, 6])
def test_no_call_falls_always_to_the_same_of_backends_in_turn(
    start: Start, calls: int, backends: int
) -> None:
    told = list(alone(Address(start().port), crowd(flow(*(f"/{n}?t={{token}}" for n in range(calls))))))
    for name in {each.call.name for each in told}:
        assert len({each.nth % backends for each in told if each.call.name == name}) > 1


@pytest.mark.parametrize("backends", [2, 3, 4])
@pytest.mark.parametrize("choice", ["a|b", "a|b|c", "a|b|c|d"])
def test_no_choice_falls_always_to_the_same_of_backends_in_turn(
    start: Start, choice: str, backends: int
) -> None:
    told = list(alone(Address(start().port), crowd(flow(f"/{{choice:{choice}}}?t={{token}}"))))
    for option in choice.split("|"):
        by = {each.nth % backends for each in told if each.visit.values[f"choice:{choice}"] == option}
        assert len(by) > 1


@pytest.mark.parametrize("options", [2, 3, 5, 8, 32])
def test_variants_at_random_hardly_divide_by_what_is_chosen(start: Start, options: int) -> None:
    choice = "|".join(f"c{n}" for n in range(options))
    told = list(alone(Address(start().port), crowd(flow(f"/{{choice:{choice}}}?t={{token}}"))))
    sent = Counter(each.visit.values[f"choice:{choice}"] for each in told)
    assert len(set(sent.values())) == 1
    # That each choice gets one of two variants alone, whichever.
    assert 2.0 ** -((sent["c0"] - 1) * options) <= 2.0**-24
    assert len(told) <= max(32, 5 * options)


def test_of_too_many_combinations_no_two_choices_always_go_together(start: Start) -> None:
    names = "abcdef"
    path = "/?t={token}&" + "&".join(f"{name}={{choice:{name}1|{name}2}}" for name in names)
    told = list(alone(Address(start().port), crowd(flow(path))))
    for one, other in pairwise(names):
        together = {tuple(each.visit.values[f"choice:{n}1|{n}2"] for n in (one, other)) for each in told}
        assert len(together) == 4


@pytest.mark.parametrize(("users", "visits"), [(1, 1), (2, 1), (3, 2), (2, 4)])
def test_each_combination_of_choices_is_sent_often_enough_by_different_users(
    start: Start, users: int, visits: int
) -> None:
    told = list(
        alone(
            Address(start().port),
            crowd(flow("/{choice:de|en|fr}?t={token}&as={choice:html|json}")),
            users=users,
            visits=visits,
        )
    )
    combinations = Counter(
        (each.visit.values["choice:de|en|fr"], each.visit.values["choice:html|json"]) for each in told
    )
    assert len(combinations) == 6
    assert len(told) >= users * visits
    assert len(set(combinations.values())) == 1
    assert min(combinations.values()) >= 2
    for choice in combinations:
        by = {each.visit.user for each in told if tuple(each.visit.values.values())[:3:2] == choice}
        assert len(by) >= min(2, users) or users == 1
    assert all(each.visit.values["choice:html|json"] in each.sent for each in told)


def test_of_too_many_combinations_each_choice_is_sent_often_enough(start: Start) -> None:
    path = "/?t={token}&" + "&".join(f"{name}={{choice:{name}1|{name}2|{name}3}}" for name in "abcd")
    told = list(alone(Address(start().port), crowd(flow(path)), users=1, visits=1))
    seen = Counter(value for each in told for name, value in each.visit.values.items() if name != "token")
    assert len(seen) == 12
    assert len(set(seen.values())) == 1
    assert min(seen.values()) >= 2


def test_a_value_that_cannot_be_captured_is_raised(start: Start) -> None:
    log_in = Call("GET", "/login?t={token}", captures=(Capture("csrf", "body", "csrf=(.*)"),))
    told = alone(Address(start().port), crowd(Flow((log_in, Call("GET", "/home?c={csrf}")))))
    assert next(told).call.name == "GET /login"
    with pytest.raises(NotCapturedError, match="csrf"):
        next(told)


def test_nobody_listening_is_told_once(start: Start) -> None:
    server = start()
    server.close()
    address = Address(server.port)
    (told,) = alone(address, crowd(flow("/a"), flow("/b")))
    assert told.trouble == f"nobody listens on port {server.port}"
    assert [each.trouble for each in afterwards(address, crowd(flow("/a")))] == [told.trouble]


def test_it_stops_when_asked(start: Start) -> None:
    server = start()
    told = list(alone(Address(server.port), crowd(flow("/a")), stop=lambda: len(server.asked) >= 3))
    assert len(told) == 3


def test_a_pressure_that_needs_no_others_applies_alone_too(start: Start) -> None:
    server = start()
    list(alone(Address(server.port), crowd(flow("/a?t={token}")), pressure=LARGE))
    assert all(len(asked.body) == LARGE.padding for asked in server.asked)
    assert server.connections == 1
    list(
        alone(
            Address(server.port), crowd(flow("/a?t={token}")), pressure=Pressure("other", "", fresh_every=2)
        )
    )
    assert server.connections == 4


def test_afterwards_each_flow_is_visited_by_new_users(start: Start) -> None:
    people = crowd(*(flow(f"/{name}?t={{token}}") for name in "abc"))
    address = Address(start().port)
    for number, (visits, sent) in enumerate([(1, 6), (8, 9), (12, 12)]):
        told = list(afterwards(address, people, visits=visits, before=100))
        assert Counter(each.call.name for each in told) == dict.fromkeys(
            ("GET /a", "GET /b", "GET /c"), sent // 3
        )
        assert len({each.visit.user for each in told}) == sent, number
        assert told[-1].nth == 100 + sent


def test_afterwards_goes_on_when_a_visit_cannot(start: Start) -> None:
    log_in = Call("GET", "/login?t={token}", captures=(Capture("csrf", "body", "csrf=(.*)"),))
    people = crowd(Flow((log_in, Call("GET", "/home?c={csrf}"))), flow("/b?t={token}"))
    told = list(afterwards(Address(start().port), people, visits=4))
    assert [each.call.name for each in told] == ["GET /login", "GET /b"] * 2


def test_what_a_flood_left_behind_is_seen(start: Start) -> None:
    server = start(lambda server, asked: "left" if len(server.asked) > 5 else asked.token)
    told = list(afterwards(Address(server.port), crowd(flow("/a?t={token}"))))
    assert [each.answer is not None and each.answer.body == b"left" for each in told] == [False] * 5 + [
        True
    ] * 3
