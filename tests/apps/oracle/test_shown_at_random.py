"""What an app shows at random, or in turn, belongs to no other request, though alone it was seen there first."""

from harness.apps.calls import Call
from harness.core.ports import Answer
from tests.apps.oracle.lab import Lab, reply


def test_variants_at_random_are_not_what_another_choice_gets() -> None:
    lab = Lab()
    call = Call("GET", "/{choice:a|b|c}")
    shown = {"a": ["tea"] * 5, "b": ["ale"] * 5, "c": ["tea", "ale", "tea", "tea", "ale"]}
    for letter, adverts in shown.items():
        turns = iter(adverts)
        lab.learn(
            call,
            lambda visit, turns=turns: reply(f"<p>Buy {next(turns)}!</p>"),  # type: ignore[misc]
            drawn={"choice:a|b|c": letter},
            times=5,
            users=["u1"],
        )
    exchange = lab.exchange(call, lab.visit("u1", {"choice:a|b|c": "a"}), reply("<p>Buy ale!</p>"))
    (clue,) = lab.judge.look(exchange)
    assert not clue.firm
    both = iter(["tea", "ale"] * 5)
    lab.learn(call, lambda visit: reply(f"<p>Buy {next(both)}!</p>"), drawn={"choice:a|b|c": "a"}, after=True)
    assert not lab.judge.still(clue, exchange)


BACKENDS = [Call("GET", f"/{name}?t={{token}}") for name in "abc"]


def told_by(backend: str) -> Answer:
    return reply("<p>welcome</p>", 200, ("X-Backend", backend))


def test_which_backend_answers_is_not_what_another_call_gets() -> None:
    """Of calls whose answers are alike each may happen to be answered by one backend only."""
    lab = Lab()
    first, second, third = BACKENDS
    lab.learn(first, lambda visit: told_by("1"))
    lab.learn(second, lambda visit: told_by("2"))
    assert lab.look(first, lab.visit(), told_by("2"))[0].firm
    turns = iter("121212121")
    lab.learn(third, lambda visit: told_by(next(turns)))
    assert not lab.look(first, lab.visit(), told_by("2"))[0].firm


def test_what_comes_either_way_since_the_floods_belongs_to_nobody() -> None:
    first, second, _ = BACKENDS
    for both in (True, False):
        lab = Lab()
        lab.learn(first, lambda visit: told_by("1"))
        lab.learn(second, lambda visit: told_by("2"))
        exchange = lab.exchange(first, lab.visit(), told_by("2"))
        (clue,) = lab.judge.look(exchange)
        turns = iter("121212121" * 2)
        lab.learn(first, lambda visit, turns=turns: told_by(next(turns)), after=True)  # type: ignore[misc]
        if both:
            lab.learn(second, lambda visit, turns=turns: told_by(next(turns)), after=True)  # type: ignore[misc]
        # Else a flood may have broken the first for good.
        assert lab.judge.still(clue, exchange) is not both
