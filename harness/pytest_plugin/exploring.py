"""Tests that search the schedules of one's own callables: functions on threads or greenlets, coroutines on tasks.

The fixture takes the callables that run at once, and fails the test with the interleaving in which one of them does not
come to what it comes to alone::

    def test_whoami(explore: Explore) -> None:
        explore(lambda: whoami("alice"), lambda: whoami("bob"))

``@pytest.mark.explore(bound=3, watch=["shop/whoami.py"])`` says how far, for all calls in a test.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.core.control import ControlledHost, Program
    from harness.core.exploration import Exploration
    from harness.explorer.limits import Limits

MARKER = "explore"
OPTION = "--ctxstress-replay"
HOSTS = {"thread": "threads", "greenlet": "gevent_greenlets", "task": "tasks"}
"""The controlled host on which callables of each unit run."""
CHOICES = ("bound", "strategy", "schedules", "seconds", "seed", "watch", "reduce")
"""What the marker and the fixture take beside the callables."""


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
    chosen = dict(marker.kwargs) if marker else {}
    return Explore(request.node, chosen, request.config.getoption(OPTION))


class Explore:
    """Searches the schedules of callables; fails the test for a mix-up, and where nothing can be told."""

    def __init__(self, item: pytest.Item, chosen: Mapping[str, Any], token: str) -> None:
        self._item = item
        self._chosen = chosen
        self._token = token

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
        from harness.core.errors import UserError
        from harness.explorer.callables import Calls, files_of, unit_of
        from localimpl import Unit

        try:
            program = Calls(
                calls,
                unit=Unit(unit) if unit else unit_of(calls),
                begin=begin,
                expect=expect,
                names=names,
                name=self._item.name,
                reference=f"test:{self._item.nodeid}",
            )
            limits = _limits({**self._chosen, **chosen}, files_of(calls))
            if self._token:
                if not self._replay(program, self._token):
                    pytest.fail(
                        "the schedule's switches are not come to any more, for the code has changed: search again, "
                        f"without {OPTION}",
                        pytrace=False,
                    )
                return None
            return self._search(program, limits)
        except (UserError, ValueError) as error:
            pytest.fail(f"explore: {error}", pytrace=False)

    def _search(self, program: "Program", limits: "Limits") -> "Exploration":
        from harness.core.verdict import Outcome
        from harness.explorer.exploring import explore
        from reports.explored_text import told

        found = explore(program, _host(program), limits)
        found = replace(found, repeat=f"pytest {self._item.nodeid}")
        if found.interrupted:
            raise KeyboardInterrupt
        if found.outcome is Outcome.ISOLATED:
            self._item.add_report_section("call", "ctxstress", told(found))
            return found
        pytest.fail(told(found), pytrace=False)

    def replay(self, token: str) -> None:
        """Run the schedule of a token, of a cell or of a program in a module; fail while the mix-up is there.

        Where the code has changed so that the schedule cannot be followed any more, all schedules that are no harder
        to come by are searched instead.
        """
        from harness.core.errors import UserError
        from harness.core.verdict import Outcome
        from harness.explorer.replaying import search_instead
        from harness.explorer.token import decode
        from harness.replayable import host_of, program_of
        from reports.explored_text import told

        try:
            known = decode(token)
            program = program_of(known)
            if self._replay(program, token):
                return
            found = search_instead(program, host_of(known), known)
        except UserError as error:
            pytest.fail(f"explore.replay: {error}", pytrace=False)
        if found.outcome is not Outcome.ISOLATED:
            pytest.fail(told(found), pytrace=False)

    def _replay(self, program: "Program", text: str) -> bool:
        """Run one schedule; fail if it shows the mix-up, and tell whether it could be followed to its end."""
        from harness.explorer.replaying import replay
        from harness.explorer.token import decode
        from harness.replayable import host_of
        from reports.explained_text import explained_text

        token = decode(text)
        done = replay(program, host_of(token), token)
        if done.explanation is not None:
            pytest.fail(explained_text(done.explanation), pytrace=False)
        return not done.missed


def _limits(chosen: Mapping[str, Any], files: tuple[str, ...]) -> "Limits":
    """Turn what the marker and the fixture were told into limits."""
    from harness.catalog import choose
    from harness.core.errors import UserError
    from harness.core.names import nearest
    from harness.explorer.limits import Limits

    for name in chosen:
        if name not in CHOICES:
            raise UserError(f"{name!r} is nothing that can be chosen{nearest(name, list(CHOICES))}")
    words = dict(chosen)
    watch = tuple(words.pop("watch", ()))
    if "strategy" in words:
        words["strategy"] = choose("strategy", [words["strategy"]])[0].part
    return Limits(files=(*files, *watch), **words)


def _host(program: "Program") -> "ControlledHost":
    from harness.catalog import choose

    host: ControlledHost = choose("controlled", [HOSTS[program.unit]])[0].part
    return host
