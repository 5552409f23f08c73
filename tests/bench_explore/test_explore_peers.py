"""The peers can be run: each, with each of its strategies, finds a fault that is easy to find, and nothing else."""

from pathlib import Path

import pytest

from bench.explore.environment import prepared
from bench.explore.running import run
from bench.explore.tools import tools
from localimpl import Unit

pytestmark = [pytest.mark.network, pytest.mark.slow]

EASY = {Unit.TASK: "proxy_bound_at_import", Unit.THREAD: "released_too_early"}


@pytest.fixture(scope="module")
def commands() -> Path:
    return prepared()


@pytest.mark.parametrize("name", [name for name, tool in tools().items() if tool.package != "ctxstress"])
def test_each_peer_finds_an_easy_fault_and_nothing_in_its_fixed_form(commands: Path, name: str) -> None:
    tool = tools()[name]
    for unit, case in EASY.items():
        if unit in tool.units:
            row = run(commands, tool, case, seeds=1, schedules=100, seconds=100)
            assert (row.stopped, row.found, row.false_finding) == ("", 1, False)
