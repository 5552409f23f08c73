"""Placeholders in templates: which there are, what a text holds of them, and whether a flow can fill them all."""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from harness.apps.calls import Call, Flow
from harness.core.errors import UserError

KINDS = ("token", "token:NAME", "user", "int", "int:NAME", "choice:A|B")
NAME = r"[A-Za-z_][\w-]*"
_INNER = rf"choice:[^{{}}\"]*|{NAME}(?::[\w.-]+)?"
# In JSON }} is common, so doubled braces mean one only around what would else be a placeholder; and a choice has no
# quotes, so that none reaches over the end of a string.
_PLACE = re.compile(rf"\{{\{{(?P<literal>{_INNER})\}}\}}|\{{(?P<name>{_INNER})\}}", re.ASCII)
_DRAWN = re.compile(r"user|(?:token|int)(?::[\w.-]+)?|choice:[^{}\"]+", re.ASCII)
_SINGLE = re.compile(rf"\{{(?:{_INNER})\}}", re.ASCII)


class Piece(NamedTuple):
    """A part of a template: text to send as it stands, or the name of a placeholder."""

    text: str
    is_name: bool


@lru_cache(maxsize=4096)
def pieces(template: str) -> tuple[Piece, ...]:
    """Take a template apart."""
    found: list[Piece] = []
    end = 0
    for match in _PLACE.finditer(template):
        before = template[end : match.start()]
        if literal := match["literal"]:
            before += "{" + literal + "}"
        if before:
            found.append(Piece(before, False))
        if match["name"]:
            found.append(Piece(match["name"], True))
        end = match.end()
    if rest := template[end:]:
        found.append(Piece(rest, False))
    return tuple(found)


def fill(template: str, value: Callable[[str], str]) -> str:
    """Return the text that a template stands for, each placeholder replaced by its value."""
    return "".join(value(piece.text) if piece.is_name else piece.text for piece in pieces(template))


def literal(text: str) -> str:
    """Return the template that stands for exactly this text."""
    return _SINGLE.sub(lambda match: "{" + match[0] + "}", text)


def is_drawn(name: str) -> bool:
    """Tell whether a placeholder has a value from the beginning of a visit; the others are captured on its way."""
    return _DRAWN.fullmatch(name) is not None


def names(call: Call) -> Iterator[str]:
    """Yield the placeholders of a call, as they occur."""
    for template in _templates(call):
        for piece in pieces(template):
            if piece.is_name:
                yield piece.text


def drawn(calls: Iterable[Call]) -> tuple[str, ...]:
    """Return the placeholders whose values a visit through these calls begins with, each once."""
    return tuple(dict.fromkeys(name for call in calls for name in names(call) if is_drawn(name)))


def check(flow: Flow) -> None:
    """Raise UserError for a placeholder that nothing fills, and for a capture or expectation that cannot work."""
    captured: list[str] = []
    for call in flow.calls:
        for expected in call.expects:
            if foreign := [
                each.text for each in pieces(expected) if each.is_name and not is_drawn(each.text)
            ]:
                raise UserError(
                    f"{call.name}: expect {expected!r} holds {{{foreign[0]}}}, but what is expected is text with "
                    f"{', '.join(f'{{{kind}}}' for kind in KINDS)}"
                )
        for name in names(call):
            if not is_drawn(name) and name not in captured:
                raise UserError(_unknown(name, call, captured, flow))
        for capture in call.captures:
            if (
                is_drawn(capture.name)
                or not re.fullmatch(NAME, capture.name, re.ASCII)
                or capture.name == "choice"
            ):
                raise UserError(
                    f"{call.name}: {capture.name!r} cannot be captured: a captured value is named by letters, "
                    "digits, - and _, but not token, user, int or choice"
                )
            if capture.expression:
                _check_pattern(capture.expression, f"{call.name} captures {capture.name!r}")
            captured.append(capture.name)


def _templates(call: Call) -> Iterator[str]:
    yield call.path
    for _, value in call.headers:
        yield value
    yield call.body
    yield from call.expects


def _check_pattern(pattern: str, where: str) -> None:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UserError(f"{where} by /{pattern}/, which is no regular expression: {error}") from error
    if not compiled.groups:
        raise UserError(f"{where} by /{pattern}/, which has no group: put ( ) around the value to keep")


def _unknown(name: str, call: Call, captured: list[str], flow: Flow) -> str:
    later = [each.name for each in flow.calls for capture in each.captures if capture.name == name]
    if later:
        return (
            f"{call.name}: {{{name}}} is captured only from the answer to {later[0]}, which is not sent before it: "
            "order the calls so that a value is captured before it is used"
        )
    known = [*(f"{{{kind}}}" for kind in KINDS), *(f"{{{each}}}" for each in captured)]
    near = get_close_matches(name, ["token", "user", "int", "choice", *captured], n=1)
    meant = f" Did you mean {{{near[0]}}}?" if near else ""
    return (
        f"{call.name}: nothing fills {{{name}}}.{meant} There are {', '.join(known)}, and what a call before it "
        f"captures; to send these braces as they stand, double them: {{{{{name}}}}}"
    )
