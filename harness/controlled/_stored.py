"""What the functions of a source file store in places that others see."""

import ast
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from linecache import getlines


@dataclass(frozen=True, slots=True)
class Stored:
    """Names that some function of a file may bind anew."""

    names: Container[str]
    """Of globals: declared by a `global` statement."""
    cells: Container[str]
    """Of variables of an outer function: declared by a `nonlocal` statement."""
    attributes: Container[str]
    """Of attributes, of whatever object."""


NOTHING = Stored(frozenset(), frozenset(), frozenset())
"""All that is known of a file that cannot be read."""


def stored_in(source: str) -> Stored:
    """Return what the functions of a file of this source store."""
    names, cells, attributes = set[str](), set[str](), set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Global):
            names.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            cells.update(node.names)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            attributes.add(node.attr)
    return Stored(frozenset(names), frozenset(cells), frozenset(attributes))


@lru_cache(maxsize=256)
def stored_by(file: str) -> Stored:
    """Return what the functions of a file store; nothing is known when it cannot be read or parsed."""
    source = "".join(getlines(file))
    try:
        return stored_in(source) if source else NOTHING
    except SyntaxError:
        return NOTHING
