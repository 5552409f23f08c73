"""Which modules are loaded, which files are watched; no module is woken that loads itself when it is looked at."""

import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePath
from types import ModuleType


class Loaded:
    """The modules whose files are taken; looked for only if what is loaded has changed since they were asked for."""

    def __init__(self, takes: Callable[[str], bool]) -> None:
        self._takes = takes
        self._seen: list[ModuleType] = []
        self._taken: list[tuple[ModuleType, str]] = []

    def modules(self) -> list[tuple[ModuleType, str]]:
        """Return them, each with its file."""
        seen = list(sys.modules.values())
        if seen != self._seen:
            names_of = object.__getattribute__
            modules = [module for module in seen if issubclass(type(module), ModuleType)]
            files = [(module, names_of(module, "__dict__").get("__file__")) for module in modules]
            self._taken = [
                (module, file) for module, file in files if isinstance(file, str) and self._takes(file)
            ]
            self._seen = seen
        return self._taken


class Watched(dict[str, bool]):
    """Whether a file is watched: one whose path ends as that of one of some files; told once for each."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self._ends = tuple(map(_normal, files))
        self.loaded = Loaded(self.__getitem__)
        """The modules whose files are watched."""

    def __missing__(self, file: str) -> bool:
        watched = self[file] = _normal(file).endswith(self._ends)
        return watched


@lru_cache(maxsize=64)
def watched(files: tuple[str, ...]) -> Watched:
    """Return what tells which files are watched, the same one each time."""
    return Watched(files)


def _normal(file: str) -> str:
    return "/" + PurePath(file).as_posix().lstrip("/")
