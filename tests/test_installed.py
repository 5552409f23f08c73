"""What the doctor says of the packages that parts stand on."""

import sys
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest
from packaging.markers import default_environment

from harness import installed
from harness.catalog import choose, entries
from harness.installed import Extra, extras, standings


def test_each_server_stands_on_something() -> None:
    found = {each.name: each for each in standings() if each.kind == "server"}
    assert list(found) == [entry.name for entry in entries("server")]
    assert found["threaded"].package == ""
    assert found["gunicorn_gevent"].package.startswith("gunicorn ")
    if sys.version_info < (3, 15):  # for which two servers have no wheels
        assert found["uwsgi_threads"].package.startswith("pyuwsgi ")
        assert not [each.command for each in found.values() if each.command]


def test_a_local_stands_on_a_package_only_where_it_needs_one() -> None:
    names = {each.name: each.package for each in standings() if each.kind == "local"}
    assert names["asgiref_local"].startswith("asgiref ")
    assert "contextvar" not in names


def test_what_is_missing_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "waitress", None)
    found = {each.name: each for each in standings()}
    assert found["waitress_threads"].package == "waitress"
    assert found["waitress_threads"].command == "pip install 'ctxstress[servers]'"
    assert found["gunicorn_sync"].command == ""


def test_what_an_extra_leaves_out_on_this_python_is_told_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = [
        "waitress>=3; python_version < '3.12' and extra == 'servers'",
        "cheroot>=11; extra == 'servers'",
        "rich>=14",
    ]
    monkeypatch.setattr("harness.extras.requires", lambda name: ours)
    for module in ("waitress", "cheroot"):
        monkeypatch.setitem(sys.modules, module, None)
    newer = {**default_environment(), "python_version": "3.12"}
    monkeypatch.setattr("packaging.markers.default_environment", lambda: dict(newer))
    found = {each.name: each for each in standings()}
    assert found["waitress_threads"].command == "pip install waitress"
    assert found["cheroot_threads"].command == "pip install 'ctxstress[servers]'"
    [waitress] = [each for each in entries("server") if each.name == "waitress_threads"]
    assert waitress.missing == (
        "waitress_threads needs waitress, which the extra 'servers' leaves out on this Python: pip install waitress"
    )


def test_an_extra_names_what_it_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        if package == "waitress":
            raise PackageNotFoundError
        return "1.0"

    monkeypatch.setattr(installed, "version", version)
    found: dict[str, Any] = {each.name: each for each in extras()}
    assert "cheroot 1.0" in found["servers"].present
    assert found["servers"].absent == ("waitress",)
    assert found["asgi"] == Extra("asgi", ("uvicorn 1.0",), ())
    assert not {"dev", "bench"} & set(found)
    assert found["world"].present == ("all of these",)


def test_names_may_be_written_with_dashes() -> None:
    assert [entry.name for entry in choose("server", ["gunicorn-gevent", "uwsgi-*"])] == [
        "gunicorn_gevent",
        "uwsgi_single",
        "uwsgi_threads",
    ]
