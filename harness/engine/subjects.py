"""Finds the subject that an import string names: one that states its promise, or a bare Local given one."""

import threading
from collections.abc import Callable
from typing import Any

from harness.core.errors import UserError
from harness.core.names import load, nearest
from localimpl import Local, Promise, Subject, Unit
from localimpl.adopted import Adopted
from localimpl.namespace import Namespace

OPERATIONS = ("get", "set", "delete", "release")


def find_subject(path: str) -> Subject:
    """Return the subject named ``package.module:Name``, or ``package.module:Name[thread,task]`` for a bare Local.

    Raises UserError when there is none, or when what is there is no Local.
    """
    plain, bracket, promised = path.partition("[")
    found = load(plain)
    if isinstance(found, Subject):
        if bracket:
            raise UserError(f"{plain} is a Subject and states its own promise; leave out [{promised}")
        return found
    if not callable(found):
        raise UserError(f"{plain} is {described(found)}, and no class or function that makes a Local")
    if not bracket:
        raise UserError(
            f"{plain} is no Subject but {described(found)}; say what it keeps apart with --promise, "
            f"as in --promise thread,greenlet,task (or --promise none), or behind its name: {plain}[thread]"
        )
    return Subject(
        name=plain.partition(":")[2],
        summary=_summary(found, plain),
        make=_maker(plain, found),
        promise=Promise(isolates=parse_promise(promised.rstrip("]"))),
    )


def with_promise(path: str, promise: str) -> str:
    """Return the import string of a bare Local with its promise behind it."""
    units = sorted(parse_promise(promise))
    return f"{path}[{','.join(units)}]"


def parse_promise(text: str) -> frozenset[Unit]:
    """Read ``thread,greenlet,task``; ``none`` or nothing promises nothing."""
    names = [] if text.strip() in ("", "none") else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in set(Unit):
            raise UserError(f"{name!r} is no unit{nearest(name, [str(unit) for unit in Unit])}")
    return frozenset(Unit(name) for name in names)


def _maker(path: str, found: Callable[[], Any]) -> Callable[[], Local]:
    """Return what makes a Local with our whole surface out of a class or factory."""
    try:
        sample = found()
    except Exception as error:
        raise UserError(
            f"{path}() failed: {type(error).__name__}: {error}; it must take no argument"
        ) from error
    if isinstance(sample, Local):
        return found
    missing = [name for name in OPERATIONS if not callable(getattr(sample, name, None))]
    if not missing:
        return lambda: Adopted(found())
    if isinstance(sample, threading.local) or hasattr(sample, "__release_local__"):
        return lambda: Namespace(found())
    raise UserError(
        f"{path} makes {described(sample)}, which is no Local: it lacks {', '.join(missing)} "
        "(or attributes of its own for each unit, as threading.local has)"
    )


def _summary(found: Any, path: str) -> str:
    lines = (getattr(found, "__doc__", None) or "").strip().splitlines()
    return lines[0] if lines else path


def described(found: Any) -> str:
    """Say what kind of thing was found where another was expected, with its article."""
    kind = "class" if isinstance(found, type) else type(found).__name__
    name = f" {found.__name__}" if isinstance(found, type) else ""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}{name}"
