"""Finds the subject that an import string names: one that states its promise, or a bare Local given one."""

from collections.abc import Callable
from typing import Any

from harness.core.errors import UserError
from harness.core.names import load, nearest
from localimpl import Promise, Subject, Unit
from localimpl.surface import with_surface


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
    _check(plain, found)
    return Subject(
        name=plain.partition(":")[2],
        summary=_summary(found, plain),
        make=found,
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


def _check(path: str, make: Callable[[], Any]) -> None:
    """Raise UserError where a class or factory makes no Local, nor what can be made one."""
    try:
        sample = make()
    except Exception as error:
        raise UserError(
            f"{path}() failed: {type(error).__name__}: {error}; it must take no argument"
        ) from error
    try:
        with_surface(sample)
    except TypeError as error:
        raise UserError(f"{path}: {error}") from error


def _summary(found: Any, path: str) -> str:
    lines = (getattr(found, "__doc__", None) or "").strip().splitlines()
    return lines[0] if lines else path


def described(found: Any) -> str:
    """Say what kind of thing was found where another was expected, with its article."""
    kind = "class" if isinstance(found, type) else type(found).__name__
    name = f" {found.__name__}" if isinstance(found, type) else ""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}{name}"
