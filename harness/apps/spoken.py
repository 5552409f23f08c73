r"""Requests said in a sentence, as on the command line: ``POST /login body: name={user}&pw=x -> GET /me``.

A sentence is calls joined by ``->``; one visit sends them in order. A call is a method and a path, and then, in any
order::

    Cookie: sid={token}        a header: any word that ends in a colon
    body: name={user}&pw=x     the body; its Content-Type is guessed for JSON and forms unless a header says it
    capture csrf=SOURCE        what later calls use as {csrf}; SOURCE is json:items.0.id, cookie:csrf, header:Location
                               or body:/value="([^"]+)"/, where / within is written \/; header:NAME/…/ takes a part
    expect {token}             what the answer must hold, also when it is sent alone
    weight: 3                  how often the flow is sent, compared with the others (1)
    name: buy                  what the report calls the flow

A value reaches up to the next of these. One that itself holds such a word is put in quotes, by the shell's rules:
nothing is special in '…', and in "…" only \" and \\. A body that begins with { or [ ends with its own bracket, and
needs no quotes. What {placeholders} there are, ``harness.apps.calls`` says. Redirects are not followed: where that
matters, the next call does it.
"""

import re
from typing import NoReturn

from harness.apps.calls import Call, Capture, Flow
from harness.apps.placeholders import NAME, check, pieces
from harness.core.errors import UserError

SOURCES = ("json", "header", "cookie", "body")
EXAMPLE = "GET /whoami?user={token} Cookie: sid={token}"
_SHOWN = 90
"""Characters to either side of what is not understood."""
_METHOD = re.compile(r"[A-Za-z]+(?=\s|$)")
_PATH = re.compile(r"(?:\{[^{}\s]*(?: [^{}\s]*)*\}|\S)+")
_PART = re.compile(r"(?:->|capture|expect|[\w!#$%&'*+.^`|~-]+:)(?=\s|$)", re.ASCII)
_SPACE = re.compile(r"\s*")
_CAPTURE = re.compile(rf"({NAME})=(\w+):", re.ASCII)
_WORD = re.compile(r"\S+")
_HEADER = re.compile(r"[^\s/]+")
_SLASHED = re.compile(r"/((?:[^/\\]|\\.)+)/(?=\s|$)", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SINGLE = re.compile(r"'([^']*)'")


def parse(sentence: str, source: str = "--request", line: int = 0) -> Flow:
    """Return the flow that a sentence says.

    ``source`` is where the sentence stands, for errors; with a ``line`` it is a file. Raises UserError that shows the
    place that is not understood.
    """
    return _Sentence(sentence, source, line).flow()


class _Sentence:
    def __init__(self, text: str, source: str, line: int) -> None:
        self._text = text.rstrip()
        self._source = source
        self._line = line
        self._at = 0
        self._weight: int | None = None
        self._name = ""

    def flow(self) -> Flow:
        calls = [self._call()]
        while self._at < len(self._text):
            self._at += len("->")
            calls.append(self._call())
        flow = Flow(tuple(calls), self._weight or 1, self._name)
        try:
            check(flow)
        except UserError as error:
            raise UserError(f"{self._where(0)}: {error}") from None
        return flow

    def _call(self) -> Call:
        method = self._method()
        path = self._path()
        headers: list[tuple[str, str]] = []
        captures: list[Capture] = []
        expects: list[str] = []
        body: str | None = None
        while (part := self._part()) not in ("", "->"):
            start = self._at
            self._at += len(part)
            match part.removesuffix(":").lower():
                case "capture" if not part.endswith(":"):
                    captures.append(self._capture())
                case "expect" if not part.endswith(":"):
                    expects.append(self._value(part))
                case "body":
                    if body is not None:
                        self._refuse("a call has one body, this is a second", start)
                    body = self._value(part)
                case "weight":
                    self._set_weight(start)
                case "name":
                    self._name = self._value(part)
                case _:
                    headers.append((part[:-1], " ".join(self._value(part).splitlines())))
        return Call(method, path, tuple(headers), body or "", tuple(captures), tuple(expects))

    def _method(self) -> str:
        self._skip()
        if not (match := _METHOD.match(self._text, self._at)):
            self._refuse(f"a call begins with a method and a path, as in {EXAMPLE!r}", self._at)
        self._at = match.end()
        return match[0].upper()

    def _path(self) -> str:
        self._skip()
        match = _PATH.match(self._text, self._at)
        if match is None:
            self._refuse("behind the method stands the path", self._at)
        path = match[0]
        if not path.startswith("/") and not (pieces(path)[0].is_name):
            hint = ""
            if "://" in path:
                hint = "; write it without scheme and host, as the app's address is said by --app or --url"
            self._refuse(f"a path begins with / (or with a {{captured}} one){hint}", self._at)
        self._at = match.end()
        return path

    def _part(self) -> str:
        """Return the word that begins the next part, empty at the end."""
        self._skip()
        if self._at >= len(self._text):
            return ""
        if not (match := _PART.match(self._text, self._at)):
            self._refuse(
                "here a header (any word that ends in a colon), body:, capture, expect, weight:, name: or -> is "
                "expected; a blank in a path is written %20",
                self._at,
            )
        return match[0]

    def _value(self, part: str) -> str:
        self._skip()
        opening = self._text[self._at : self._at + 1]
        if opening in ("'", '"'):
            return self._quoted(opening)
        if (
            part.lower() == "body:"
            and opening in ("{", "[")
            and not pieces(self._text[self._at :])[0].is_name
        ):
            return self._bracketed()
        start = end = self._at
        while end < len(self._text) and not _PART.match(self._text, end):
            word = _WORD.match(self._text, end)
            assert word is not None
            self._at = word.end()
            end = self._after_space(self._at)
        if start == self._at:
            self._refuse(f'{part} has no value; an empty one is written ""', start)
        return re.sub(r"\s*\n\s*", " ", self._text[start : self._at])

    def _quoted(self, quote: str) -> str:
        start = self._at
        match = (_SINGLE if quote == "'" else _DOUBLE).match(self._text, start)
        if match is None:
            self._refuse(f"this {quote} is not closed", start)
        self._end_at(match.end(), f"behind a closing {quote}")
        return match[1] if quote == "'" else re.sub(r'\\(["\\])', r"\1", match[1])

    def _bracketed(self) -> str:
        start = self._at
        end = _closing(self._text, start)
        if end is None:
            hint = "; indent its lines" if self._line else ""
            opening = self._text[start]
            self._refuse(f"this {opening} is not closed{hint}; a body that is no JSON goes in quotes", start)
        self._end_at(end, "behind the end of the body")
        return self._text[start:end]

    def _capture(self) -> Capture:
        self._skip()
        start = self._at
        match = _CAPTURE.match(self._text, start)
        if match is None or match[2] not in SOURCES:
            forms = "json:a.b, header:NAME, cookie:NAME or body:/regular expression/"
            self._refuse(f"behind capture stands NAME=SOURCE, where SOURCE is {forms}", start)
        name, source = match.groups()
        self._at = match.end()
        what = ""
        if source != "body":
            word = (_HEADER if source == "header" else _WORD).match(self._text, self._at)
            if word is None:
                self._refuse(f"behind {source}: stands what to take from it, without a blank", self._at)
            self._at = word.end()
            what = word[0]
            if not self._text[self._at : self._at + 1].strip():
                return Capture(name, source, what)
            what += "/"
        slashed = _SLASHED.match(self._text, self._at)
        if slashed is None:
            self._refuse(
                r"a regular expression stands between slashes; a / within it is written \/", self._at
            )
        self._at = slashed.end()
        return Capture(name, source, what + slashed[1].replace(r"\/", "/"))

    def _set_weight(self, start: int) -> None:
        text = self._value("weight:")
        if not (text.isascii() and text.isdecimal()) or not int(text):
            self._refuse(f"a weight is a whole number from 1, not {text!r}", start)
        if self._weight is not None:
            self._refuse("a flow has one weight for all its calls, this is a second", start)
        self._weight = int(text)

    def _end_at(self, at: int, where: str) -> None:
        if self._text[at : at + 1].strip():
            self._refuse(f"{where} stands a blank or nothing", at)
        self._at = at

    def _skip(self) -> None:
        self._at = self._after_space(self._at)

    def _after_space(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        assert match is not None
        return match.end()

    def _where(self, at: int) -> str:
        return (
            f"{self._source}:{self._line + self._text.count(chr(10), 0, at)}" if self._line else self._source
        )

    def _refuse(self, what: str, at: int) -> NoReturn:
        begin = max(self._text.rfind("\n", 0, at) + 1, at - _SHOWN)
        shown = self._text[begin : at + _SHOWN].partition("\n")[0].replace("\t", " ")
        raise UserError(f"{self._where(at)}: {what}\n    {shown}\n    {' ' * (at - begin)}^")


def _closing(text: str, at: int) -> int | None:
    """Return the position behind the bracket that closes the one at a position; brackets in strings do not count."""
    depth = 0
    while at < len(text):
        if text[at] == '"' and (string := _DOUBLE.match(text, at)):
            at = string.end()
            continue
        depth += (text[at] in "{[") - (text[at] in "}]")
        at += 1
        if not depth:
            return at
    return None
