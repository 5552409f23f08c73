"""Sample values of JSON schemas, with a token wherever one fits."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.apps.placeholders import literal
from harness.apps.tokens import LENGTH, Ledger
from harness.core.errors import UserError

Schema = Mapping[str, Any]

# A pattern admits tokens when it admits all of these.
_TRIED = tuple(Ledger(0).visit(f"v{n}", "u", ["token"]).values["token"] for n in range(20))
_NUMBER_LENGTH = 15
# Formats that a token satisfies, alone or with something around it; others need a sample.
_FORMATS = {
    "": "{token}",
    "password": "{token}",
    "email": "{token}@example.com",
    "hostname": "{token}.example.com",
    "uri": "https://example.com/{token}",
    "url": "https://example.com/{token}",
    "binary": "{token}",
}
_OTHER_FORMATS = {
    "uuid": "7d9f0f0e-7a3c-4c8e-9b61-3f1f5c0a2b4d",
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "byte": "dG9rZW4=",
}
# Types that all refer to each other would make a sample of the factorial of their number.
_DEEPEST = 4


class _TooDeep(Exception):
    """A schema contains itself, or references lead too deep; whoever can do without it leaves it out."""


class Samples:
    """Makes samples of the schemas of one document, whose references it resolves."""

    def __init__(self, document: Mapping[str, Any], where: str) -> None:
        self._document = document
        self._where = where

    def resolve(self, node: Any) -> Any:
        """Return what a node stands for, through any references. Raises UserError for one that leads nowhere."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and isinstance(reference := node.get("$ref"), str):
            if reference in seen:
                raise UserError(f"{self._where}: {reference} refers to itself")
            seen.add(reference)
            node = self._at(reference)
        return node

    def text(self, schema: Schema, *, whole_numbers: bool = False) -> str:
        """Return a template for a value that is sent as text: in a path, a query, a header or a form.

        ``whole_numbers`` lets an integer be an unguessable one, where that is not too large for it.
        """
        plain, _ = self._plain(schema, ())
        if whole_numbers and _kind(plain) == "integer" and _admits_large(plain):
            return "{int}"
        value = self.value(schema)
        if isinstance(value, list):
            value = value[0] if value else ""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def value(self, schema: Schema) -> Any:
        """Return a value, its strings being templates; what would contain itself is left out."""
        return self._value(schema, ())

    def _value(self, schema: Schema, within: tuple[str, ...]) -> Any:
        """Return a value; ``within`` are the references that led here. Raises _TooDeep."""
        schema, within = self._plain(schema, within)
        if "const" in schema:
            return _literal(schema["const"])
        if choices := [each for each in schema.get("enum", ()) if each is not None]:
            return _choice(choices)
        match _kind(schema):
            case "object":
                return self._object(schema, within)
            case "array":
                return self._array(schema, within)
            case "string":
                return _string(schema)
            case "integer" | "number":
                return _given(schema, lambda: _number(schema))
            case "boolean":
                return _given(schema, lambda: True)
            case "null":
                return None
            case _:
                return _given(schema, lambda: "{token}")

    def _plain(self, schema: Any, within: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Return a schema without references and alternatives at its top: all of allOf, the first of the others.

        Raises _TooDeep when it leads back to where it came from.
        """
        while isinstance(schema, Mapping) and isinstance(reference := schema.get("$ref"), str):
            if reference in within or len(within) > _DEEPEST:
                raise _TooDeep
            within = (*within, reference)
            schema = self._at(reference)
        if not isinstance(schema, Mapping):
            return {}, within
        for word in ("oneOf", "anyOf"):
            if word in schema:
                option, within = self._first(schema[word], within)
                schema = {**option, **_without(schema, word)}
        for part in schema.get("allOf", ()):
            part, within = self._plain(part, within)
            properties = {**part.get("properties", {}), **schema.get("properties", {})}
            schema = {**part, **_without(schema, "allOf")} | (
                {"properties": properties} if properties else {}
            )
        return schema, within

    def _first(self, options: list[Any], within: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Return the first alternative that is not null and does not contain itself; null when that is all."""
        nothing: Schema | None = None
        for option in options:
            try:
                plain, led = self._plain(option, within)
            except _TooDeep:
                continue
            if _kind(plain) != "null":
                return plain, led
            nothing = plain
        if nothing is None:
            raise _TooDeep
        return nothing, within

    def _object(self, schema: Schema, within: tuple[str, ...]) -> Any:
        if not schema.get("properties") and ("example" in schema or "default" in schema):
            return _given(schema, dict)
        made = {}
        for name, each in schema.get("properties", {}).items():
            try:
                if not self._plain(each, within)[0].get("readOnly"):
                    made[literal(name)] = self._value(each, within)
            except _TooDeep:
                continue
        return made

    def _array(self, schema: Schema, within: tuple[str, ...]) -> Any:
        try:
            item = self._value(schema.get("items", {}), within)
        except _TooDeep:
            return []
        return [item] * max(1, min(schema.get("minItems", 1), _DEEPEST))

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise UserError(
                f"{self._where}: {reference} is in another file: put the document together into one file first"
            )
        node: Any = self._document
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(step)] if isinstance(node, list) else node[step]
            except (LookupError, ValueError, TypeError):
                raise UserError(f"{self._where}: {reference} leads nowhere: there is no {step!r}") from None
        return node


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind is None and "properties" in schema:
        return "object"
    return str(kind or ("array" if "items" in schema else ""))


def _string(schema: Schema) -> str:
    template = _FORMATS.get(schema.get("format") or "")
    longest = schema.get("maxLength")
    if template is not None:
        shortest: int = schema.get("minLength", 0)
        template += "x" * (shortest - len(template) + len("{token}") - LENGTH)
        length = len(template) - len("{token}") + LENGTH
        pattern = schema.get("pattern")
        if (longest is None or length <= longest) and (pattern is None or _admits(pattern, template)):
            return template
    made = _OTHER_FORMATS.get(schema.get("format") or "", "x" * max(1, schema.get("minLength", 1)))
    return str(_given(schema, lambda: made))


def _admits(pattern: str, template: str) -> bool:
    try:
        return all(re.search(pattern, template.replace("{token}", token)) for token in _TRIED)
    except re.error:  # ECMA's, not ours
        return False


def _admits_large(schema: Schema) -> bool:
    least = 10 ** (_NUMBER_LENGTH - 1)
    highest = schema.get("maximum", schema.get("exclusiveMaximum"))
    bounded = highest is not None and highest is not True and highest < 10 * least
    return schema.get("format") != "int32" and not bounded and "multipleOf" not in schema


def _number(schema: Schema) -> Any:
    lowest = schema.get("minimum", 0)
    exclusive = schema.get("exclusiveMinimum")
    if exclusive is not None and exclusive is not False:
        lowest = (lowest if exclusive is True else exclusive) + 1
    highest = schema.get("maximum")
    return lowest if lowest or highest == 0 else schema.get("multipleOf", 1)


def _given(schema: Schema, make: Callable[[], Any]) -> Any:
    """Return the schema's example, or its default, or what ``make`` makes."""
    examples = schema.get("examples")
    if "example" in schema:
        return _literal(schema["example"])
    if isinstance(examples, list) and examples:
        return _literal(examples[0])
    return _literal(schema["default"]) if schema.get("default") is not None else make()


def _without(schema: Schema, word: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != word}


def _choice(choices: list[Any]) -> Any:
    if len(choices) > 1 and all(
        isinstance(each, str) and re.fullmatch(r"[^|{}\s]+", each) for each in choices
    ):
        return "{choice:" + "|".join(choices) + "}"
    return _literal(choices[0])


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Mapping):
        return {literal(str(name)): _literal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_literal(each) for each in value]
    # YAML has dates, too.
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
