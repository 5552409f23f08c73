"""Reads the defaults of ``ctxstress run`` from the table ``[tool.ctxstress]`` of a pyproject.toml."""

import tomllib
from pathlib import Path
from typing import Any

import click

from harness.core.errors import UserError
from harness.core.names import nearest

SETTINGS = Path("pyproject.toml")
PLAIN: dict[type[click.ParamType[Any]], tuple[str, tuple[type, ...]]] = {
    click.IntRange: ("a whole number", (int,)),
    click.types.IntParamType: ("a whole number", (int,)),
    click.FloatRange: ("a number", (int, float)),
}
"""How values of an option are written in TOML where not as strings."""


def settings(command: click.Command) -> dict[str, Any]:
    """Return the defaults of ``[tool.ctxstress]`` in this directory's pyproject.toml, by the command's parameters."""
    if not SETTINGS.is_file():
        return {}
    try:
        table: Any = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the defaults in {SETTINGS}: {error}") from error
    for key in ("tool", "ctxstress"):
        table = table.get(key, {})
        if not isinstance(table, dict):
            raise UserError(f"{SETTINGS}: {key} is {table!r}, but [tool.ctxstress] is a table of options")
    options = {
        name.removeprefix("--"): option
        for option in command.params
        for name in option.opts
        if name.startswith("--") and isinstance(option, click.Option)
    }
    found = {}
    for name, value in table.items():
        option = options.get(name)
        if option is None or option.name is None:
            raise UserError(f"{SETTINGS}: [tool.ctxstress] has no {name!r}{nearest(name, list(options))}")
        found[option.name] = _setting(name, option, value)
    return found


def _setting(name: str, option: click.Option, value: Any) -> Any:
    """Return the value of one default; raise UserError for one that the option cannot have."""
    said = f"{SETTINGS}: [tool.ctxstress] {name} = {value!r}"
    if option.is_flag:
        if not isinstance(value, bool):
            raise UserError(f"{said}: write true or false")
        return value
    kind, types = PLAIN.get(type(option.type), ("a string", (str,)))
    values = value if option.multiple and isinstance(value, list) else [value]
    if not all(isinstance(each, types) and not isinstance(each, bool) for each in values):
        raise UserError(f"{said}: write {kind}{', or a list of them' if option.multiple else ''}")
    for each in values:
        try:
            option.type.convert(each, option, None)
        except click.BadParameter as error:
            raise UserError(f"{said}: {error.message}") from error
    return values if option.multiple else value
