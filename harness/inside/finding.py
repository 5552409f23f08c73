"""Finds the app that an import string names, calls a factory, and says in a sentence what went wrong at its import."""

import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.core.errors import UserError
from harness.core.names import nearest
from harness.inside.app_kind import Kind, is_async, kind_of

USUAL = ("application", "app", "create_app", "make_app")
"""What is tried where only a module is named."""
_VARIABLE = re.compile(r"environment variable:? ['\"]?([A-Z][A-Z0-9_]+)")
HERE = str(Path(__file__).parent)


def find_app(path: str, app_dir: str) -> Any:
    """Return the app that ``module:attribute`` or ``module:factory()`` names; a module alone has the usual names.

    Raises UserError with what was found there instead, and what to do.
    """
    module_name, colon, attribute = path.partition(":")
    if "/" in module_name or module_name.endswith(".py"):
        dotted = module_name.removesuffix(".py").strip("./").replace("/", ".")
        raise UserError(f"{path!r} is a file; name its module, as in {dotted}:{attribute or 'app'}")
    called = attribute.endswith("()")
    attribute = attribute.removesuffix("()")
    module = _guarded(path, f"importing {module_name}", lambda: _imported(module_name, path, app_dir))
    found = _attribute(path, module, attribute) if colon else _usual(path, module)
    if called or kind_of(found) is Kind.FACTORY:
        if is_async(found):
            raise UserError(
                f"{path!r} is an `async def` factory; name an app, or a factory that is called plainly"
            )
        if not callable(found):
            raise UserError(
                f"{path!r}: {attribute} is {_described(found)} and cannot be called; leave out the ()"
            )
        found = _guarded(path, f"calling {attribute or found.__name__}()", found)
    if kind_of(found) in (Kind.NEITHER, Kind.FACTORY):
        raise UserError(
            f"{path!r} is {_described(found)}, and neither a WSGI nor an ASGI app{_elsewhere(found)}"
        )
    return found


def _imported(module_name: str, path: str, app_dir: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name == error.name or module_name.startswith(error.name + ".")):
            raise
        there = sorted(each.stem for each in Path(app_dir).glob("*") if _importable(each))
        raise UserError(
            f"{path!r}: there is no module {error.name!r} in {app_dir}{nearest(error.name, there) if there else ''}; "
            "name the directory that holds it with --app-dir"
        ) from error


def _importable(path: Path) -> bool:
    return path.stem.isidentifier() and (path.suffix == ".py" or any(path.glob("*.py")))


def _attribute(path: str, module: Any, attribute: str) -> Any:
    found = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            apps = [name for name in dir(found) if not name.startswith("_")]
            raise UserError(
                f"{path!r}: there is no {part!r} in {module.__name__}{nearest(part, apps)}"
            ) from error
    return found


def _usual(path: str, module: Any) -> Any:
    for name in USUAL:
        if hasattr(module, name):
            return getattr(module, name)
    raise UserError(
        f"{path!r} names a module, and in it is none of {', '.join(USUAL)}: write it as {path}:NAME"
    )


def _guarded(path: str, doing: str, act: Callable[[], Any]) -> Any:
    """Let the app's own code run; what it raises is shown in the log and told in a sentence."""
    try:
        return act()
    except UserError:
        raise
    except SystemExit as error:
        _show(error)
        raise UserError(f"{path!r}: {doing} ended the process with sys.exit({error.code!r})") from error
    except Exception as error:
        _show(error)
        raise UserError(f"{path!r}: {doing} failed: {_cause(error)}") from error


def _show(error: BaseException) -> None:
    """Print the traceback from the app's first line on."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None and _is_ours(trace):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _is_ours(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith((HERE, "<frozen importlib")) or file == importlib.__file__


def _cause(error: Exception) -> str:
    if isinstance(error, KeyError) and _raised_by_environ(error):
        name = error.args[0]
        return f"the environment variable {name} is not set; set it with --env {name}=VALUE"
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"{package} is not installed there; it is to be installed for {sys.executable}"
    if match := _VARIABLE.search(str(error)):
        return f"{said} (a variable is set with --env {match[1]}=VALUE)"
    return said


def _raised_by_environ(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is type(os.environ).__getitem__.__code__


def _described(found: Any) -> str:
    kind = type(found)
    return f"an object of {kind.__module__}.{kind.__qualname__}"


def _elsewhere(found: Any) -> str:
    package = type(found).__module__.partition(".")[0]
    if package in ("aiohttp", "tornado", "sanic"):
        return f"; {package} serves its apps itself: start it and give --url http://127.0.0.1:PORT"
    return ""
