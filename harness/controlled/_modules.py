"""Which modules are loaded, and from where; none is woken that loads itself when it is looked at."""

import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePath
from types import ModuleType


def modules() -> Iterator[tuple[ModuleType, str]]:
    """Yield all modules that come from a file, with it."""
    names_of = object.__getattribute__
    for module in list(sys.modules.values()):
        if issubclass(type(module), ModuleType):
            file = names_of(module, "__dict__").get("__file__")
            if isinstance(file, str):
                yield module, file


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
