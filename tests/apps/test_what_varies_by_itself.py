"""Whole trials of sound apps that vary by chance or in turn, and of apps that vary under load alone.

Nothing is found in the sound ones, from any seed; the faults beside them are, from every one.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from harness.apps.trial import Trial
from harness.apps.users import Step
from harness.core.app_record import Sign
from harness.core.ports import Answer
from tests.apps.in_memory import App, InMemory, tried
from tests.apps.oracle.lab import reply

ONE = (("/?t={token}",),)
CHOICES = (("/{choice:lamp|desk}?t={token}",),)
MORE_CHOICES = (("/{choice:lamp|desk|bed}?t={token}",),)
FLOW = (("/a?t={token}", "/b?t={token}"),)
LONGER = (("/a?t={token}", "/b?t={token}", "/c?t={token}"),)
MANY = tuple((f"/{n}?t={{token}}",) for n in range(40))
COMBINED = (("/?t={token}&" + "&".join(f"{n}={{choice:{n}1|{n}2|{n}3}}" for n in "abcd"),),)
SEEDS = range(5)


def page(step: Step, *lines: str, **headers: str) -> Answer:
    names = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return reply(
        "\n".join(f"<p>{line}</p>" for line in (*lines, f"for {step.visit.values['token']}")), 200, *names
    )


def drawn(step: Step) -> list[str]:
    return [value for name, value in step.visit.values.items() if name.startswith("choice:")]


def variants(share: float) -> App:
    return lambda step, chance, _: page(step, "Buy" if chance.random() < share else "Get it")


def backends(number: int) -> App:
    return lambda step, chance, _: page(step, "welcome", X_Backend=chance.choice("abcdefgh"[:number]))


def in_turn(number: int) -> App:
    turns = count()
    return lambda step, *_: page(step, "welcome", X_Backend="abcdefgh"[next(turns) % number])


def nodes(number: int) -> App:
    return lambda step, chance, _: page(step, Set_Cookie=f"node=shop-node-{chance.randrange(number)}; Path=/")


def nodes_in_turn(number: int) -> App:
    turns = count()
    return lambda step, *_: page(step, Set_Cookie=f"node=shop-node-{next(turns) % number}; Path=/")


def by_the_second() -> App:
    return lambda step, chance, world: page(step, "Buy" if int(world.now) % 2 else "Get it")


def by_the_minute() -> App:
    return lambda step, chance, world: page(step, "Buy", f"number {int(world.now / 60 + 0.33) % 2}")


def of_choices() -> App:
    return lambda step, *_: page(step, *(f"printed in {each}" for each in drawn(step)))


SOUND: dict[str, tuple[Callable[[], App], tuple[tuple[str, ...], ...]]] = {
    "two variants": (lambda: variants(0.5), CHOICES),
    "two variants of three": (lambda: variants(0.5), MORE_CHOICES),
    "a variant now and then": (lambda: variants(0.1), ONE),
    "a variant seldom": (lambda: variants(0.01), ONE),
    "a variant each second": (by_the_second, ONE),
    "a variant each minute": (by_the_minute, ONE),
    "two backends in turn, two choices": (lambda: in_turn(2), CHOICES),
    "three backends in turn, three choices": (lambda: in_turn(3), MORE_CHOICES),
    "two backends in turn, a flow of two": (lambda: in_turn(2), FLOW),
    "four backends in turn, a flow of two": (lambda: in_turn(4), FLOW),
    "three backends in turn, a flow of three": (lambda: in_turn(3), LONGER),
    "two backends, forty calls": (lambda: backends(2), MANY),
    "two backends, a flow": (lambda: backends(2), FLOW),
    "more combinations than are tried": (of_choices, COMBINED),
    "two backends in turn, more combinations than are tried": (lambda: in_turn(2), COMBINED),
    "a cookie of eight nodes": (lambda: nodes(8), ONE),
    "a cookie of a hundred nodes": (lambda: nodes(100), CHOICES),
    "a cookie of twenty nodes in turn": (lambda: nodes_in_turn(20), FLOW),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_found_in_what_varies_by_itself(name: str, seed: int) -> None:
    make, paths = SOUND[name]
    done = tried(make(), *paths, seed=seed)
    assert len(done.findings) == 0, done.findings.kept[0].clue
    assert done.sent > 4000


def rare(share: float) -> App:
    return lambda step, chance, _: page(step, "welcome", *["SALE!"] * (chance.random() < share))


def test_what_comes_too_seldom_is_seen_and_makes_no_finding() -> None:
    doubted = 0
    for seed in range(12):
        done = tried(rare(0.0005), *ONE, seed=seed)
        assert done.certain == []
        doubted += bool(done.unsure)
    # Else there was nothing to doubt.
    assert doubted > 2


def variants_and_rarely_a_banner(step: Step, chance: random.Random, _: InMemory) -> Answer:
    variant = "Buy" if chance.random() < 0.1 else "Get it"
    banner = ["SALE!"] * (chance.random() < 0.001)
    lines = [variant, "at the shop", *banner, f"for {step.visit.values['token']}"]
    return Answer(200, (("Content-Type", "text/plain"),), "\n".join(lines).encode())


def test_what_was_found_to_come_alone_makes_nothing_else_at_its_place_certain() -> None:
    doubted = 0
    for seed in range(12):
        done = tried(variants_and_rarely_a_banner, *ONE, seed=seed)
        assert done.certain == []
        doubted += bool(done.unsure)
    assert doubted > 0


def test_a_trial_ends_where_an_endpoint_is_never_reached_again() -> None:
    """Since the flood the first answer of a flow is cut off, so that its second request is not sent any more."""
    flooded: list[bool] = []

    def app(step: Step, chance: random.Random, world: InMemory) -> Answer:
        flooded.extend([True] * world.loaded)
        if step.call.path.startswith("/a"):
            return replace(page(step, "welcome"), cut=bool(flooded) and not world.loaded)
        return page(step, "None" if world.loaded and chance.random() < 0.02 else "welcome")

    done = tried(app, *FLOW, seed=1)
    assert {kept.clue.endpoint for kept in done.findings.kept} >= {"GET /b"}


def differs(share: float) -> App:
    return lambda step, chance, world: page(
        step, "None" if world.loaded and chance.random() < share else "welcome"
    )


def swapped(share: float) -> App:
    def app(step: Step, chance: random.Random, world: InMemory) -> Answer:
        [own] = drawn(step)
        return page(
            step, ({"lamp": "desk", "desk": "lamp"}[own]) if world.loaded and chance.random() < share else own
        )

    return app


def broken_for_good(share: float) -> App:
    left: list[str] = []

    def app(step: Step, chance: random.Random, world: InMemory) -> Answer:
        if world.loaded and chance.random() < share:
            left[:] = drawn(step)
        return page(step, *(left or drawn(step)))

    return app


def session(share: float) -> App:
    ids = count()

    def app(step: Step, chance: random.Random, world: InMemory) -> Answer:
        number = 7 if world.loaded and chance.random() < share else next(ids)
        return page(step, Set_Cookie=f"sid=session-{number:06}; Path=/")

    return app


def session_for_all(after: int) -> App:
    """From some request under load on, all are given the same."""
    ids, served = count(), count()

    def app(step: Step, chance: random.Random, world: InMemory) -> Answer:
        stuck = next(served) >= after
        return page(step, Set_Cookie=f"sid=session-{7 if stuck else next(ids):06}; Path=/")

    return app


FAULTS: dict[str, tuple[Callable[[], App], tuple[tuple[str, ...], ...], Sign]] = {
    "one answer of ten": (lambda: differs(0.1), ONE, Sign.DIFFERS),
    "one answer of fifty": (lambda: differs(0.02), ONE, Sign.DIFFERS),
    "another choice's, one of a hundred": (lambda: swapped(0.01), CHOICES, Sign.DIFFERS),
    "another choice's, one of a thousand": (lambda: swapped(0.001), CHOICES, Sign.DIFFERS),
    "another choice's for good": (lambda: broken_for_good(0.01), CHOICES, Sign.DIFFERS),
    "one session, one of a hundred": (lambda: session(0.01), ONE, Sign.SHARED_COOKIE),
    "one session, one of five hundred": (lambda: session(0.002), ONE, Sign.SHARED_COOKIE),
    "one session for all": (lambda: session_for_all(60), ONE, Sign.SHARED_COOKIE),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FAULTS)
def test_what_varies_under_load_alone_is_found(name: str, seed: int) -> None:
    make, paths, sign = FAULTS[name]
    done: Trial = tried(make(), *paths, seed=seed)
    assert sign in {kept.clue.sign for kept in done.certain}
