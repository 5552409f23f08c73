"""What the functions of a source file store in places that others see."""

import ast
from dataclasses import dataclass
from linecache import getlines

MAKERS = {"__init__", "__new__", "__post_init__"}
"""Functions that store attributes of what nobody else sees yet."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Names that some function of a file may bind."""

    names: frozenset[str] = frozenset()
    """Of globals: declared by a `global` statement."""
    cells: frozenset[str] = frozenset()
    """Of variables of an outer function: declared by a `nonlocal` statement."""
    made: frozenset[str] = frozenset()
    """Of attributes, of whatever object, that are stored while their object is made."""
    later: frozenset[str] = frozenset()
    """Of attributes that are stored at other times."""

    @property
    def attributes(self) -> frozenset[str]:
        """Of all these attributes."""
        return self.made | self.later

    @property
    def once(self) -> frozenset[str]:
        """Of attributes that stay what they are once their object is made."""
        return self.made - self.later


NOTHING = Stored()
"""All that is known of a file that cannot be read."""

_known: dict[str, tuple[list[str], Stored]] = {}
"""By the file, its lines as linecache has them, and what they store: they are the same list until the file changes."""


def stored_in(source: str) -> Stored:
    """Return what the functions of a file of this source store."""
    names, cells, made, later = set[str](), set[str](), set[str](), set[str]()

    def walk(node: ast.AST, making: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            making = getattr(node, "name", "") in MAKERS
        elif isinstance(node, ast.Global):
            names.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            cells.update(node.names)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            (made if making else later).add(node.attr)
        for child in ast.iter_child_nodes(node):
            walk(child, making)

    walk(ast.parse(source), making=False)
    return Stored(frozenset(names), frozenset(cells), frozenset(made), frozenset(later))


def stored_by(file: str) -> Stored:
    """Return what the functions of a file store; nothing is known when it cannot be read or parsed."""
    lines = getlines(file)
    known = _known.get(file)
    if known is None or known[0] is not lines:
        known = _known[file] = lines, _stored_in_lines(lines)
    return known[1]


def _stored_in_lines(lines: list[str]) -> Stored:
    try:
        return stored_in("".join(lines)) if lines else NOTHING
    except SyntaxError:
        return NOTHING
