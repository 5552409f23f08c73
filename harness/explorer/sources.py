"""Finds the source files of a program of callables: of these, of what they name, and of what they are given."""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import Any, get_args

from harness.explorer.attributes import dict_of
from harness.explorer.places import INSTALLED

NAME = re.compile(r"[^\W\d]\w*")
MAKERS = ("__new__", "__init__", "__post_init__")
"""The methods of a class that make what an instance consists of."""
STANDARD = Path(inspect.__file__).parent


def files_of(calls: Iterable[Callable[..., Any]], begin: Callable[[], Any] | None = None) -> tuple[str, ...]:
    """Return the source files of callables and of what they name, but not those of installed packages.

    What lies in the same file as a callable is looked into as well. ``begin`` makes what the callables are given, so
    the functions that it names, and what makes the instances of classes, are looked into wherever they lie. Nothing is
    called, and no object is woken that loads itself when it is looked at.
    """
    files: dict[str, None] = {}
    for call in calls:
        _follow(call, files, anywhere=False)
    if begin is not None:
        _follow(begin, files, anywhere=True)
    return tuple(files)


def _follow(root: object, files: dict[str, None], *, anywhere: bool) -> None:
    """Add the files of one callable and of what it names; with ``anywhere`` of what other files name in making it."""
    roots = {id(each): each for each in _layers(root)}
    home = {file for each in roots.values() for file in _files(each)}
    seen: dict[int, object] = {}
    left = list(roots.values())
    while left:
        each = left.pop(0)
        if id(each) in seen:
            continue
        seen[id(each)] = each
        own = _files(each)
        files.update(dict.fromkeys(own))
        near = not home.isdisjoint(own) and not _is(each, ModuleType)
        if near or id(each) in roots:
            named = _named(each)
        elif anywhere and own and _is(each, FunctionType, type):
            named = _named(each, MAKERS)
        else:
            continue
        left += [layer for other in named for layer in _layers(other)]


def _layers(outermost: object) -> Iterator[object]:
    """Yield something with what it wraps: the function of a partial or a decorator, the object of a method."""
    seen: dict[int, object] = {}
    left: list[Any] = [outermost]
    while left:
        each = left.pop(0)
        if id(each) in seen:
            continue
        seen[id(each)] = each
        yield each
        if _is(each, partial):
            left += [each.func, *each.args, *each.keywords.values()]
        elif _is(each, MethodType):
            left += [each.__func__, each.__self__]
        elif _is(each, BuiltinMethodType):
            left.append(each.__self__)
        elif _is(each, FunctionType):
            left += [*filter(_is_call, _enclosed(each)), *_wrapped(each)]
        elif not _is(each, type, ModuleType):
            left += [*filter(_is_call, dict_of(each).values()), *_wrapped(each)]


def _wrapped(each: object) -> Iterator[object]:
    """Yield what ``functools.wraps`` says that something wraps."""
    if (wrapped := dict_of(each).get("__wrapped__")) is not None:
        yield wrapped


def _is_call(each: object) -> bool:
    return _is(each, FunctionType, MethodType, partial)


def _enclosed(function: FunctionType) -> list[object]:
    """Return what a function keeps of the functions around it."""
    return [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]


def _files(each: Any) -> list[str]:
    """Return the source files in which something is defined, or the classes that it is of, if the program's own."""
    found: list[Any]
    if _is(each, ModuleType):
        found = [dict_of(each).get("__file__")]
    elif _is(each, FunctionType):
        found = [each.__globals__.get("__file__")]
    else:
        classes = (each if _is(each, type) else type(each)).__mro__
        modules = [sys.modules.get(str(vars(one).get("__module__"))) for one in classes]
        found = [dict_of(module).get("__file__") for module in modules]
    return [file for file in found if isinstance(file, str) and _is_own(Path(file))]


def _is_own(path: Path) -> bool:
    """Tell whether a file is source of the program: not of an installed package, nor of the standard library."""
    installed = any(part in INSTALLED for part in path.parts)
    return path.suffix == ".py" and not installed and not path.is_relative_to(STANDARD)


def _named(each: Any, methods: Iterable[str] = ()) -> Iterator[object]:
    """Yield what a function, a class or an instance names; of a class in all of its methods, or in some."""
    if _is(each, FunctionType):
        yield from _named_by(each)
    elif _is(each, type):
        for one in each.__mro__:
            known = vars(one) if _files(one) else {}
            for name in methods or known:
                yield from _functions(known.get(name))
    elif not _is(each, ModuleType):
        yield type(each)
        yield from dict_of(each).values()


def _functions(attribute: Any) -> Iterator[object]:
    """Yield the functions that an attribute of a class is made of."""
    if _is(attribute, FunctionType):
        yield attribute
    elif _is(attribute, staticmethod, classmethod):
        yield attribute.__func__
    elif _is(attribute, property):
        yield from (each for each in (attribute.fget, attribute.fset) if each is not None)


def _named_by(function: FunctionType) -> Iterator[object]:
    """Yield what a function names, encloses, has as a default, or is annotated with."""
    names = dict.fromkeys(_names(function.__code__))
    annotated = list(_annotations(function))
    names |= dict.fromkeys(name for each in annotated if _is(each, str) for name in NAME.findall(str(each)))
    known = function.__globals__
    package = known.get("__package__") or ""
    found = [known[name] if name in known else _imported(name, package) for name in names]
    found += _enclosed(function)
    for owner in found:  # grows: a module may hold another
        if _may_hold(owner):
            held = dict_of(owner)
            found += [held[name] for name in names if name in held and not _among(held[name], found)]
    yield from found
    yield from annotated
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _annotations(function: FunctionType) -> Iterator[object]:
    """Yield annotations with what they are made of: ``Plain`` of ``Plain | None``."""
    try:
        left: list[Any] = [*inspect.get_annotations(function).values()]
    except NameError:  # a name that is only there for a type checker, from 3.14 on
        return
    while left:
        each = left.pop()
        yield each
        left += get_args(each)


def _imported(name: str, package: str) -> object:
    """Return the module of a name that a function imports itself; None for another name."""
    return sys.modules.get(name, sys.modules.get(f"{package}.{name}"))


def _may_hold(owner: object) -> bool:
    """Tell whether something is a module of the program, or a package without a file."""
    return _is(owner, ModuleType) and (bool(_files(owner)) or dict_of(owner).get("__file__") is None)


def _among(value: object, values: Iterable[object]) -> bool:
    return any(each is value for each in values)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell raises
    except ValueError:
        return False
    return True


def _is(value: object, *kinds: type) -> bool:
    """Tell of what type something is without asking it, which a proxy would pass on."""
    return issubclass(type(value), kinds)
