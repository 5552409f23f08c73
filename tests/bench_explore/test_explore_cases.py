"""The cases of bench/explore do what they say when nobody controls them: in turn, and as an idle loop lets them."""

import asyncio
import re
from collections.abc import Iterable
from threading import Thread
from typing import Any

import gevent
import pytest

from bench.explore.case import Begin, Trial
from bench.explore.corpus import case, chosen, files, names, sentence
from harness.core.errors import UserError
from harness.core.feasibility import Feasibility
from localimpl import Unit

KINDS = {"bleed", "stale", "lost", "torn", "lost update", "residue"}
LOOPED = [name for name in names() if case(name).unit is not Unit.THREAD]


def in_turn(unit: Unit, trial: Trial, order: Iterable[str]) -> dict[str, Any]:
    """Run each unit to its end before the next begins."""
    results: dict[str, Any] = {}

    def keep(name: str) -> None:
        results[name] = trial.calls[name]()

    async def keep_all() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        for name in order:
            results[name] = await asyncio.create_task(trial.calls[name]())

    if unit is Unit.TASK:
        asyncio.run(keep_all())
        return results
    for name in order:
        if unit is Unit.THREAD:
            thread = Thread(target=keep, args=(name,))
            thread.start()
            thread.join()
        else:
            gevent.spawn(keep, name).join()
    return results


def all_at_once(unit: Unit, trial: Trial, order: Iterable[str]) -> dict[str, Any]:
    """Let the units take turns as the loop lets them."""

    async def gather() -> dict[str, Any]:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        tasks = {name: asyncio.create_task(trial.calls[name]()) for name in order}
        return {name: await task for name, task in tasks.items()}

    if unit is Unit.TASK:
        return asyncio.run(gather())
    greenlets = {name: gevent.spawn(trial.calls[name]) for name in order}
    return {name: greenlet.get() for name, greenlet in greenlets.items()}


def judged(unit: Unit, begin: Begin, way: Any) -> list[str]:
    """Return the kinds of what went wrong, in the order of the units and in the reverse."""
    found = []
    for turned in (False, True):
        trial = begin()
        order = list(trial.calls)[:: -1 if turned else 1]
        if wrong := trial.judge(way(unit, trial, order)):
            assert wrong.unit in trial.calls
            found.append(wrong.kind)
    return found


@pytest.mark.parametrize("name", names())
def test_in_turn_only_the_sequential_ones_go_wrong(name: str) -> None:
    subject = case(name)
    assert judged(subject.unit, subject.fixed, in_turn) == []
    wrong = judged(subject.unit, subject.faulty, in_turn)
    assert set(wrong) == ({subject.kind} if subject.feasibility is Feasibility.SEQUENTIAL else set())


@pytest.mark.parametrize("name", LOOPED)
def test_on_an_idle_loop_only_those_up_to_fifo_go_wrong(name: str) -> None:
    subject = case(name)
    assert judged(subject.unit, subject.fixed, all_at_once) == []
    wrong = judged(subject.unit, subject.faulty, all_at_once)
    assert set(wrong) == ({subject.kind} if subject.feasibility.rank <= Feasibility.FIFO.rank else set())


@pytest.mark.parametrize("name", names())
def test_a_case_tells_what_goes_wrong_and_where_to_look(name: str) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{30,130}\.", sentence(name))
    assert case(name).kind in KINDS
    assert files(name)[0].startswith(files(name)[-1].rpartition("/")[0])
    assert any(file.endswith(f"/{name}.py") for file in files(name))


def test_the_private_parts_of_a_case_are_looked_into_too() -> None:
    assert [file.rpartition("/")[2] for file in files(chosen(["b2"])[0])] == [
        "_last_user.py",
        "b2_cached_with_call_between.py",
    ]


def test_a_case_is_found_by_the_first_part_of_its_name() -> None:
    assert chosen(["a2", "session_lost_update"]) == ("a2_overwritten_5_ticks_later", "session_lost_update")
    assert chosen([]) == names()


def test_an_unknown_case_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(UserError, match="is 'nested_pushes' meant"):
        chosen(["nested_push"])
