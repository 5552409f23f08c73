"""Finds what an answer handed out and a later request sent back, such as a CSRF token, and makes captures of it."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

from harness.apps.calls import Call, Capture
from harness.apps.placeholders import is_drawn
from harness.core.ports import Answer
from harness.engine.cookies import given

_CONTEXT = 80
_RANDOM = re.compile(r"(?=.*\d)[\w.+/=:~-]{8,}|[\w+/=-]{20,}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_IDENTIFYING = re.compile(r"(?:^|[_-])(?:id|uuid|key|slug|number|code|token)$|[a-z]Id$")
_PAIR = re.compile(r"([^&=?]+)=([^&]+)")
_SEGMENT = re.compile(r"/([^/?#]+)(?=/([^/?#]+))")
_MEMBER = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+))')
_MULTIPART_FIELD = re.compile(r'; name="([^"]*)"\r?\n\r?\n([^\r\n]*)\r?\n')
_CREDENTIAL = re.compile(r"(?:[A-Za-z]+ )?(\S+)")
_ORIGIN = re.compile(r"^https?://[^/?#]*")
_CHANGING = re.compile(r"\d{3,}|(?=[A-Za-z_+/=-]*\d)[\w+/=-]{20,}", re.ASCII)
_ENDS = frozenset("\"'<&")
_SPECIAL = re.compile(r"([\\.^$*+?{}\[\]|()])")


class _Value(NamedTuple):
    """A value that a request sends, and where."""

    text: str
    name: str
    part: int
    """-1 for the path, 0 for the body, from 1 the headers."""
    start: int
    end: int
    is_segment: bool = False

    @property
    def is_random(self) -> bool:
        """Tell whether nobody would type it."""
        return _RANDOM.fullmatch(self.text) is not None and not _DATE.match(self.text)

    @property
    def is_identifier(self) -> bool:
        """Tell whether it can name a thing that the app has made, however short it is."""
        return self.is_segment or _IDENTIFYING.search(self.name) is not None


class Handing:
    """Walks a recording: each value that only an answer can have told is captured from the last one that did."""

    def __init__(self) -> None:
        self._sent: set[str] = set()
        self._calls: list[Call] = []
        self._answers: list[Answer] = []

    def walk(self, recorded: Iterable[tuple[Call, Answer]]) -> tuple[Call, ...]:
        """Return the calls with captures, and placeholders where the values were."""
        for call, answer in recorded:
            # From the back, so that positions hold.
            for value in sorted(_values(call), key=lambda value: (value.part, value.start), reverse=True):
                if name := self._name(value):
                    call = _put(call, value, "{" + name + "}")
            self._calls.append(call)
            self._answers.append(answer)
        return tuple(self._calls)

    def _name(self, value: _Value) -> str:
        """Return the name under which a value is captured; empty for one that was sent before any answer had it."""
        if value.text in self._sent or not (value.is_random or value.is_identifier):
            return ""
        for index in range(len(self._answers) - 1, -1, -1):
            if capture := _capture(self._answers[index], value):
                return self._keep(index, capture, value)
        self._sent.add(value.text)
        return ""

    def _keep(self, index: int, capture: Capture, value: _Value) -> str:
        call = self._calls[index]
        for each in call.captures:
            if (each.source, each.pattern) == (capture.source, capture.pattern):
                return each.name
        name = re.sub(r"[^A-Za-z0-9_]+", "_", value.name).strip("_") or "value"
        if not name[0].isalpha() or is_drawn(name) or name == "choice":
            name = f"given_{name}"
        # Captured anew from a later answer in the same way, it keeps its name; another value gets another.
        taken = {each.name: (each.source, each.pattern) for one in self._calls for each in one.captures}
        free = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
        wanted = (capture.source, capture.pattern)
        name = next(each for each in free if taken.get(each, wanted) == wanted)
        self._calls[index] = replace(call, captures=(*call.captures, replace(capture, name=name)))
        return name


def _values(call: Call) -> Iterator[_Value]:
    path = call.path.partition("?")[0]
    for match in _SEGMENT.finditer(path):
        yield _Value(unquote(match[2]), f"{match[1]}_id", -1, match.start(2), match.end(2), is_segment=True)
    for match in _PAIR.finditer(call.path, len(path)):
        yield _Value(unquote_plus(match[2]), unquote_plus(match[1]), -1, match.start(2), match.end(2))
    kind = ""
    for number, (name, value) in enumerate(call.headers, 1):
        if name.lower() == "content-type":
            kind = value.lower()
        elif not name.lower().startswith("accept") and (word := _CREDENTIAL.fullmatch(value)):
            yield _Value(word[1], name.lower(), number, word.start(1), word.end(1))
    if "json" in kind:
        for match in _MEMBER.finditer(call.body):
            group = 2 if match[2] is not None else 3
            yield _Value(match[group], match[1], 0, match.start(group), match.end(group))
    elif "form-data" in kind:
        for field in _MULTIPART_FIELD.finditer(call.body):
            yield _Value(field[2], field[1], 0, field.start(2), field.end(2))
    elif "urlencoded" in kind:
        for match in _PAIR.finditer(call.body):
            yield _Value(unquote_plus(match[2]), unquote_plus(match[1]), 0, match.start(2), match.end(2))


def _put(call: Call, value: _Value, placeholder: str) -> Call:
    def put(text: str) -> str:
        return text[: value.start] + placeholder + text[value.end :]

    if value.part < 0:
        return replace(call, path=put(call.path))
    if value.part == 0:
        return replace(call, body=put(call.body))
    headers = list(call.headers)
    name, text = headers[value.part - 1]
    headers[value.part - 1] = (name, put(text))
    return replace(call, headers=tuple(headers))


def _capture(answer: Answer, value: _Value) -> Capture | None:
    """Return how a value is captured from an answer, its name left open; None when that does not tell it."""
    if value.is_random:
        for name, cookie in given(answer.headers):
            if cookie is not None and value.text in (cookie, unquote(cookie)):
                return Capture("", "cookie", name)
        for name, text in answer.headers:
            if text == value.text and name.lower() != "set-cookie":
                return Capture("", "header", name)
    for name, text in answer.headers:
        if name.lower() == "location" and (pattern := _in_link(text, value.text)):
            return Capture("", "header", f"{name}/{pattern}")
    body = answer.body.decode("utf-8", "replace")
    try:
        document = json.loads(body)
    except ValueError:
        pattern = _pattern(body, value.text) if value.is_random else None
        return Capture("", "body", pattern) if pattern else None
    path = next(_paths(document, value, ()), None)
    return Capture("", "json", ".".join(path)) if path else None


def _in_link(link: str, text: str) -> str | None:
    """Return a regular expression that takes a part of a link's path; None when it has no such part, or a mere word."""
    path = _ORIGIN.sub("", link)
    for segment in re.finditer(r"(?<=/)[^/?#]+", path.partition("?")[0]):
        if unquote(segment[0]) == text and re.search(r"\d", text):
            before = re.split(r"\d+", path[: segment.start()])
            return r"\d+".join(_SPECIAL.sub(r"\\\1", each) for each in before) + "([^/?#]+)"
    return None


def _paths(node: Any, value: _Value, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield where a value stands in JSON; a short one only under a name that says that it identifies something."""
    if isinstance(node, dict):
        for name, each in node.items():
            if name and "." not in name:
                yield from _paths(each, value, (*path, name))
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from _paths(each, value, (*path, str(index)))
    elif isinstance(node, (str, int)) and not isinstance(node, bool) and str(node) == value.text:
        is_named = path and _IDENTIFYING.search(path[-1])
        if value.is_random or is_named:
            yield path


def _pattern(body: str, text: str) -> str | None:
    """Return a regular expression whose first match in a page is the value, by the characters before it."""
    for found in re.finditer("".join(map(_spelled, text)), body):
        at, spelled = found.start(), found[0]
        line = body[max(0, at - _CONTEXT) : at].rpartition("\n")[2]
        tag = line[max(0, line.rfind("<")) :]
        behind = body[found.end() : found.end() + 1]
        group = f"([^{behind}]+)" if behind in _ENDS and behind not in spelled else r"([\w.+/=:~-]+)"
        # The less there is before it, the less of it can change; but it has to tell the value from others.
        for before in (_CHANGING.split(tag)[-1], tag, line):
            pattern = _SPECIAL.sub(r"\\\1", before) + group
            if before.strip() and (match := re.search(pattern, body)) and match[1] == spelled:
                return pattern
    return None


def _spelled(char: str) -> str:
    """Return a regular expression for a character as HTML may have it."""
    if char.isalnum():
        return char
    named = html.escape(char)
    return f"(?:{re.escape(char)}|{re.escape(named)}|&#0*{ord(char)};|&#[xX]0*(?i:{ord(char):x});)"
