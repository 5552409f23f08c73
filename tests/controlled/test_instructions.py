"""Which instructions are switch points, and that they are the same on every Python."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from harness.controlled._points.callees import entered
from harness.controlled._points.flow import Flow
from harness.controlled._points.instructions import Study
from harness.controlled._points.stored import NOTHING, stored_by, stored_in
from harness.core.feasibility import Feasibility
from harness.core.points import Point, Role
from tests.controlled.snippets_of_exits import EXITS
from tests.controlled.snippets_of_flow import FLOW
from tests.controlled.snippets_of_use import USE

ROOT = Path(__file__).parents[2]
CALLS = (Role.CALL, Role.RETURNED)
SNIPPETS: dict[str, str] = FLOW | EXITS | USE
PROGRAM = Path(__file__).with_name("points_of_snippets.py")
VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.15")


def points_of(
    code: CodeType, level: Feasibility, namespace: dict[str, Any], source: str
) -> dict[int, list[Point]]:
    """Return the points before each instruction, by its offset."""
    stops = Study(code, namespace, stored_in(source)).stops(level)
    return {offset: list(stop.points()) for offset, stop in stops.items()}


def points(source: str, level: Feasibility, function: str = "f") -> list[str]:
    """Return ``role line object[=]`` of each point of a function, in the order of the instructions."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "shop.py", "exec"), namespace)
    code = namespace[function].__code__
    found = points_of(code, level, namespace, source)
    return [
        f"{point.role} {point.line} {point.object}{'=' * point.writes}".rstrip()
        for offset in sorted(found)
        for point in found[offset]
    ]


GIL, FREE = Feasibility.GIL_SWITCH, Feasibility.FREE_THREADED
CHECK_THEN_USE = """value = None
def f():
    global value
    if value is None:
        value = make()
    return value
def make():
    return 1
"""


def test_of_a_check_then_use() -> None:
    assert points(CHECK_THEN_USE, GIL) == [
        "enter 2 global:value",
        "call 5",
        "returned 5 global:value=",
    ]
    assert points(CHECK_THEN_USE, FREE) == [
        "enter 2 global:value",  # at once the load of line 4, with nothing between them
        "call 5",
        "returned 5 global:value=",
        "store 5 global:value=",
        "load 6 global:value",
    ]


def test_of_a_local_in_a_dict() -> None:
    source = """from threading import get_ident
class Local:
    def __init__(self):
        self.values = {}
    def get(self, name):
        return self.values[get_ident()].get(name)
def f(local):
    if "user" in local.values:
        local.values["user"] += 1
    return isinstance(local.values, dict)
"""
    assert points(source, GIL) == ["enter 7 item"]
    assert points(source, FREE) == [
        "enter 7 item",  # at once that of line 8: the dict itself stays the same
        "load 9 item",
        "store 9 item=",
        "load 10 attr:values",
    ]
    namespace: dict[str, Any] = {}
    exec(compile(source, "shop.py", "exec"), namespace)
    get = points_of(namespace["Local"].get.__code__, FREE, namespace, source)
    assert [str(point.role) for _, each in sorted(get.items()) for point in each] == [
        "enter", "returned", "load", "load", "call", "returned",  # get_ident is in C
    ]  # fmt: skip


def test_of_loops() -> None:
    source = """class Box: n = 0
box = Box()
def f(items):
    for item in items:
        box.n = item
    while box.n:
        box.n -= 1
"""
    found = [
        point.rstrip("=") for point in points(source, GIL)
    ]  # a loop's body and what follows are equally near
    assert found == ["enter 3 attr:n", "loop 4 attr:n", "loop 6 attr:n"]


@pytest.mark.parametrize("level", [Feasibility.SEQUENTIAL, Feasibility.FIFO, Feasibility.JITTER])
def test_below_gil_switches_there_are_none(level: Feasibility) -> None:
    assert points(CHECK_THEN_USE, level) == []


@pytest.mark.parametrize(
    "body",
    [
        "x = box.n",
        "box.n = 1",
        "x = 1 + 2 * 3",
        "x = d['a']",
        "d['a'] = 1",
        "x = 'a' in d and 1 < 2",
        "x = f'{box} {1:>3}'",
        "x = [1, 2, *d]",
        "try:\n        d['b']\n    except KeyError:\n        pass",
        "x = isinstance(d, dict)",
        "x = len(d)",
        "x = type(d)",
        "x = [y for y in d][0] if 0 else 1",
    ],
)
def test_the_lock_stays_at(body: str) -> None:
    source = f"class Box: n = 0\nbox, d = Box(), {{}}\ndef f():\n    {body}\n"
    gil = [point for point in points(source, GIL) if not point.startswith("loop")]
    assert [each.split()[:2] for each in gil] == [["enter", "3"]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("make()", ["call", "returned"]),
        ("d.get('a')", ["call", "returned"]),
        ("d.update(a=make())", ["call", "returned", "call", "returned"]),
        ("for x in d: pass", ["loop"]),
        ("while d: pass", ["loop"]),
        ("{x for x in d}", []),
        ("with lock: pass", ["call", "returned", "call", "returned", "call", "returned"]),
        ("lock.acquire()", ["call", "returned"]),
        ("make(*d, **d)", ["call", "returned"]),
    ],
)
def test_the_lock_may_go_at(body: str, expected: list[str]) -> None:
    source = f"import threading\nlock, d = threading.Lock(), {{}}\ndef make(): pass\ndef f():\n    {body}\n"
    roles = [point.split()[0] for point in points(source, GIL)]
    if body.startswith("{"):
        roles = [role for role in roles if role != "loop"]  # of its own function up to 3.11
    assert sorted(roles) == sorted(["enter", *expected])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return os.path, Kind, Kind.size, LIMIT, make", []),
        ("return math.pi", ["load attr:pi"]),
        ("return Colour.RED", []),
        ("return table", ["load global:table"]),
        ("return Kind.table", ["load attr:table"]),
        ("make.calls = 1", ["store attr:calls="]),
        ("self.handler()", ["load attr:handler"]),
        ("self.method()", []),
        ("self.items.append(1)", ["load attr:items", "store item="]),
        ("self.cells.append(1)", ["store item="]),
        ("for x in self.cells: pass", ["load attr:cells"]),
        ("table['a'] += 1", ["load item", "store item="]),
        ("return len(table)", ["load global:table"]),
        ("return config.user", ["load attr:user"]),
        ("self.items.copy()", ["load attr:items", "load item"]),
        ("del self.items[0]", ["load attr:items", "store item="]),
        ("self.n = self.n + 1", ["load attr:n", "store attr:n="]),
        ("return self.__class__, self.items[1:]", ["load attr:items", "load item"]),
        ("self.items[:1] = [2]", ["load attr:items", "store item="]),
        ("return dict[str, int]", []),
        ("x = self; y = x; return [x, y, 1]", []),
        ("global late; late = 1", ["store global:late="]),
        ("del self.items", ["store attr:items="]),
    ],
)
def test_without_the_lock_there_are_also(body: str, expected: list[str]) -> None:
    source = f"""import enum, math, os, types
class Colour(enum.Enum): RED = 1
class Kind:
    def size(self): pass
    table = []
    def __init__(self): self.cells = []
LIMIT, table, config = 3, {{}}, types.SimpleNamespace(user=1)
def make(): pass
def other(self): self.handler = make
def f(self):
    self == self
    {body}
"""
    found = [point.split() for point in points(source, FREE)]
    extra = [f"{each[0]} {each[2]}" for each in found if each[0] in {"load", "store"}]
    assert extra == expected


def test_a_name_that_is_shadowed_is_a_call_like_any_other() -> None:
    assert [each.split()[0] for each in points("def f():\n    len('a')\n", GIL)] == ["enter"]
    shadowed = "def f():\n    len('a')\ndef len(x):\n    return 1\n"
    assert [each.split()[0] for each in points(shadowed, GIL)] == ["enter", "call", "returned"]


def test_variables_of_an_outer_function_are_shared_when_somebody_stores_them() -> None:
    source = """def outer():
    n, m = 0, 1
    def inner():
        nonlocal n
        n += m
    return inner
def f(): pass
f = outer()
"""
    assert points(source, FREE) == ["enter 3 cell:n", "store 5 cell:n="]


class Python:
    def __init__(self) -> None:
        self.n = 1

    def method(self) -> None: ...

    def __call__(self) -> None: ...


def generator() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("callable_", "expected"),
    [
        (generator, None),
        (test_of_loops, test_of_loops),
        (Python, Python.__init__),
        (Python().method, Python.method),
        (Python(), Python.__call__),
        (dict, None),
        (len, None),
        ({}.get, None),
        (str.lower, None),
        (3, None),
    ],
)
def test_what_a_call_enters(callable_: object, expected: object) -> None:
    assert entered(callable_) is (expected.__code__ if isinstance(expected, FunctionType) else None)


def test_a_file_that_cannot_be_read_or_parsed_stores_nothing_known(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:")
    assert stored_by(str(broken)) is NOTHING
    assert stored_by(str(tmp_path / "none.py")) is NOTHING


def codes(code: CodeType) -> list[CodeType]:
    return [code, *(each for const in code.co_consts if isinstance(const, CodeType) for each in codes(const))]


@pytest.mark.parametrize("module", ["argparse", "asyncio.base_events", "tarfile", "typing"])
def test_the_depth_of_the_stack_is_what_the_compiler_says(module: str) -> None:
    file = str(__import__(module, fromlist=["_"]).__file__)
    for code in codes(compile(Path(file).read_text(), file, "exec")):
        flow = Flow(code)
        depths = [depth for depth in flow.depth if depth is not None]
        assert min(depths) >= 0
        assert max(depths) <= code.co_stacksize
        for number, each in enumerate(flow.instructions):
            if each.opname == "RETURN_VALUE" and flow.depth[number] is not None:
                assert flow.depth[number] == 1


def interpreter(version: str) -> str | None:
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return str(found[0]) if found else shutil.which(f"python{version}")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what each Python at hand tells of the snippets."""
    processes = {
        version: subprocess.Popen(
            [python, "-B", PROGRAM, tmp_path_factory.mktemp("snippets")],
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for version in VERSIONS
        if (python := interpreter(version))
    }
    return {version: json.loads(process.communicate()[0]) for version, process in processes.items()}


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(
            version,
            marks=[]
            if interpreter(version)
            else pytest.mark.skip(f"not applicable: no Python {version} is at hand"),
        )
        for version in VERSIONS
        if sys.version_info[:2] != tuple(map(int, version.split(".")))
    ],
)
def test_another_python_comes_by_the_same_points_in_the_same_order(
    version: str, told: dict[str, Any]
) -> None:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert len(told[own]) >= 50
    for snippet, levels in told[own].items():
        for level, expected in levels.items():
            assert expected, snippet
            both = {each: told[each][snippet][level] for each in (own, version)}
            if min(both) < "3.14" <= max(both):
                both = {each: without_what_3_14_changed(snippet, points) for each, points in both.items()}
            if "3.14" in both:
                both = {each: without_managers(snippet, points) for each, points in both.items()}
            assert both[version] == both[own], snippet


def without_what_3_14_changed(snippet: str, points: list[list[Any]]) -> list[list[Any]]:
    """Leave out where the versions differ.

    From 3.14 on `while` tests its condition after it has jumped back, where the lock may go, and not before. So its
    loop goes round once more, and the condition is no place that one comes to in one way alone. And `all`, `any` and
    `tuple` are not called to go through a generator expression.
    """
    source = SNIPPETS[snippet].splitlines()
    left = [
        (role, needs, line, name)
        for role, needs, line, name in points
        if not (role == Role.LOOP and "while" in SNIPPETS[snippet])
        and not (role == Role.RETURNED and re.search(r"\b(any|tuple)\(", source[line - 1]))
    ]
    if snippet == "while over several lines" and left[1:2] == [
        (Role.LOAD, Feasibility.FREE_THREADED, 6, "attr:n")
    ]:
        del left[1]
    return [list(each) for each in left]


def without_managers(snippet: str, points: list[list[Any]]) -> list[list[Any]]:
    """Leave out the calls of context managers: on 3.14 the lock may go after any, also after one in C was entered."""
    source = SNIPPETS[snippet].splitlines()
    return [
        [role, needs, line, name]
        for role, needs, line, name in points
        if not (role in CALLS and (snippet == "with over several lines" or "with " in source[line - 1]))
    ]
