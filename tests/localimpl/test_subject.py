"""Tests that subjects are what their files say, in any process, and say what is missing."""

import importlib
import json
import pkgutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import localimpl
from localimpl import Local, LocalStack, Promise, Subject, Unit
from localimpl.asgiref_local import SUBJECT as ASGIREF
from localimpl.contextvar import ContextLocal
from localimpl.gevent_local import SUBJECT as GEVENT
from localimpl.werkzeug_local import SUBJECT as WERKZEUG
from tests.localimpl.four_operations import FourOperations

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    (found.name, module.SUBJECT)
    for found in pkgutil.iter_modules(localimpl.__path__)
    if hasattr(module := importlib.import_module(f"localimpl.{found.name}"), "SUBJECT")
]


@pytest.mark.parametrize(("file", "subject"), FILES, ids=[name for name, _ in FILES])
def test_a_subject_is_named_after_its_file(file: str, subject: Subject) -> None:
    assert subject.name == file
    assert subject.control == file.startswith("broken_")
    assert subject.summary.endswith(".")
    assert "\n" not in subject.summary
    assert isinstance(subject.make(), Local)
    assert isinstance(subject.make_stack(), LocalStack)


def test_a_promise_covers_what_it_names() -> None:
    promise = Promise(frozenset({Unit.THREAD}), frozenset({(Unit.TASK, "read_back")}))
    assert promise.covers(Unit.THREAD)
    assert not promise.covers(Unit.TASK)


def test_a_subject_makes_its_own_stacks_unless_told_how() -> None:
    subject = Subject("mine", "My own.", ContextLocal, Promise(frozenset(Unit)))
    assert type(subject.make_stack()) is LocalStack
    told = Subject("mine", "My own.", ContextLocal, Promise(frozenset(Unit)), make_stack=lambda: stack)
    stack = LocalStack(ContextLocal())
    assert told.make_stack() is stack


def namespace() -> threading.local:
    return threading.local()


@pytest.mark.parametrize("make", [FourOperations, threading.local, namespace])
def test_what_is_no_local_yet_is_made_one_for_a_subject_and_its_stacks(make: Callable[[], Any]) -> None:
    subject = Subject("mine", "My own.", make, Promise(frozenset(Unit)))
    local, stack = subject.make(), subject.make_stack()
    assert isinstance(local, Local)
    local.user = 1
    assert (local.reader("user")(), dict(local), dict(subject.make())) == (1, {"user": 1}, {})
    stack.push("first")
    assert stack.top == "first"


def test_what_is_a_local_already_stays_as_it_is() -> None:
    local = ContextLocal()
    assert Subject("mine", "My own.", lambda: local, Promise(frozenset())).make() is local
    assert Subject("mine", "My own.", ContextLocal, Promise(frozenset())).make is ContextLocal


def test_what_can_be_made_no_local_is_told() -> None:
    subject = Subject("mine", "My own.", dict, Promise(frozenset()))  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match="it makes a dict, which is no Local: that lacks set, delete, release"
    ):
        subject.make()


@pytest.mark.parametrize(
    ("subject", "module"),
    [(ASGIREF, "asgiref.local"), (GEVENT, "gevent.local"), (WERKZEUG, "werkzeug.local")],
    ids=lambda value: value.name if isinstance(value, Subject) else None,
)
def test_a_missing_library_is_said_when_the_local_is_made(
    subject: Subject, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=module):
        subject.make()


PATCHED = """
import importlib, json
LIBRARY

def mixed(name):
    local = importlib.import_module(f"localimpl.{name}").SUBJECT.make()

    def request(number):
        local.user = number
        sleep(0)
        return local.user

    return [answer(unit) for unit in [spawn(request, number) for number in range(3)]]

NAMES
print(json.dumps({name: mixed(name) for name in names}))
"""
ONE_THREAD, APART = [2, 2, 2], [0, 1, 2]
ON_GREENLETS = {
    "thread_ident": ONE_THREAD,
    "threading_local": ONE_THREAD,
    "greenlet_ident": APART,
    "gevent_local": APART,
    "asgiref_local": APART,
    "werkzeug_local": APART,
    "contextvar": APART,
}


GEVENT_SAYS = """
from gevent import monkey, sleep, spawn
patch = monkey.patch_all
answer = lambda unit: unit.get()
"""
EVENTLET_SAYS = """
import warnings
warnings.simplefilter("ignore")
from eventlet import sleep, spawn, monkey_patch as patch
answer = lambda unit: unit.wait()
"""


@pytest.mark.parametrize("library", [GEVENT_SAYS, EVENTLET_SAYS], ids=["gevent", "eventlet"])
@pytest.mark.parametrize(
    "names",
    [
        f"patch(); names = {list(ON_GREENLETS)}",
        f"names = {list(ON_GREENLETS)}; [mixed(name) for name in names]; patch()",
    ],
    ids=["patched early", "patched late"],
)
def test_subjects_are_what_they_say_where_threads_are_patched(names: str, library: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PATCHED.replace("NAMES", names).replace("LIBRARY", library)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == ON_GREENLETS
