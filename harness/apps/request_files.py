"""Files of requests: one sentence a line, or tables in TOML for those who want structure."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from harness.apps import spoken
from harness.apps.calls import Call, Capture, Flow
from harness.apps.placeholders import NAME, check
from harness.core.errors import UserError
from harness.core.names import nearest

_NEXT_CALL = re.compile(r"[ \t]+(?=[A-Z]+[ \t]+[/{])")
_CAPTURE = re.compile(rf"({'|'.join(spoken.SOURCES)}):(.+)", re.DOTALL)
_EXAMPLE = f"write one request a line, as in {spoken.EXAMPLE!r}"


def read_file(path: Path) -> tuple[Flow, ...]:
    """Return the flows of a file: TOML when its name ends so, else sentences. Raises UserError."""
    flows = tuple(_from_toml(path) if path.suffix.lower() == ".toml" else _from_lines(path))
    if not flows:
        raise UserError(f"{path} holds no request: {_EXAMPLE}")
    return flows


def text_of(path: Path) -> str:
    """Return the text of a file; raises UserError when there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not text in UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def _from_lines(path: Path) -> Iterator[Flow]:
    r"""Yield the flows of lines as ``harness.apps.spoken`` has them.

    Indented lines go on with the flow above them: with its next call when they begin with a method and a path, else
    with the call. Lines that begin with # are comments.
    """
    sentence: list[str] = []
    begins = 0
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            line = ""
        elif not line[0].isspace():
            if sentence:
                yield spoken.parse("\n".join(sentence), str(path), begins)
            sentence, begins = [], number
        elif not sentence:
            raise UserError(
                f"{path}:{number}: an indented line goes on with the request above it, and there is none: {_EXAMPLE}"
            )
        if line or sentence:
            sentence.append(_NEXT_CALL.sub("-> ", line, count=1) if _NEXT_CALL.match(line) else line)
    if sentence:
        yield spoken.parse("\n".join(sentence), str(path), begins)


def _from_toml(path: Path) -> Iterator[Flow]:
    """Yield the flows of ``[[flow]]`` tables with ``name``, ``weight`` and either ``request`` or ``[[flow.call]]``.

    ``request`` is a sentence. A call has ``method`` (GET), ``path``, ``headers``, ``capture`` (name = "json:a.b") and
    ``body``: text, or a table or array, which is sent as JSON.
    """
    try:
        document = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not TOML: {error}") from None
    _Table(document, str(path)).only("flow")
    for number, table in enumerate(_tables(document, "flow", str(path)), 1):
        flow = _Table(table, f"{path}: flow {number}")
        flow.only("name", "weight", "request", "call")
        weight, name = flow.get("weight", int, 1), flow.get("name", str, "")
        if weight < 1:
            flow.refuse(f"weight is {weight}, and has to be a whole number from 1")
        if ("request" in table) == ("call" in table):
            flow.refuse("needs either request, a sentence, or one or more [[flow.call]]")
        if "request" in table:
            said = spoken.parse(flow.get("request", str, ""), f"{flow.where}, request")
            yield Flow(said.calls, weight if "weight" in table else said.weight, name or said.name)
            continue
        calls = [
            _call(_Table(each, f"{flow.where}, call {place}"))
            for place, each in enumerate(_tables(table, "call", flow.where), 1)
        ]
        read = Flow(tuple(calls), weight, name)
        try:
            check(read)
        except UserError as error:
            flow.refuse(str(error))
        yield read


class _Table:
    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self.table = table
        self.where = where

    def only(self, *names: str) -> None:
        for name in self.table:
            if name not in names:
                self.refuse(f"nothing is called {name!r} here{nearest(name, list(names))}")

    def get(self, name: str, kind: type[Any], default: Any) -> Any:
        value = self.table.get(name, default)
        if not isinstance(value, kind) or isinstance(value, bool):
            said = {str: "text", int: "a whole number", dict: "a table"}[kind]
            self.refuse(f"{name} is {value!r}, and has to be {said}")
        return value

    def refuse(self, what: str) -> NoReturn:
        raise UserError(f"{self.where}: {what}")


def _tables(table: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UserError(f"{where}: {name} has to be an array of tables: write [[{name}]], with two brackets")
    return found


def _call(table: _Table) -> Call:
    table.only("method", "path", "headers", "body", "capture", "expect")
    path = table.get("path", str, "")
    if not path.startswith(("/", "{")):
        table.refuse(f"path is {path!r}, and has to begin with /")
    body = table.table.get("body", "")
    if isinstance(body, (dict, list)):
        body = json.dumps(body, default=str, ensure_ascii=False)
    elif not isinstance(body, str):
        table.refuse(f"body is {body!r}, and has to be text, or a table or array to be sent as JSON")
    headers = tuple((name, str(value)) for name, value in table.get("headers", dict, {}).items())
    captures = []
    for name, said in table.get("capture", dict, {}).items():
        if not re.fullmatch(NAME, name, re.ASCII) or not (match := _CAPTURE.fullmatch(str(said))):
            table.refuse(f"captures {name} from {said!r}: write {' or '.join(_FORMS)}")
        source, what = match.groups()
        if source == "body":
            what = _unslashed(what)
        elif source == "header" and "/" in what:
            header, _, expression = what.partition("/")
            what = f"{header}/{_unslashed(f'/{expression}')}"
        captures.append(Capture(name, source, what))
    expects = table.table.get("expect", [])
    expects = [expects] if isinstance(expects, str) else expects
    if not isinstance(expects, list) or not all(isinstance(each, str) for each in expects):
        table.refuse(f"expect is {expects!r}, and has to be text, or an array of texts")
    return Call(table.get("method", str, "GET").upper(), path, headers, body, tuple(captures), tuple(expects))


_FORMS = ('"json:a.b"', '"header:NAME"', '"cookie:NAME"', '"body:regular expression"')


def _unslashed(pattern: str) -> str:
    """Return a pattern without the slashes that it has in a sentence."""
    slashed = len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")
    return pattern[1:-1].replace(r"\/", "/") if slashed else pattern
