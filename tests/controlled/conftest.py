"""Fixtures of the tests of watchers."""

import linecache
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlled.watched import Passed


@pytest.fixture
def passed() -> Iterator[Passed]:
    passed = Passed()
    yield passed
    passed.watcher.close()


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def loaded(source: str, name: str = "shop.py") -> dict[str, Any]:
        path = tmp_path / name
        path.write_text(source)
        linecache.checkcache(str(path))
        namespace: dict[str, Any] = {}
        exec(compile(source, str(path), "exec"), namespace)
        return namespace

    return loaded
