"""Runs each snippet under a watcher, at each level, and prints the points that it came by; a program of its own."""

import importlib.util
import json
import sys
from pathlib import Path

from snippets_of_exits import EXITS  # type: ignore[import-not-found, unused-ignore]
from snippets_of_flow import FLOW  # type: ignore[import-not-found, unused-ignore]
from snippets_of_use import USE  # type: ignore[import-not-found, unused-ignore]

from harness.controlled._points.watcher import make_watcher
from harness.core.control import Watch
from harness.core.feasibility import Feasibility
from harness.core.points import Point, Role

ACCESSES = (Role.LOAD, Role.STORE)
LEVELS = (Feasibility.GIL_SWITCH, Feasibility.FREE_THREADED)


def main(folder: Path) -> None:
    """Print {snippet: {level: [[role, needs, line, object], …]}}, the object of accesses alone."""
    passed: list[Point] = []
    watcher = make_watcher(passed.append)
    told: dict[str, dict[str, list[list[str | int]]]] = {}
    for number, (name, source) in enumerate((FLOW | EXITS | USE).items()):
        path = folder / f"snippet_{number}.py"
        path.write_text(source)
        for level in LEVELS:
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            watcher.watch(Watch((str(path),), level))
            passed.clear()
            watcher.enter()
            try:
                module.run()
            finally:
                watcher.leave()
            told.setdefault(name, {})[level] = [
                [point.role, point.needs, point.line, point.object if point.role in ACCESSES else ""]
                for point in passed
            ]
    watcher.close()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
