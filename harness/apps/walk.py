"""Walks a visit through a flow: fills each call's template, and keeps what later calls need of the answers."""

import html
import json
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from harness.apps.calls import Call, Capture, Flow, Headers
from harness.apps.exchanges import Visit
from harness.apps.placeholders import fill, pieces
from harness.core.errors import UserError
from harness.core.ports import Answer
from harness.engine.cookies import given, keep

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_FORM_BODY = re.compile(r"[\w.%~\[\]-]+=")
# What may stand in a request line as it is; the rest is encoded so that any template makes a legal request.
_TARGET = "/?[]@!$&'()*+,;=:%~"
_ORIGIN = re.compile(r"https?://[^/?#]*")


class NotCapturedError(UserError):
    """A call cannot be sent, because the answer to one before it did not hold what was to be captured from it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request to be sent; ``Host``, ``Content-Length`` and what belongs to the connection are the sender's."""

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def sent(self) -> str:
        """Return the request as text: line, headers and body."""
        lines = [f"{self.method} {self.target}", *(f"{name}: {value}" for name, value in self.headers), ""]
        return "\n".join([*lines, self.body.decode("utf-8", "replace")] if self.body else lines)


class Walk:
    """One visit on its way through a flow, with a jar that it may share with the user's other visits.

    The flow must have passed ``harness.apps.placeholders.check``. Captured values are percent-encoded where they go
    into a query or a form, and escaped where they go into JSON; elsewhere, and the visit's own values everywhere,
    they stand as they are.
    """

    def __init__(self, flow: Flow, visit: Visit, jar: MutableMapping[str, str]) -> None:
        self.flow = flow
        self.visit = visit
        self.jar = jar
        self._captured: dict[str, str] = {}
        self._missing: dict[str, str] = {}

    def prepare(self, call: Call) -> Prepared:
        """Return the request that a call stands for in this visit.

        Raises NotCapturedError with the answer that should have held a value, and why it did not.
        """
        path, mark, query = call.path.partition("?")
        target = self._fill(call, path, "") + mark + self._fill(call, query, "form")
        headers = [(name, self._fill(call, value, "header")) for name, value in call.headers]
        kind = next((value for name, value in headers if name.lower() == "content-type"), None)
        if kind is None and (kind := _guess(call.body)):
            headers.append(("Content-Type", kind))
        body = self._fill(call, call.body, _grammar(kind))
        return Prepared(call.method, _legal(target), self._with_cookies(headers), body.encode())

    def take(self, call: Call, answer: Answer) -> None:
        """Keep the cookies of an answer, and what its call captures."""
        keep(self.jar, answer.headers)
        for capture in call.captures:
            try:
                self._captured[capture.name] = _captured(capture, answer)
            except LookupError as error:
                self._captured.pop(capture.name, None)
                self._missing[capture.name] = f"{call.name} was answered {answer.status}, {error.args[0]}"

    def _fill(self, call: Call, template: str, grammar: str) -> str:
        return fill(template, lambda name: self._value(call, name, grammar))

    def _value(self, call: Call, name: str, grammar: str) -> str:
        if (own := self.visit.values.get(name)) is not None:
            return own
        if (value := self._captured.get(name)) is None:
            why = self._missing.get(name, "no answer that it is captured from has come")
            raise NotCapturedError(f"{call.name} needs {{{name}}}, but {why}")
        if grammar == "form":
            return quote(value, safe="")
        if grammar == "json":
            return json.dumps(value, ensure_ascii=False)[1:-1]
        return " ".join(value.splitlines()) if grammar == "header" else value

    def _with_cookies(self, headers: list[tuple[str, str]]) -> Headers:
        """Return the headers with one Cookie header; a cookie that the template names wins over the jar's."""
        written = [value for name, value in headers if name.lower() == "cookie"]
        named = {pair.partition("=")[0].strip() for value in written for pair in value.split(";")}
        # Copied in one go, because visits that share a jar change it meanwhile.
        kept = [f"{name}={value}" for name, value in dict(self.jar).items() if name not in named]
        if not (written or kept):
            return tuple(headers)
        others = (pair for pair in headers if pair[0].lower() != "cookie")
        return (*others, ("Cookie", "; ".join([*written, *kept])))


def _legal(target: str) -> str:
    """Return what a browser would send for a link: without scheme, host and fragment."""
    if origin := _ORIGIN.match(target):
        target = target[origin.end() :]
    target = target.partition("#")[0]
    return quote(target if target.startswith("/") else f"/{target}", safe=_TARGET)


def _guess(body: str) -> str | None:
    """Return the content type that a body without one has by its looks."""
    first = pieces(body)[:1]
    if first and not first[0].is_name and first[0].text.lstrip().startswith(("{", "[")):
        return JSON
    return FORM if _FORM_BODY.match(body) else None


def _grammar(kind: str | None) -> str:
    kind = (kind or "").partition(";")[0].strip().lower()
    return "json" if kind.endswith("json") else "form" if kind == FORM else ""


def _captured(capture: Capture, answer: Answer) -> str:
    """Return the value to capture; raises LookupError with a clause that says what is missing."""
    if capture.source == "body":
        value = _matched(capture, answer.body.decode("utf-8", "replace"), "its body")
        return html.unescape(value) if "html" in (_header(answer, "content-type") or "") else value
    if capture.source == "json":
        return _in_json(answer.body, capture.pattern)
    if capture.source == "cookie":
        cookies = dict(given(answer.headers))
        if (cookie := cookies.get(capture.pattern)) is None:
            raise LookupError(f"and set no cookie {capture.pattern!r}{_only(cookies)}")
        return cookie
    name = capture.pattern.partition("/")[0]
    if (header := _header(answer, name)) is None:
        raise LookupError(f"and has no header {name!r}")
    return _matched(capture, header, f"its {name}") if capture.expression else header


def _matched(capture: Capture, text: str, what: str) -> str:
    if not (match := re.search(capture.expression, text)):
        raise LookupError(f"and {what} does not match /{capture.expression}/")
    value: str | None = match[1]
    if value is None:
        raise LookupError(f"and the group in /{capture.expression}/ matched nothing")
    return value


def _header(answer: Answer, name: str) -> str | None:
    return next((value for each, value in answer.headers if each.lower() == name.lower()), None)


def _in_json(body: bytes, path: str) -> str:
    try:
        found: Any = json.loads(body)
    except ValueError:
        raise LookupError("and its body is not JSON") from None
    for step in path.split("."):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (LookupError, ValueError, TypeError):
            names = list(found) if isinstance(found, dict) else []
            raise LookupError(f"and its JSON has no {path!r}: no {step!r}{_only(names)}") from None
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))


def _only(names: object) -> str:
    listed = ", ".join(map(repr, list(names)[:8])) if isinstance(names, (dict, list)) else ""
    return f", only {listed}" if listed else ""
