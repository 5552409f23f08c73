"""The pytest door: cells of the matrix as tests, and tests that search the schedules of one's own callables."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.pytest_plugin.cells import CellTest as CellTest
    from harness.pytest_plugin.exploring import Explore as Explore

pytest_plugins = ["harness.pytest_plugin.cells", "harness.pytest_plugin.exploring"]


def __getattr__(name: str) -> object:
    """Give the types of the fixtures, for annotations, without an import before pytest can rewrite assertions."""
    if name == "CellTest":
        from harness.pytest_plugin.cells import CellTest

        return CellTest
    if name == "Explore":
        from harness.pytest_plugin.exploring import Explore

        return Explore
    raise AttributeError(name)
