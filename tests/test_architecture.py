"""The house rules that a machine can check: imports, sizes, opening sentences, names, forbidden words."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 400
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
# Folders that exist on one machine only. The names are split so that this file itself passes.
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:ho" + "me|ro" + "ot|Us" + "ers|wo" + r"rk|opt)/\w")
REGISTRY_HOST = re.compile(
    "pypi" + r"\.|python" + r"hosted|registry\.np" + "mjs|conda" + r"\.org|files\.pyth" + "on"
)


@cache
def committed() -> tuple[Path, ...]:
    """The files that are in git or about to be, relative to the root."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, so what is committed is unknown")
    paths = (Path(name) for name in done.stdout.split("\0") if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def text_of(path: Path) -> str | None:
    """The text of a file, or None when it is binary."""
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return None


def python_files() -> list[Path]:
    return [path for path in committed() if path.suffix == ".py" or path == Path("dev")]


def first_sentence_fault(source: str) -> str | None:
    """What is wrong with the opening of a Python file, or None when it opens with one sentence."""
    docstring = ast.get_docstring(ast.parse(source))
    if not docstring:
        return "has no opening sentence"
    opening = docstring.split("\n\n")[0]
    return None if opening.endswith((".", "?", "!", ":")) else "opens with something that is no sentence"


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_that_goes_up_is_seen(tmp_path: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    for line in contracts[0]["layers"]:
        for room in re.findall(r"[\w.]+", line):
            package = tmp_path / room.replace(".", "/")
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").touch()
    (tmp_path / "harness" / "__init__.py").touch()
    (tmp_path / "localimpl" / "__init__.py").write_text("import harness.core\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "localimpl is not allowed to import harness.core" in done.stdout, done.stdout + done.stderr


def test_no_file_is_too_long() -> None:
    code = {".py", ".j2", ".css", ".js", ".md", ""}
    lengths = {path: len((text_of(path) or "").splitlines()) for path in committed() if path.suffix in code}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_each_file_opens_with_a_sentence() -> None:
    faults = {path: first_sentence_fault(text_of(path) or "") for path in python_files()}
    assert {path: fault for path, fault in faults.items() if fault} == {}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('"""Keeps apart."""', None),
        ('"""Keeps apart.\n\nAnd more"""', None),
        ('"""Keeps apart"""', "opens with something that is no sentence"),
        ("x = 1", "has no opening sentence"),
        ("", "has no opening sentence"),
    ],
    ids=["one line", "sentence and more", "no full stop", "no docstring", "nothing"],
)
def test_the_opening_sentence_is_told_from_others(source: str, fault: str | None) -> None:
    assert first_sentence_fault(source) == fault


def test_no_name_is_vague() -> None:
    vague = [path for path in committed() if VAGUE & set(re.split(r"[/._-]", str(path).lower()))]
    assert vague == []


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY_HOST], ids=["machine path", "registry host"])
def test_nothing_names_a_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in committed()
        for number, line in enumerate((text_of(path) or "").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("see /" + "home/ann/x", True),
        ("file:///" + "opt/wheels", True),
        ("harness/framework/app.py", False),
        ("$HOME/work", False),
    ],
    ids=["a home", "a file URL", "a path of ours", "a variable"],
)
def test_a_machine_path_is_told_from_others(text: str, named: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is named
