"""The files that are looked into without being named: of callables, of what they name, and of what they are given."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from harness.explorer.sources import files_of

MODULES = {
    "src_stats": """
        class Base:
            def hit(self): ...
    """,
    "src_plain": """
        from src_stats import Base
        class Plain(Base):
            pass
        def fresh():
            return Plain()
    """,
    "src_shop/__init__": "",
    "src_shop/counters": """
        class Counter:
            def hit(self): ...
    """,
    "src_shop/core": """
        from . import counters
        class Shop:
            def __init__(self):
                self.counter = counters.Counter()
            def audit(self):
                import src_stats
                return src_stats.Base
    """,
    "src_retry": """
        from functools import wraps
        def retried(call):
            @wraps(call)
            def again(*words):
                return call(*words)
            return again
        def bare(call):
            return lambda: call()
        class Retried:
            def __init__(self, call):
                self.call = call
            def __call__(self):
                return self.call()
    """,
    "src_test": """
        import json, operator
        from functools import lru_cache, partial
        import pytest
        import src_plain, src_shop.core, src_retry, src_shop.counters
        from src_plain import Plain, fresh
        from src_retry import Retried, bare, retried
        ONE = Plain()
        def make(): return src_plain.Plain()
        def make_further(): return make()
        def make_afar(): return fresh()
        def make_shop(): return src_shop.core.Shop()
        def annotated() -> "Plain | None": return json.loads("null")
        def annotated_too() -> Plain | None: return json.loads("null")
        def hits(): return ONE.hit()
        def defaults(one=ONE): return one.hit()
        def counts(): return src_shop.counters.Counter().hit()
        def imports():
            from src_shop.counters import Counter
            return Counter().hit()
        def loads(): return pytest.approx(json.loads("1"))
        @retried
        def again(): return ONE.hit()
        @bare
        def undressed(): return ONE.hit()
        @lru_cache
        def cached(): return ONE.hit()
        class Drives:
            def __init__(self): self.one = fresh()
            def __call__(self): return self.one.hit()
            @staticmethod
            def go(): return ONE.hit()
            @classmethod
            def went(cls): return cls.go()
        def drives(): return Drives.go()
        class Lazy:
            @property
            def __dict__(self): raise RuntimeError("woken")
            def __getattribute__(self, name): raise RuntimeError("woken")
        LAZY = Lazy()
        def wakes(): return LAZY.hit()
        def encloses():
            drive = Drives()
            return lambda: drive.one.hit()
    """,
}
TEST, STATS, PLAIN, RETRY = "src_test", "src_stats", "src_plain", "src_retry"
CORE, COUNTERS, SHOP = "core", "counters", "__init__"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Give a module of tests beside what it tests."""
    for name, text in MODULES.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("src_test")
    for name in [name for name in sys.modules if name.startswith("src_")]:
        del sys.modules[name]


def names(files: tuple[str, ...]) -> set[str]:
    return {Path(file).stem for file in files}


def given(here: ModuleType, said: str) -> object:
    return eval(said, vars(here))  # as the module itself would say it


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ("Plain", {PLAIN, STATS}),
        ("lambda: src_plain.Plain()", {TEST, PLAIN, STATS}),
        ("make", {TEST, PLAIN, STATS}),
        ("make_further", {TEST, PLAIN, STATS}),
        ("partial(make)", {TEST, PLAIN, STATS}),
        ("make_afar", {TEST, PLAIN, STATS}),
        ("annotated", {TEST, PLAIN, STATS}),
        ("annotated_too", {TEST, PLAIN, STATS}),
        ("partial(map, ONE)", {PLAIN, STATS}),
        ("ONE.__class__", {PLAIN, STATS}),
        ("make_shop", {TEST, SHOP, CORE, COUNTERS}),
        ("Drives", {TEST, PLAIN, STATS}),
        ("dict", set()),
    ],
)
def test_what_begin_makes_is_looked_into(here: ModuleType, said: str, files: set[str]) -> None:
    assert names(files_of([], given(here, said))) == files  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ("hits", {TEST, PLAIN, STATS}),
        ("partial(hits)", {TEST, PLAIN, STATS}),
        ("defaults", {TEST, PLAIN, STATS}),
        ("ONE.hit", {PLAIN, STATS}),
        ("Plain.hit", {STATS}),
        ("again", {TEST, PLAIN, STATS, RETRY}),
        ("undressed", {TEST, PLAIN, STATS, RETRY}),
        ("cached", {TEST, PLAIN, STATS}),
        ("Retried(hits)", {TEST, PLAIN, STATS, RETRY}),
        ("Drives()", {TEST, PLAIN, STATS}),
        ("Drives.went", {TEST, PLAIN, STATS}),
        ("drives", {TEST, PLAIN, STATS}),
        ("encloses()", {TEST, PLAIN, STATS}),
        ("counts", {TEST, SHOP, COUNTERS}),
        ("imports", {TEST, COUNTERS}),
        ("make_shop", {TEST, SHOP, CORE}),
        ("make_afar", {TEST, PLAIN}),
        ("loads", {TEST}),
        ("wakes", {TEST}),
        ("partial(print, LAZY)", {TEST}),
        ("operator.methodcaller('hit')", set()),
    ],
)
def test_what_callables_name_is_looked_into(here: ModuleType, said: str, files: set[str]) -> None:
    assert names(files_of([given(here, said)])) == files  # type: ignore[list-item]
