"""The rooms keep their shape, and what others offer is found, or told to be of no use, beside ours."""

import ast
import importlib
import json
import pkgutil
from pathlib import Path

import pytest

from harness.catalog import ROOMS, SPOKEN, choose, choose_one, controlled_for, entries
from harness.core.errors import UserError
from localimpl import Unit
from tests.doors.command import run

SUPPORT = {
    "localimpl": {
        "adopted",
        "cleanup",
        "local",
        "namespace",
        "promise",
        "proxy",
        "stack",
        "subject",
        "surface",
        "unpatched",
    },
    "scenarios": {"locustfile", "test_matrix"},
}
"""Files that lie beside the parts of a room and are none: what all Locals share, and the entry files of two doors."""


def faults(kind: str) -> list[str]:
    """Say of each file of a room what it lacks to be a part."""
    package_name, attribute, wanted = ROOMS[kind]
    found = []
    for module in pkgutil.iter_modules(importlib.import_module(package_name).__path__):
        name = module.name
        if name.startswith("_") or name in SUPPORT.get(package_name, ()):
            continue
        loaded = importlib.import_module(f"{package_name}.{name}")
        part = getattr(loaded, attribute, None)
        if not isinstance(part, wanted):
            found.append(f"{package_name}/{name}.py exports no {attribute}")
        elif getattr(part, "name", name) != name:
            found.append(f"{package_name}/{name}.py is called {part.name!r}")
        docstring = ast.get_docstring(ast.parse(Path(str(loaded.__file__)).read_text())) or ""
        if not docstring.split("\n\n")[0].endswith((".", ":", "?")):
            found.append(f"{package_name}/{name}.py opens with no sentence")
    return found


@pytest.mark.parametrize("kind", ROOMS)
def test_each_file_of_a_room_is_one_part_of_its_name(kind: str) -> None:
    assert faults(kind) == []
    assert {entry.path.partition(":")[0].rpartition(".")[2] for entry in entries(kind)} == {
        entry.name for entry in entries(kind)
    }


def test_a_file_that_is_no_part_would_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROOMS, "gate", ("harness.gates", "HOST", ROOMS["gate"][2]))
    assert "harness.gates/jitter.py exports no HOST" in faults("gate")


def test_good_locals_stand_before_the_controls() -> None:
    controls = [entry.part.control for entry in entries("local")]
    assert controls == sorted(controls)
    assert len(set(controls)) == 2
    names = [entry.name for entry in entries("local") if not entry.part.control]
    assert names == sorted(names)


def test_parts_are_chosen_by_name_by_glob_and_by_import_string_and_each_once() -> None:
    chosen = choose("local", ["contextvar", "context*", "localimpl.contextvar:SUBJECT", "thread_*"])
    assert [entry.name for entry in chosen] == ["contextvar", "thread_ident"]


def test_one_part_is_one() -> None:
    assert choose_one("gate", "once").name == "once"
    with pytest.raises(
        UserError, match=r"'thread\*' names 2 of the kind host, and one is wanted: threads, threads_"
    ):
        choose_one("host", "thread*")


def test_the_controlled_host_of_a_unit_stands_for_a_free_running_one() -> None:
    assert {unit: controlled_for(unit).name for unit in Unit} == {
        Unit.THREAD: "threads",
        Unit.GREENLET: "gevent_greenlets",
        Unit.TASK: "tasks",
    }
    hosts = {entry.name: entry.part for entry in entries("host")}
    assert all(hosts[name].unit is unit for unit in Unit for name in controlled_for(unit).part.stands_for)


@pytest.mark.parametrize("kind", ROOMS)
def test_a_name_that_nobody_has_is_told(kind: str) -> None:
    with pytest.raises(UserError, match=f"there is no {SPOKEN.get(kind, kind)} 'nobody'; "):
        choose(kind, ["nobody"])


@pytest.mark.parametrize("kind", [kind for kind in ROOMS if kind != "local"])
def test_what_is_no_such_part_is_told(kind: str) -> None:
    with pytest.raises(
        UserError, match=f"os:path is a module, and no {SPOKEN.get(kind, kind)}: that is a harness"
    ):
        choose(kind, ["os:path"])


def offer(folder: Path, name: str, value: str) -> None:
    """Install, as far as entry points go, a distribution that offers a Local."""
    info = folder / f"{name}_dist-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[ctxstress.locals]\n{name} = {value}\n")


def test_a_local_that_another_package_offers_is_listed_and_run_and_a_broken_one_is_noted(
    tmp_path: Path,
) -> None:
    (tmp_path / "theirs.py").write_text(
        "from localimpl import Promise, Subject, Unit\nfrom localimpl.contextvar import ContextLocal\n"
        "SUBJECT = Subject('offered', 'Offered by [others].', ContextLocal, Promise(frozenset(Unit)))\n"
    )
    offer(tmp_path, "offered", "theirs:SUBJECT")
    offer(tmp_path, "withered", "no_such_module:SUBJECT")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    code, out, err = run(elsewhere, "list", "local", path=str(tmp_path))
    assert code == 0, err
    assert "Offered by [others]." in out
    assert "no module 'no_such_module'" in " ".join(out.split())

    where = ("--host", "tasks", "--scenario", "read_back", "--out", "out")
    code, out, err = run(elsewhere, "run", "--local", "offered", *where, path=str(tmp_path))
    assert code == 0, out + err
    code, out, err = run(elsewhere, "run", *where, path=str(tmp_path))
    assert code == 0, out + err
    record = json.loads((elsewhere / "out" / "run.json").read_text())
    assert "theirs:SUBJECT" in {cell["cell"]["subject"] for cell in record["cells"]}
    (note,) = [note for note in record["notes"] if "withered" in note]
    assert note.startswith("left out: withered, an entry point of withered-dist, cannot be used: ")

    code, _, err = run(elsewhere, "run", "--local", "withered", *where, path=str(tmp_path))
    assert code == 2
    assert "no module 'no_such_module'" in err
    assert "Traceback" not in err


REFUSING = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("uvicorn", "asgiref"):
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Refuse())
"""


ECHO = """
import time


def app(environ, start_response):
    time.sleep(0.002)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["QUERY_STRING"].encode()]


async def other(scope, receive, send):
    raise NotImplementedError
"""


def test_an_app_needs_the_extra_of_its_own_interface_alone(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules.update(uvicorn=None)\n")
    (tmp_path / "echo.py").write_text(ECHO)
    asked = ("--request", "GET /?q={token}", "--requests", "1000", "--out", "out")
    code, out, err = run(tmp_path, "run", "--app", "echo:app", *asked, path=str(tmp_path))
    assert code == 0, out + err
    code, out, err = run(tmp_path, "run", "--app", "echo:other", *asked, path=str(tmp_path))
    assert code == 2
    assert "choose a server for ASGI (`ctxstress doctor` lists them)" in " ".join(out.split())


# A library can be missing in two ways: the finders do not know it, or an importer refuses it.
@pytest.mark.parametrize(
    "hook",
    [
        "import sys\nsys.modules.update(uvicorn=None, asgiref=None)\n",
        REFUSING,
    ],
)
def test_a_missing_extra_is_named_with_its_command_and_only_asked_for_an_error(
    tmp_path: Path, hook: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(hook)
    path = str(tmp_path)
    needs = {
        "asgiref_local": "asgiref_local needs the extra 'locals': pip install 'ctxstress[locals]'",
        "uvicorn_asgi": "uvicorn_asgi needs the extra 'asgi': pip install 'ctxstress[asgi]'",
    }
    _, out, _ = run(tmp_path, "list", path=path)
    assert all(need in " ".join(out.split()) for need in needs.values())
    _, out, _ = run(tmp_path, "doctor", path=path)
    assert all(f"missing: {need}" in out for need in needs.values())

    asked = ("--scenario", "read_back", "--requests", "8", "--out", "out")
    code, out, err = run(tmp_path, "run", "--local", "*text*", "--local", "asgi*", *asked, path=path)
    assert code in (0, 2), out + err  # eight requests may be too few to tell
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["notes"] == [f"left out: {need}" for need in needs.values()]
    assert not any("asgi" in cell["cell"]["subject"] + cell["cell"]["where"] for cell in record["cells"])

    for words, name in (
        (("run", "--local", "asgiref_local"), "asgiref_local"),
        (("run", "--server", "uvicorn_asgi"), "uvicorn_asgi"),
        (("trace", "--local", "asgiref_local"), "asgiref_local"),
    ):
        code, out, err = run(tmp_path, *words, path=path)
        assert (code, out, err) == (2, "", f"ctxstress: {needs[name]}\n")
