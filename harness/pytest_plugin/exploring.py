"""Tests that search the schedules of one's own callables: functions on threads or greenlets, coroutines on tasks.

The fixture takes the callables that run at once, and fails the test with the interleaving in which one of them does not
come to what it comes to alone::

    def test_whoami(explore: Explore) -> None:
        explore(lambda: whoami("alice"), lambda: whoami("bob"))

``@pytest.mark.explore(bound=3, watch=["shop/whoami.py"])`` says how far, for all calls in a test.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING, Any

import pytest

from harness.pytest_plugin.failures import fail

if TYPE_CHECKING:
    from harness.core.control import Program
    from harness.core.exploration import Exploration
    from harness.explorer.limits import Limits
    from harness.explorer.token import Token
    from localimpl import Unit

MARKER = "explore"
OPTION = "--ctxstress-replay"
CHOICES: dict[str, tuple[tuple[type, ...], str]] = {
    "bound": ((int, NoneType), "a number of preemptions, or None for no bound"),
    "strategy": ((str,), "the name of a strategy"),
    "schedules": ((int,), "a number of schedules"),
    "seconds": ((int, float), "a number of seconds"),
    "seed": ((int,), "a whole number"),
    "watch": ((list, tuple), "a list of source files"),
    "reduce": ((bool,), "True or False"),
}
"""What the marker and the fixture take beside the callables: of which types, and that in words."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the replay of a schedule."""
    parser.getgroup("ctxstress").addoption(
        OPTION,
        metavar="TOKEN",
        default="",
        help="Run the schedule of this token alone, in place of a search.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}({', '.join(CHOICES)}): how far the fixture explore searches, see harness.explorer.limits",
    )


@pytest.fixture
def explore(request: pytest.FixtureRequest) -> "Explore":
    """Search the schedules of callables that run at once."""
    marker = request.node.get_closest_marker(MARKER)
    if marker is not None and marker.args:
        pytest.fail(
            f"@pytest.mark.{MARKER}({', '.join(map(repr, marker.args))}) does not say what these are: write "
            f"{MARKER}(bound=3), or another of {', '.join(CHOICES)}",
            pytrace=False,
        )
    return Explore(request.node, marker.kwargs if marker else {}, request.config.getoption(OPTION))


class Explore:
    """Searches the schedules of callables; fails the test for a mix-up, and where nothing can be told."""

    def __init__(self, item: pytest.Item, chosen: Mapping[str, Any], token: str) -> None:
        self._item = item
        self._chosen = chosen
        self._token = token
        self._calls = 0

    def __call__(
        self,
        *calls: Callable[..., Any],
        begin: Callable[[], Any] | None = None,
        expect: Any = None,
        unit: str = "",
        names: Sequence[str] = (),
        **chosen: Any,
    ) -> "Exploration | None":
        """Search the schedules of the callables, each on a unit of its own, and return what that came to.

        ``begin`` is called for each schedule, and the callables get what it returns. ``expect`` names what each must
        return, or is a function of the list of all results that raises or returns False; without it what they
        return one after the other, in any order, is right. ``unit`` is ``thread``, ``greenlet`` or ``task``: as a
        rule tasks for coroutine functions and threads for others. The rest is as in the marker. With a token to
        replay that one schedule is run, and nothing is returned.
        """
        from harness.explorer.callables import Calls
        from harness.explorer.references import of_test
        from harness.explorer.sources import files_of

        self._calls += 1
        with _told("explore"):
            program = Calls(
                calls,
                unit=_unit(unit, calls),
                begin=begin,
                expect=expect,
                names=names,
                name=self._item.name,
                reference=of_test(self._item.nodeid, self._calls),
            )
            limits = _limits({**self._chosen, **chosen}, files_of(calls, begin))
            if not self._token:
                return self._search(program, limits)
            self._replay_call(program)
        return None

    def _search(self, program: "Program", limits: "Limits") -> "Exploration":
        from harness.catalog import controlled_for
        from harness.core.verdict import Outcome
        from harness.explorer.exploring import explore
        from harness.explorer.references import as_called
        from reports.explored_text import told

        config = self._item.config
        test = as_called(self._item.nodeid, config.rootpath, config.invocation_params.dir)
        found = explore(program, controlled_for(program.unit).part, limits)
        found = replace(found, repeat=shlex.join(["pytest", test]))
        if found.interrupted and found.outcome is not Outcome.MIXED:
            raise KeyboardInterrupt
        if found.interrupted:  # what was found is told, but no further test is run
            self._item.session.shouldstop = "interrupted"
        if found.outcome is not Outcome.ISOLATED:
            fail(self._item, told(found))
        self._item.add_report_section("call", "ctxstress", told(found))
        return found

    def replay(self, token: str) -> None:
        """Run the schedule of a token, of a cell or of a program in a module; fail while the mix-up is there.

        Where the code has changed so that the schedule cannot be followed any more, all schedules that are no harder
        to come by are searched instead.
        """
        from harness.core.verdict import Outcome
        from harness.replayable import run_again
        from reports.explained_text import explained_text
        from reports.explored_text import told

        with _told("explore.replay"):
            done = run_again(token)
        if done.explanation is not None:
            fail(self._item, explained_text(done.explanation))
        if done.instead is not None and done.instead.outcome is not Outcome.ISOLATED:
            fail(self._item, told(done.instead))

    def _replay_call(self, program: "Program") -> None:
        """Run the schedule of the option's token, unless that is of another call in this test."""
        from harness.core.errors import UserError
        from harness.explorer.references import test_of
        from harness.explorer.token import decode

        known = decode(self._token)
        if known.reference == program.reference:
            if not self._replay(program, known):
                raise UserError(
                    "the schedule's switches are not come to any more, for the code has changed: search again, "
                    f"without {OPTION}"
                )
        elif test_of(known.reference) != self._item.nodeid:
            raise UserError(
                f"the token is of {known.reference!r}, and this test is {self._item.nodeid}: run `ctxstress replay` "
                "with the token, which finds what it is of"
            )

    def _replay(self, program: "Program", token: "Token") -> bool:
        """Run one schedule; fail if it shows the mix-up, and tell whether it could be followed to its end."""
        from harness.explorer.replaying import replay
        from harness.replayable import host_of
        from reports.explained_text import explained_text

        done = replay(program, host_of(token), token)
        if done.explanation is not None:
            fail(self._item, explained_text(done.explanation))
        return not done.missed


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Fail the test for a mistake of use with what it says, and nothing else."""
    from harness.core.errors import UserError

    try:
        yield
    except UserError as error:
        raise pytest.fail.Exception(f"{what}: {error}", pytrace=False) from None


def _unit(name: str, calls: Sequence[Callable[..., Any]]) -> "Unit":
    """Return the unit that was asked for, or the one that such callables run on."""
    from harness.core.errors import UserError
    from harness.core.names import nearest
    from harness.explorer.callables import unit_of
    from localimpl import Unit

    if not name:
        return unit_of(calls)
    if name not in [*Unit]:
        raise UserError(f"there is no unit {name!r}{nearest(str(name), [*Unit])}")
    return Unit(name)


def _limits(chosen: Mapping[str, Any], files: tuple[str, ...]) -> "Limits":
    """Turn what the marker and the fixture were told into limits."""
    from harness.catalog import choose_one
    from harness.core.errors import UserError
    from harness.core.names import nearest
    from harness.explorer.limits import Limits
    from harness.explorer.watched import watched

    for name, value in chosen.items():
        if name not in CHOICES:
            raise UserError(f"{name!r} is nothing that can be chosen{nearest(name, list(CHOICES))}")
        types, said = CHOICES[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise UserError(f"{name}={value!r}: write {said}")
    words = dict(chosen)
    watch = watched(words.pop("watch", ()))
    if "strategy" in words:
        words["strategy"] = choose_one("strategy", words["strategy"]).part
    return Limits(files=(*files, *watch), **words)
