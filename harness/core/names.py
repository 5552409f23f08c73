"""Import strings: how a part that lives anywhere is named in a cell, a command and a record."""

import importlib
from difflib import get_close_matches
from typing import Any

from harness.core.errors import UserError


def load(path: str) -> Any:
    """Return the object that ``package.module:Name`` names.

    Raises UserError with the cause when the module does not import or has no such name.
    """
    module_name, _, attribute = path.partition(":")
    if not module_name or not attribute:
        raise UserError(f"{path!r} is no import string; write it as package.module:Name")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise UserError(
                f"{path!r}: there is no module {error.name!r} on the import path; "
                "check the spelling, or run from the directory that holds it"
            ) from error
        raise UserError(f"{path!r}: importing {module_name} failed: no module {error.name!r}") from error
    except (Exception, SystemExit) as error:
        raise UserError(
            f"{path!r}: importing {module_name} failed: {type(error).__name__}: {error}"
        ) from error
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            names = [name for name in dir(found) if not name.startswith("_")]
            raise UserError(
                f"{path!r}: {module_name} has no {attribute!r}{nearest(attribute, names)}"
            ) from error
    return found


def nearest(asked: str, known: list[str]) -> str:
    """Return a clause that offers the nearest known names, to be put behind an error."""
    close = get_close_matches(asked, known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are: {', '.join(sorted(known))}"
