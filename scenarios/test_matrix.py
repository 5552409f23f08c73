"""The isolation matrix under pytest: a test for each cell, and one report for all of them in ``reports/out/``."""

from harness.pytest_plugin.cells import CellTest


def test_cell(ctxstress_cell: CellTest) -> None:
    ctxstress_cell.check()
