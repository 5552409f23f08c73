"""Takes an answer apart: decodes it, finds the tokens in it, and names them from the point of view of its visit."""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from harness.apps.exchanges import Exchange, Visit
from harness.apps.tokens import Ledger, Token
from harness.core.ports import Answer

STATUS = "status line"
_LARGEST = 1 << 24
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.ASCII)
_TEXTUAL = re.compile(r"text|json|xml|html|javascript|form|yaml|csv")
_IDENTIFIER = re.compile(r"[\w⟨⟩' -]+")
# A tag with its attributes, or what stands between tags on one line.
_CHUNK = re.compile(r"<[^<>\n]*>|[^<\n]+|<")
# Where encoded tokens are worth a search: what looks like base64 of JSON, or is percent-encoded.
_ENCODED = re.compile(r"eyJ|%")


class Whose(Enum):
    """How a token stands to the visit that met it."""

    OWN = "own"
    EARLIER = "of another visit of the same user, which a session may remember"
    OTHER = "of another user"


def whose(token: Token, visit: Visit) -> Whose:
    """Tell how a token stands to a visit; a user's own token belongs to all of the user's visits."""
    if token.user != visit.user:
        return Whose.OTHER
    return Whose.OWN if token.visit in ("", visit.label) else Whose.EARLIER


def label(token: Token) -> str:
    """Return whose token it is, for people: ``⟨token of u5v2⟩``."""
    return f"⟨{token.name} of {token.visit or token.user}⟩"


def _masked(token: Token, how: Whose) -> str:
    if how is Whose.OWN:
        return f"⟨{token.name}⟩"
    return f"⟨earlier {token.name}⟩" if how is Whose.EARLIER else f"⟨another's {token.name}⟩"


@dataclass(slots=True)
class Reading:
    """An answer in parts; in ``fields`` and ``body`` tokens are named, as in ``⟨token⟩`` and ``⟨another's token⟩``."""

    status: int
    raw_fields: list[tuple[str, str]]
    """Headers and cookies as they came: ("header X-User", value), ("cookie sid", value)."""
    raw_body: str
    claims: str
    """What its header and first character say that the body is: as ``form``."""
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""
    names: list[tuple[str, str]] = field(default_factory=list)
    """What stands in the answer for each token, with its name there."""
    held: dict[Token, Whose] = field(default_factory=dict)
    """The tokens in it, plain or encoded."""
    _parsed: Any = None
    _form: str = ""
    _named_late: bool = False
    _leaves: dict[str, frozenset[str]] | None = None
    _lines: list[str] | None = None

    def of(self, how: Whose) -> list[Token]:
        """Return the tokens in it that stand so to its visit."""
        return [token for token, each in self.held.items() if each is how]

    @property
    def form(self) -> str:
        """Return what the body is: ``json``, ``text``, ``opaque`` or ``none``."""
        if not self._form:
            self._form = self.claims
            if self.claims == "json":
                self._parsed = _parse(self.body)
                if self._parsed is None:
                    # A number that is a token may have been named: what was JSON is none then.
                    self._parsed = _parse(self.raw_body)
                    self._named_late = True
                if self._parsed is None:
                    self._form = "text"
        return self._form

    def leaves(self) -> dict[str, frozenset[str]]:
        """Return the values of a JSON body by their path, where ``[]`` stands for any place in a list."""
        if self._leaves is None:
            gathered: dict[str, list[str]] = {}
            if self.form == "json":
                _gather(self._parsed, "", self.names if self._named_late else [], gathered)
            self._leaves = {path: frozenset(values) for path, values in gathered.items()}
        return self._leaves

    def raw_leaves(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each path of a JSON body with its values, tokens as they came; keys that hold some are values too."""
        gathered: dict[str, list[str]] = {}
        _gather(_parse(self.raw_body), "", [], gathered)
        for path, values in gathered.items():
            known = rename(path, self.names)
            yield known, values if known == path else [*values, path]

    def lines(self) -> list[str]:
        """Return the body as tags and the texts between them, without blank ones."""
        if self._lines is None:
            self._lines = [line for chunk in _CHUNK.findall(self.body) if (line := chunk.strip())]
        return self._lines


def read(exchange: Exchange, ledger: Ledger) -> Reading:
    """Read the answer of an exchange, which must have one."""
    answer = exchange.answer
    assert answer is not None
    fields = list(_fields(answer))
    raw_body, form = _decode(answer)
    reading = Reading(answer.status, fields, raw_body, form)
    _name(reading, exchange.visit, ledger)
    return reading


def _fields(answer: Answer) -> Iterator[tuple[str, str]]:
    for name, value in answer.headers:
        lowered = name.lower()
        if lowered == "set-cookie":
            cookie, _, rest = value.partition("=")
            yield f"cookie {cookie.strip()}", rest.partition(";")[0].strip()
        else:
            yield f"header {name.title()}", value


def _name(reading: Reading, visit: Visit, ledger: Ledger) -> None:
    header = "\n".join(value for _, value in reading.raw_fields)
    named: dict[str, str] = {}
    for text in (header, reading.raw_body):
        for token, start, end in ledger.find(text):
            how = reading.held.get(token)
            if how is None:
                reading.held[token] = how = whose(token, visit)
            named[text[start:end]] = _masked(token, how)
    reading.names = list(named.items())
    reading.body = rename(reading.raw_body, reading.names)
    for place, raw in reading.raw_fields:
        value = rename(raw, reading.names)
        if len(raw) >= 16 and (place.startswith("cookie ") or _ENCODED.search(raw)):
            hidden = ledger.find_hidden(raw)
            for token in hidden:
                reading.held.setdefault(token, whose(token, visit))
            if hidden:
                value = (
                    " ".join(sorted({_masked(token, whose(token, visit)) for token in hidden})) + " encoded"
                )
        reading.fields.append((place, value))
    if _ENCODED.search(reading.raw_body):
        for token in ledger.find_hidden(reading.raw_body):
            reading.held.setdefault(token, whose(token, visit))


def rename(text: str, names: list[tuple[str, str]]) -> str:
    """Return a text with what stands for tokens replaced by their names."""
    for raw, name in names:
        text = text.replace(raw, name)
    return text


def _decode(answer: Answer) -> tuple[str, str]:
    """Return the body as text, and its form."""
    if not answer.body:
        return "", "none"
    kind = encoding = ""
    for name, value in answer.headers:
        lowered = name.lower()
        if lowered == "content-type":
            kind = value.lower()
        elif lowered == "content-encoding":
            encoding = value.lower()
    body = answer.body
    for each in reversed([part.strip() for part in encoding.split(",") if part.strip()]):
        unpacked = _unpack(body, each)
        if unpacked is None:
            return _digest(body), "opaque"
        body = unpacked
    if kind and not _TEXTUAL.search(kind):
        return body.decode("latin-1"), "opaque"
    found = _CHARSET.search(kind)
    try:
        text = body.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    return text, "json" if "json" in kind or text.lstrip()[:1] in ("{", "[") else "text"


def _unpack(body: bytes, encoding: str) -> bytes | None:
    """Undo a Content-Encoding, of a cut body as far as it came; None when it cannot be undone."""
    if encoding == "identity":
        return body
    if encoding in ("gzip", "x-gzip", "deflate"):
        for window in (
            47,
            -15,
        ):  # with a header of gzip or zlib; or deflate as some servers send it, with none
            try:
                return zlib.decompressobj(window).decompress(body, _LARGEST)
            except zlib.error:
                continue
    return None


def _digest(body: bytes) -> str:
    return f"{len(body)} bytes, {blake2b(body, digest_size=8).hexdigest()}"


def _parse(text: str) -> Any:
    """Return an object or a list of JSON, or None for anything else."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict | list) else None


@lru_cache(maxsize=4096)
def _step(key: str) -> str:
    return f".{key}" if _IDENTIFIER.fullmatch(key) else f'["{key}"]'


def _gather(value: Any, path: str, names: list[tuple[str, str]], into: dict[str, list[str]]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _gather(inner, path + _step(rename(key, names) if names else key), names, into)
    elif isinstance(value, list):
        path += "[]"
        for inner in value:
            _gather(inner, path, names, into)
    else:
        if isinstance(value, str):
            text = value
        elif isinstance(value, bool) or value is None:
            text = "null" if value is None else "true" if value else "false"
        else:
            text = str(value)
        if names:
            text = rename(text, names)
        if path in into:
            into[path].append(text)
        else:
            into[path] = [text]
