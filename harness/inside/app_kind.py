"""Tells what kind of app an object is: WSGI, ASGI, something that makes one, or neither."""

import inspect
from enum import StrEnum
from typing import Any

IS_ASGI = "is ASGI, but"
"""What an error says of an app for which a server of the other kind was chosen."""


class Kind(StrEnum):
    """What can be done with what an import string names."""

    WSGI = "wsgi"
    ASGI = "asgi"
    FACTORY = "factory"
    UNCLEAR = "unclear"
    NEITHER = "neither"


def kind_of(found: Any) -> Kind:
    """Return the kind by what a call takes: (environ, start_response), (scope, receive, send), or nothing."""
    if not callable(found):
        return Kind.NEITHER
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return Kind.UNCLEAR
    positional = [
        each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    required = [each.name for each in positional if each.default is each.empty]
    if any(each.kind is each.KEYWORD_ONLY and each.default is each.empty for each in parameters):
        return Kind.NEITHER
    if any(each.kind is each.VAR_POSITIONAL for each in parameters) and len(required) < 2:
        return Kind.ASGI if is_async(found) else Kind.UNCLEAR
    match len(required):
        case 0:
            return Kind.UNCLEAR if len(positional) > 1 and not inspect.isroutine(found) else Kind.FACTORY
        case 2:
            return Kind.UNCLEAR if is_async(found) else Kind.WSGI
        case 3:
            return Kind.ASGI
        case _:
            return Kind.NEITHER


def is_async(found: Any) -> bool:
    """Tell whether a call gives a coroutine."""
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(type(found).__call__)
