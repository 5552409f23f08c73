"""Which modules are loaded, and from where; none is woken that loads itself when it is looked at."""

import sys
from functools import lru_cache
from pathlib import PurePath
from types import ModuleType

from harness.controlled._place import carries

Found = list[tuple[ModuleType, str]]
"""Modules, each with the file that it comes from."""


class Loaded:
    """What is loaded; looked through only if that has changed since it was last asked for."""

    def __init__(self) -> None:
        self._seen: list[ModuleType] = []
        self._all: Found = []
        self._programs: Found = []

    def all(self) -> Found:
        """Return all modules that come from a file."""
        self._look()
        return self._all

    def programs(self) -> Found:
        """Return those that are the program's: not gevent's, the harness's or the standard library's."""
        self._look()
        return self._programs

    def _look(self) -> None:
        seen = list(sys.modules.values())
        if seen == self._seen:
            return
        names_of = object.__getattribute__
        modules = [module for module in seen if issubclass(type(module), ModuleType)]
        files = [(module, names_of(module, "__dict__").get("__file__")) for module in modules]
        self._all = [(module, file) for module, file in files if isinstance(file, str)]
        self._programs = [(module, file) for module, file in self._all if not carries(file)]
        self._seen = seen


LOADED = Loaded()


class Watched(dict[str, bool]):
    """Whether a file is watched: one whose path ends as that of one of some files; told once for each."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self._ends = tuple(map(_normal, files))

    def __missing__(self, file: str) -> bool:
        watched = self[file] = _normal(file).endswith(self._ends)
        return watched


@lru_cache(maxsize=64)
def watched(files: tuple[str, ...]) -> Watched:
    """Return what tells which files are watched, the same one each time."""
    return Watched(files)


def _normal(file: str) -> str:
    return "/" + PurePath(file).as_posix().lstrip("/")
