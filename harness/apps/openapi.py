"""Reads an OpenAPI document (or Swagger 2.0): each operation becomes a call with tokens wherever they fit."""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from harness.apps.calls import Call, Flow
from harness.apps.placeholders import check
from harness.apps.request_files import text_of
from harness.apps.samples import Samples
from harness.apps.walk import FORM, JSON
from harness.core.errors import UserError

METHODS = ("get", "head", "post", "put", "patch", "delete")
MULTIPART = "multipart/form-data"
_BOUNDARY = "ctxstress-7f3a9c"
# In a template { and } around a name are ours, and so are the separators of a choice.
_PLAIN = "{}:|@/,"


def read_openapi(path: Path, *, deletes: bool = False) -> tuple[Flow, ...]:
    """Return a flow of one call for each operation; those of DELETE only when asked for. Raises UserError."""
    document = _load(path)
    samples = Samples(document, str(path))
    prefix = _prefix(document)
    flows = []
    left_out = 0
    for route, item in document["paths"].items():
        if not isinstance(item := samples.resolve(item), Mapping):
            raise UserError(f"{path}: {route} is not described as OpenAPI has it, by an object with methods")
        for method in METHODS:
            if not isinstance(operation := item.get(method), Mapping):
                continue
            if method == "delete" and not deletes:
                left_out += 1
                continue
            try:
                call = _Operation(samples, document, prefix + route, method, item, operation).call()
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                what = f"{type(error).__name__}: {error}"
                raise UserError(
                    f"{path}: {method.upper()} {route} is not described as OpenAPI has it ({what})"
                ) from error
            flow = Flow((call,), name=str(operation.get("operationId", "")))
            check(flow)
            flows.append(flow)
    if not flows:
        hint = "; its operations are all DELETE, which are sent only when asked for" if left_out else ""
        raise UserError(f"{path} describes no operation{hint}")
    return tuple(flows)


class _Operation:
    """One operation on its way to become a call."""

    def __init__(
        self,
        samples: Samples,
        document: Mapping[str, Any],
        route: str,
        method: str,
        item: Mapping[str, Any],
        operation: Mapping[str, Any],
    ) -> None:
        self._samples = samples
        self._document = document
        self._route = route
        self._method = method
        self._operation = operation
        parameters: dict[tuple[str, str], Mapping[str, Any]] = {}
        for each in (*item.get("parameters", ()), *operation.get("parameters", ())):
            each = samples.resolve(each)
            parameters[each.get("in", ""), each.get("name", "")] = each
        self._parameters = list(parameters.values())

    def call(self) -> Call:
        body, kind = self._body()
        path = re.sub(r"\{([^{}]+)\}", self._segment, self._route)
        sent = [each for each in self._parameters if each.get("required")]
        if not _tells(path + body + "".join(self._sample(each) for each in sent)):
            # Something must tell the requests apart, so one optional parameter that takes a token is sent, too.
            sent += [each for each in self._parameters if each not in sent and _tells(self._sample(each))][:1]
        query = [(each["name"], self._sample(each)) for each in sent if each.get("in") == "query"]
        headers = [(each["name"], self._sample(each)) for each in sent if each.get("in") == "header"]
        cookies = [(each["name"], self._sample(each)) for each in sent if each.get("in") == "cookie"]
        for where, name, value in self._security():
            {"query": query, "header": headers, "cookie": cookies}[where].append((name, value))
        if cookies:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in cookies)))
        if kind:
            headers.append(("Content-Type", kind))
        encoded = "&".join(f"{quote(name, safe='[]')}={quote(value, safe=_PLAIN)}" for name, value in query)
        target = f"{path}?{encoded}" if encoded else path
        return Call(self._method.upper(), target, tuple(headers), body)

    def _segment(self, match: re.Match[str]) -> str:
        for each in self._parameters:
            if each.get("in") == "path" and each.get("name") == match[1]:
                return quote(self._sample(each), safe=_PLAIN)
        return "{token}"

    def _sample(self, parameter: Mapping[str, Any]) -> str:
        # Swagger 2.0 has the schema's words in the parameter itself; OpenAPI's own may be below a media type.
        schema = parameter.get("schema")
        if schema is None and parameter.get("content"):
            return _as_json(self._samples.value(next(iter(parameter["content"].values())).get("schema", {})))
        schema = dict(self._samples.resolve(schema)) if schema is not None else dict(parameter)
        examples = [
            self._samples.resolve(each).get("value")
            for each in dict(parameter.get("examples") or {}).values()
        ]
        for example in (*examples, parameter.get("example")):
            if example is not None:
                schema["example"] = example
        return self._samples.text(schema, whole_numbers=parameter.get("in") == "path")

    def _body(self) -> tuple[str, str]:
        """Return the template of the body and its content type; both empty without one."""
        for kind, schema, example in self._contents():
            if schema is None and example is None:
                continue
            value = self._samples.value(schema if schema is not None else {"example": example})
            if kind.endswith("json"):
                return _as_json(value), kind
            if kind == FORM and isinstance(value, Mapping):
                return "&".join(
                    f"{quote(name)}={quote(_text(each), safe=_PLAIN)}" for name, each in value.items()
                ), FORM
            if kind == MULTIPART and isinstance(value, Mapping):
                return _multipart(value), f"{MULTIPART}; boundary={_BOUNDARY}"
            return _text(value), kind
        return "", ""

    def _contents(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield content type, schema and example of the possible bodies, the one that is easiest to make first."""
        content = self._samples.resolve(self._operation.get("requestBody", {})).get("content", {})
        order = (JSON, FORM, MULTIPART)
        for kind in sorted(content, key=lambda kind: order.index(kind) if kind in order else len(order)):
            yield kind, content[kind].get("schema"), content[kind].get("example")
        consumes = self._operation.get("consumes") or self._document.get("consumes") or [JSON]
        fields = {}
        for each in self._parameters:
            if each.get("in") == "body":
                yield consumes[0], each.get("schema"), None
            elif each.get("in") == "formData":
                fields[each["name"]] = {"type": "string"} if each.get("type") == "file" else each
        if fields:
            kind = MULTIPART if MULTIPART in consumes else FORM
            yield kind, {"type": "object", "properties": fields}, None

    def _security(self) -> Iterator[tuple[str, str, str]]:
        """Yield where each credential goes, its name and its value: the user's own token."""
        schemes = self._document.get("components", {}).get("securitySchemes", {})
        schemes = schemes or self._document.get("securityDefinitions", {})
        wanted = self._operation.get("security", self._document.get("security", []))
        for name in wanted[0] if wanted else ():
            scheme = self._samples.resolve(schemes.get(name, {}))
            if scheme.get("type") == "apiKey":
                yield scheme.get("in", "header"), scheme.get("name", name), "{user}"
            elif scheme.get("scheme", "bearer").lower() == "bearer" and scheme.get("type") != "basic":
                yield "header", "Authorization", "Bearer {user}"


def _load(path: Path) -> Mapping[str, Any]:
    text = text_of(path)
    try:
        document = json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith("{"):
            raise UserError(f"{path} is not JSON: {error}") from None
        document = _load_yaml(path, text)
    if not isinstance(document, Mapping) or not isinstance(document.get("paths"), Mapping):
        raise UserError(f"{path} is no OpenAPI document: it has no 'paths'")
    return document


def _load_yaml(path: Path, text: str) -> Any:
    try:
        yaml: Any = importlib.import_module("yaml")
    except ModuleNotFoundError:
        raise UserError(
            f"{path} is not JSON, and to read YAML the package PyYAML is missing: install it, or save it as JSON"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{path} is neither JSON nor YAML: {error}") from None


def _prefix(document: Mapping[str, Any]) -> str:
    """Return the path below which the document says that all its paths are."""
    if "swagger" in document:
        return str(document.get("basePath", "")).rstrip("/")
    server: Mapping[str, Any] = next(iter(document.get("servers") or ()), {})
    url = str(server.get("url", ""))
    for name, variable in (server.get("variables") or {}).items():
        url = url.replace("{" + name + "}", str(variable.get("default", "")))
    return urlsplit(url).path.rstrip("/")


def _tells(template: str) -> bool:
    return "{token" in template or "{int" in template


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _multipart(fields: Mapping[str, Any]) -> str:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, f"--{_BOUNDARY}--\r\n"])
