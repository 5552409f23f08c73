"""All tools: ours, and those of each file in ``peers`` whose name does not begin with ``_``."""

import difflib
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from bench.explore.ours import TOOLS as OURS
from bench.explore.search import Tool
from harness.core.errors import UserError

PEERS = tuple(sorted(path.stem for path in Path(__file__).with_name("peers").glob("[!_]*.py")))


@cache
def tools() -> dict[str, Tool]:
    """Return each tool by its name, ours first."""
    found = list(OURS)
    for peer in PEERS:
        found += import_module(f"bench.explore.peers.{peer}").TOOLS
    return {tool.name: tool for tool in found}


def of_packages(wanted: Sequence[str]) -> tuple[Tool, ...]:
    """Return our tools and those of these packages; all when none is named.

    Raises UserError for a package that is not compared with.
    """
    packages = dict.fromkeys(tool.package for tool in tools().values())
    for one in wanted:
        if one not in packages:
            near = difflib.get_close_matches(one, packages, n=1)
            known = f"is {near[0]!r} meant?" if near else f"there are {', '.join(packages)}"
            raise UserError(f"no peer {one!r}: {known}")
    ours = next(iter(packages))
    return tuple(tool for tool in tools().values() if not wanted or tool.package in {ours, *wanted})
