"""The same seed plans the same requests, and no two requests share what must be their own."""

from itertools import chain

import pytest

from harness.core.plan import HANG_UP_EVERY, Order, plan


def every(lanes: list[list[Order]]) -> list[Order]:
    return list(chain.from_iterable(lanes))


def test_the_same_seed_plans_the_same() -> None:
    assert plan(40, 4, seed=7) == plan(40, 4, seed=7)


def test_another_seed_has_nothing_of_it() -> None:
    one, other = every(plan(40, 4, seed=7)), every(plan(40, 4, seed=8))
    for what in ("token", "user", "seed"):
        assert not {getattr(order, what) for order in one} & {getattr(order, what) for order in other}


def test_another_round_has_nothing_of_it() -> None:
    one, other = every(plan(40, 4, seed=7)), every(plan(40, 4, seed=7, label="r2."))
    for what in ("request", "token", "user", "seed"):
        assert not {getattr(order, what) for order in one} & {getattr(order, what) for order in other}


def test_no_token_and_no_request_comes_twice() -> None:
    orders = every(plan(1000, 8, seed=1))
    assert len({order.token for order in orders}) == len({order.request for order in orders}) == 1000


def test_a_token_does_not_follow_from_another() -> None:
    """Random parts: knowing the seedless form of one does not tell the next."""
    parts = {order.token.removeprefix(order.request) for order in every(plan(100, 4, seed=1))}
    assert len(parts) == 100


def test_clients_are_dealt_to_in_turn() -> None:
    lanes = plan(7, 3, seed=1)
    assert [[order.request for order in lane] for lane in lanes] == [
        ["r0", "r3", "r6"],
        ["r1", "r4"],
        ["r2", "r5"],
    ]


def test_a_client_is_one_user() -> None:
    users = [{order.user for order in lane} for lane in plan(20, 4, seed=1)]
    assert [len(each) for each in users] == [1, 1, 1, 1]
    assert len(set.union(*users)) == 4


@pytest.mark.parametrize("clients", [1, 2, 3, 8])
def test_every_client_hangs_up_now_and_then(clients: int) -> None:
    lanes = plan(48, clients, seed=1, hangs_up=True)
    assert sum(order.hangs_up for order in every(lanes)) == 48 // HANG_UP_EVERY
    assert not any(order.hangs_up for order in every(plan(48, clients, seed=1)))
