"""Single-line mutations of good Locals: each turns the matrix red by one test, which calls it a broken promise."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.core.record import read_run
from harness.core.verdict import Grade

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("harness", "localimpl", "reports", "scenarios")
UNUSED = ("-p", "no:cacheprovider", "-p", "no:anyio", "-p", "no:hypothesispytest")


@dataclass(frozen=True)
class Mutation:
    """A line of a file of localimpl/, what stands there instead, and the cell that must turn red."""

    fault: str
    file: str
    line: str
    instead: str
    cell: str


MUTATIONS = [
    Mutation(
        "one slot for everybody in place of a ContextVar",
        "contextvar.py",
        "var: ContextVar[Any] = ContextVar(name, default=UNSET)",
        "box = [UNSET]; var = type('', (), {'get': lambda _: box[0], 'set': lambda _, value: box.insert(0, value)})()",
        "contextvar-threads-read_back",
    ),
    Mutation(
        "releasing does nothing",
        "contextvar.py",
        "for name in self.names():",
        "for name in ():",
        "contextvar-greenlets-starts_empty",
    ),
    Mutation(
        "keyed by a constant",
        "thread_ident.py",
        'get_ident = unpatched("threading", "get_ident")',
        "get_ident = lambda: 0",
        "thread_ident-threads-read_back",
    ),
    Mutation(
        "releasing clears everybody's",
        "thread_ident.py",
        "self._storage.pop(get_ident(), None)",
        "self._storage.clear()",
        "thread_ident-threads_per_request-read_back",
    ),
    Mutation(
        "one default dict for everybody",
        "thread_ident.py",
        "self._storage.setdefault(get_ident(), {})[name] = value",
        "self._storage.setdefault(get_ident(), self._storage.setdefault(0, {}))[name] = value",
        "thread_ident-threads-belong_together",
    ),
    Mutation(
        "keyed by the hub that all greenlets of a thread share",
        "greenlet_ident.py",
        "from greenlet import getcurrent, greenlet",
        "from gevent import get_hub as getcurrent; from greenlet import greenlet",
        "greenlet_ident-greenlets-read_back",
    ),
    Mutation(
        "keyed by id, without removal",
        "greenlet_ident.py",
        "from weakref import ref",
        "ref = lambda unit, forget=None: id(unit)",
        "greenlet_ident-greenlets-child_unreleased",
    ),
    Mutation(
        "a nested context is put under the outer one",
        "stack.py",
        "frames = [obj] if found is UNSET else [*found, obj]",
        "frames = [obj] if found is UNSET else [obj, *found]",
        "contextvar-tasks-nested_contexts",
    ),
    Mutation(
        "the last frame is never taken off",
        "stack.py",
        "self._write(UNSET)",
        "pass",
        "contextvar-threads-starts_empty",
    ),
    Mutation(
        "a proxy keeps what it found first",
        "proxy.py",
        "obj = source()",
        "obj = look_up.__dict__.setdefault('first', source())",
        "contextvar-tasks-read_back",
    ),
]


def mutate(source: str, mutation: Mutation) -> str:
    """Return the source with the one line changed; it must be there, once."""
    lines = source.splitlines(keepends=True)
    found = [number for number, line in enumerate(lines) if line.strip() == mutation.line]
    assert len(found) == 1, (
        f"{mutation.file} has {len(found)} lines {mutation.line!r}; mutate what stands there now"
    )
    (number,) = found
    lines[number] = lines[number].replace(mutation.line, mutation.instead)
    return "".join(lines)


def run_matrix(copy: Path, cells: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run these cells of a copy of the project by its own pytest command."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables["PYTHONPATH"] = os.pathsep.join([str(copy), *filter(None, sys.path)])
    chosen = " or ".join(f"test_cell[{cell}]" for cell in cells)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "scenarios", "-k", chosen, *UNUSED],
        cwd=copy,
        env=variables,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project's packages."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("out"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.fault for mutation in MUTATIONS])
def test_a_mutation_turns_one_test_red(copy: Path, mutation: Mutation) -> None:
    file = copy / "localimpl" / mutation.file
    file.write_text(mutate(file.read_text(encoding="utf-8"), mutation), encoding="utf-8")
    done = run_matrix(copy, [mutation.cell])
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    (result,) = read_run(copy / "reports" / "out").cells
    assert (result.cell.id, result.grade) == (mutation.cell, Grade.BROKEN), done.stdout
    assert f"{mutation.cell} is broken" in done.stdout


def test_without_a_mutation_all_of_them_are_green(copy: Path) -> None:
    cells = [mutation.cell for mutation in MUTATIONS]
    done = run_matrix(copy, cells)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    kept = {
        result.cell.id for result in read_run(copy / "reports" / "out").cells if result.grade is Grade.KEPT
    }
    assert kept == set(cells)


def test_there_are_ten() -> None:
    assert len({(mutation.file, mutation.line, mutation.instead) for mutation in MUTATIONS}) == 10


@pytest.mark.parametrize(("source", "count"), [("other = 1\n", 0), ("  a = 1\nb = 2\na = 1\n", 2)])
def test_a_line_that_is_not_there_once_is_no_silent_pass(source: str, count: int) -> None:
    with pytest.raises(AssertionError, match=f"has {count} lines 'a = 1'"):
        mutate(source, Mutation("", "some.py", "a = 1", "a = 2", ""))
