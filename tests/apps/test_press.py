"""Rounds against servers whose faults each need one pressure: it must bring out its fault, others must not."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from harness.apps import watch
from harness.apps.addresses import Address
from harness.apps.calls import Call, Capture, Flow, Traffic
from harness.apps.exchanges import Exchange
from harness.apps.press import Pressed, flood
from harness.apps.pressures import ALONE, PRESSURES, Pressure
from harness.apps.tokens import Ledger
from harness.apps.users import Crowd
from tests.apps import toy_servers as toys

BY_NAME = {pressure.name: pressure for pressure in PRESSURES}
ECHO = Traffic((Flow((Call("GET", "/echo?t={token}"),)),))
Start = Callable[..., toys.Server]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def start(*args: object, **kwargs: object) -> toys.Server:
            server = toys.Server(*args, **kwargs)  # type: ignore[arg-type]
            stack.callback(server.close)
            return server

        yield start


def press(
    server: toys.Server,
    pressure: Pressure = PRESSURES[0],
    traffic: Traffic = ECHO,
    *,
    clients: int = 4,
    requests: int = 120,
    seconds: float = 60,
    patience: float = 20,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Pressed, list[Exchange]]:
    told: list[Exchange] = []
    pressed = flood(
        Address(server.port),
        Crowd(traffic, Ledger(7), 7),
        pressure,
        clients=clients,
        requests=requests,
        deadline=time.monotonic() + seconds,
        tell=told.append,
        stop=stop,
        patience=patience,
    )
    return pressed, told


def is_mixed(exchange: Exchange) -> bool:
    answer = exchange.answer
    return answer is not None and not answer.cut and answer.body.decode() != exchange.visit.values["token"]


SHOWN_BY = [
    (toys.remembers_the_connection, "shared keep-alive", {"new connections"}),
    (
        toys.finds_what_an_ended_connection_left,
        "new connections",
        {"shared keep-alive", "pipelined", "together"},
    ),
    (toys.mixes_what_becomes_whole_together, "together", set(BY_NAME) - {"together"}),
    (toys.finds_what_a_gone_client_left, "disconnects", {"shared keep-alive", "together", "pipelined"}),
    (toys.remembers_after_large_bodies, "large bodies", set(BY_NAME) - {"large bodies"}),
    (toys.takes_the_next_request_for_this, "pipelined", set(BY_NAME) - {"pipelined"}),
    (toys.mixes_what_trickles_in, "slow clients", set(BY_NAME) - {"slow clients"}),
]


@pytest.mark.parametrize(("fault", "by", "never"), SHOWN_BY, ids=[each[1] for each in SHOWN_BY])
def test_each_pressure_brings_out_the_fault_that_needs_it(
    start: Start, fault: toys.Fault, by: str, never: set[str]
) -> None:
    pressed, told = press(start(fault, pause=0.002), BY_NAME[by])
    assert any(map(is_mixed, told))
    assert pressed.reason == ""
    for name in sorted(never):
        pressed, told = press(start(fault, pause=0.002), BY_NAME[name], requests=60)
        assert pressed.answered >= 30
        assert not any(map(is_mixed, told)), name


def test_clients_that_give_up_bring_out_what_an_abandoned_request_leaves(start: Start) -> None:
    impatient = Pressure("time-outs", "", gives_up_after=0.05)

    def left_by_slow_ones(server: toys.Server, asked: toys.Asked) -> str:
        if len(server.asked) % 8 == 0:
            time.sleep(0.08)
        return toys.finds_what_a_gone_client_left(server, asked)

    pressed, told = press(start(left_by_slow_ones), impatient, requests=400)
    assert any(map(is_mixed, told))
    assert pressed.gave_up >= 8
    assert pressed.unanswered == 0
    _, told = press(start(left_by_slow_ones))
    assert not any(map(is_mixed, told))


@pytest.mark.parametrize("pressure", [ALONE, *PRESSURES], ids=lambda each: each.name)
def test_nothing_is_found_in_a_server_without_fault(start: Start, pressure: Pressure) -> None:
    server = start(pause=0.001)
    pressed, told = press(server, pressure)
    assert not any(map(is_mixed, told))
    assert not any(exchange.trouble for exchange in told)
    assert pressed.sent == len(told) == 120
    assert pressed.answered + pressed.gave_up == 120
    assert {exchange.pressure for exchange in told} == {pressure.name}
    assert max(exchange.nth for exchange in told) == 120
    assert all(exchange.began <= exchange.ended for exchange in told)


def test_users_take_turns_on_a_kept_connection(start: Start) -> None:
    server = start()
    _, told = press(server, clients=1, requests=12)
    assert [exchange.visit.user for exchange in told] == ["u1", "u2", "u3", "u4"] * 3
    assert [exchange.mark for exchange in told[::4]] == ["u1v1.0", "u1v2.0", "u1v3.0"]
    assert server.connections == 1


def test_each_request_is_marked_and_every_token_is_another(start: Start) -> None:
    server = start()
    _, told = press(server)
    marks = {each.head.partition("X-Ctxstress-Mark: ")[2].partition("\r\n")[0] for each in server.asked}
    assert marks == {exchange.mark for exchange in told}
    assert len({exchange.visit.values["token"] for exchange in told}) == len(told)


def test_rounds_of_a_run_have_users_of_their_own(start: Start) -> None:
    server, crowd, told = start(), Crowd(ECHO, Ledger(7), 7), list[Exchange]()
    for before in (0, 40):
        flood(
            Address(server.port),
            crowd,
            PRESSURES[0],
            clients=2,
            requests=40,
            deadline=time.monotonic() + 60,
            tell=told.append,
            before=before,
        )
    assert len({exchange.mark for exchange in told}) == 80
    assert max(exchange.nth for exchange in told) == 80


def test_as_many_connections_are_made_as_the_pressure_says(start: Start) -> None:
    for pressure, connections in ((ALONE, 40), (Pressure("tenth", "", fresh_every=10), 4), (PRESSURES[0], 1)):
        server = start()
        press(server, pressure, clients=1, requests=40)
        assert server.connections == connections


def test_requests_are_written_ahead_by_different_users(start: Start) -> None:
    server = start()
    press(server, Pressure("ahead", "", ahead=4, users_per_client=1), clients=1, requests=40)
    assert sum(bool(each.behind) for each in server.asked) == 30
    assert server.connections == 1


def test_flows_are_drawn_by_weight_and_walked_in_order(start: Start) -> None:
    first, second = Call("GET", "/first?t={token}"), Call("GET", "/second?t={token}")
    traffic = Traffic((Flow((first, second), weight=3), Flow((Call("GET", "/other?t={token}"),), weight=1)))
    server = start()
    _, told = press(server, traffic=traffic, requests=400)
    names = [exchange.call.name for exchange in told]
    assert 0.5 < names.count("GET /first") / (3 * names.count("GET /other")) < 2
    visits: dict[str, list[str]] = {}
    for exchange in told:
        visits.setdefault(exchange.visit.label, []).append(exchange.call.name)
    whole = [names for names in visits.values() if len(names) == 2]
    assert whole == [["GET /first", "GET /second"]] * len(whole)
    assert len(whole) > 50


def test_a_visit_that_cannot_go_on_is_abandoned_and_said(start: Start) -> None:
    log_in = Call("GET", "/login?t={token}", captures=(Capture("csrf", "body", "csrf=(.*)"),))
    traffic = Traffic((Flow((log_in, Call("GET", "/home?t={csrf}"))),))
    pressed, told = press(start(), traffic=traffic, requests=64)
    assert {exchange.call.name for exchange in told} == {"GET /login"}
    assert pressed.abandoned >= 40
    assert any("visits could not go on" in note and "csrf" in note for note in pressed.notes)


def hangs(server: toys.Server, asked: toys.Asked) -> str:
    if len(server.asked) > 20:
        server.closing.wait(60)
    return asked.token


def test_requests_without_an_answer_are_told(start: Start) -> None:
    pressed, told = press(start(hangs), patience=0.4)
    assert {exchange.trouble for exchange in told} == {"", "no answer within 0.4 s"}
    assert pressed.unanswered == sum(bool(exchange.trouble) for exchange in told) >= 4
    assert pressed.reason == "nothing was answered any more for 0.4 s"


def test_what_is_under_way_at_the_deadline_is_brought_to_its_end(start: Start) -> None:
    pressed, told = press(start(pause=1), seconds=0.5, requests=1000)
    assert pressed.answered == pressed.sent == len(told) == 4


def test_stopping_ends_all_clients_whatever_they_wait_for(start: Start) -> None:
    server = start(lambda server, asked: str(server.closing.wait(60)))
    before = threading.active_count()
    pressed, told = press(server, stop=lambda: len(server.asked) >= 4, patience=300)
    assert pressed.seconds < 5
    assert pressed.reason == ""
    assert not any(exchange.trouble for exchange in told)
    assert threading.active_count() <= before + 4  # the server's own


def test_an_interrupt_ends_the_round(start: Start) -> None:
    server = start(pause=0.01)

    def interrupt() -> bool:
        if len(server.asked) > 10:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        press(server, stop=interrupt, requests=100_000)
    assert not any(thread.name.startswith("client-") for thread in threading.enumerate())


def test_a_server_that_ends_stops_the_round(start: Start) -> None:
    def ends(server: toys.Server, asked: toys.Asked) -> str:
        if len(server.asked) == 30:
            threading.Thread(target=server.close).start()
        return asked.token

    pressed, _ = press(start(ends), requests=100_000)
    assert "nobody listens" in pressed.reason
    assert pressed.sent < 50_000


def test_a_failing_judge_is_not_swallowed(start: Start) -> None:
    def fail(exchange: Exchange) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flood(
            Address(start().port),
            Crowd(ECHO, Ledger(7), 7),
            PRESSURES[0],
            clients=2,
            requests=100,
            deadline=time.monotonic() + 60,
            tell=fail,
        )


def test_nobody_starves_where_one_connection_is_served_at_a_time(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_STARVED_AFTER", 0.2)
    pressed, told = press(start(serves_one_at_a_time=True, pause=0.001), requests=3000, patience=60)
    assert any("renewed after each answer" in note for note in pressed.notes)
    clients = {exchange.visit.user for exchange in told}
    assert len(clients) == 16
    assert pressed.unanswered == 0


def test_a_long_queue_is_no_reason_to_renew_connections(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_STARVED_AFTER", 0.1)
    lock = threading.Lock()

    def in_turn(server: toys.Server, asked: toys.Asked) -> str:
        with lock:
            time.sleep(0.05)
        return asked.token

    server = start(in_turn)
    pressed, _ = press(server, requests=24)
    assert pressed.notes == ()
    assert server.connections == 4
