"""Reads a recording of a browser (HAR): its requests become one flow, with what the answers handed on captured."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from harness.apps.calls import Call, Flow, Headers
from harness.apps.handed_on import Handing
from harness.apps.placeholders import check, literal, pieces
from harness.apps.request_files import text_of
from harness.core.errors import UserError
from harness.core.ports import Answer

# What belongs to the connection, what the sender sets itself, what the jar does, what speaks of the host that was
# recorded, and what lets a server answer without a body.
_DROPPED = re.compile(
    r"host|(proxy-)?connection|keep-alive|proxy-authorization|te|trailer|transfer-encoding|upgrade|expect|content-length"
    r"|accept-encoding|cookie|origin|referer|user-agent|dnt|priority|pragma|cache-control|range|if-.*|sec-.*|:.*"
    r"|upgrade-insecure-requests",
    re.IGNORECASE,
)
_ASSETS = re.compile(
    r"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wasm|swf|webmanifest)$",
    re.IGNORECASE,
)
_ASSET_TYPES = re.compile(
    r"(?:image|font|audio|video)/|text/css|(?:text|application)/(?:x-)?javascript", re.IGNORECASE
)
_ASSET_KINDS = frozenset(
    {"stylesheet", "script", "image", "font", "media", "websocket", "ping", "preflight", "manifest"}
)
_NOT_SENT = frozenset({"OPTIONS", "CONNECT", "TRACE"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request of a recording with its answer."""

    host: str
    call: Call
    """As it was sent, as a template without placeholders."""
    answer: Answer
    is_page: bool


def read_har(
    path: Path, *, host: str = "", values: Mapping[str, str] | None = None, separate: bool = False
) -> tuple[Flow, ...]:
    """Return the requests that were recorded of one host: of ``host``, or of the one that answered the first page.

    ``values`` maps what was typed while recording to what is sent instead, as in ``{"alice": "{user}"}``. What an
    answer handed out and a later request sent back, such as a CSRF token, is captured. With ``separate`` each GET is
    a flow of its own instead, and nothing else is sent. Raises UserError.
    """
    recorded = _of_one_host(list(_recorded(path)), host, path)
    typed = _Typed(values or {})
    if separate:
        calls = [typed.replace(each.call) for each in recorded if each.call.method == "GET"]
        flows = tuple(Flow((call,)) for call in dict.fromkeys(calls))
        if not flows:
            raise UserError(f"{path} has no GET of {recorded[0].host}, and only these can be sent one by one")
    else:
        flows = (Flow(Handing().walk((typed.replace(each.call), each.answer) for each in recorded)),)
    if unused := typed.unused:
        raise UserError(
            f"{path}: {unused[0]!r} was to be replaced, but no request to {recorded[0].host} holds it; "
            "name a value as it was typed, or leave it out"
        )
    for flow in flows:
        check(flow)
    return flows


def _of_one_host(recorded: list[Recorded], host: str, path: Path) -> list[Recorded]:
    hosts = Counter(each.host for each in recorded)
    if not hosts:
        raise UserError(f"{path} holds no request to an app: only assets, or nothing at all")
    if host and host not in hosts:
        raise UserError(f"{path} has no request to {host!r}; there are {', '.join(hosts)}")
    # Before and after, a browser asks others, too: whether a certificate was revoked, and for advertisements.
    first_page = next((each.host for each in recorded if each.is_page), "")
    chosen = host or first_page or hosts.most_common(1)[0][0]
    return [each for each in recorded if each.host == chosen]


class _Typed:
    """What was typed while recording, and what is sent instead."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.unused = list(values)
        self._spelled = {
            spelling: value
            for value in values
            for spelling in (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])
        }
        self._values = values
        # Not in the middle of a word; but %2F in front of one is not a part of it.
        ends = "|".join(re.escape(each) for each in sorted(self._spelled, key=len, reverse=True))
        self._pattern = (
            re.compile(rf"(?:(?<!\w)|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))(?:{ends})(?!\w)") if values else None
        )

    def replace(self, call: Call) -> Call:
        return Call(
            call.method,
            self._template(call.path),
            tuple((name, self._template(value)) for name, value in call.headers),
            self._template(call.body),
        )

    def _template(self, text: str) -> str:
        made = ""
        for piece in pieces(text):
            assert not piece.is_name
            end = 0
            for match in self._pattern.finditer(piece.text) if self._pattern else ():
                value = self._spelled[match[0]]
                if value in self.unused:
                    self.unused.remove(value)
                made += literal(piece.text[end : match.start()]) + self._values[value]
                end = match.end()
            made += literal(piece.text[end:])
        return made


def _recorded(path: Path) -> Iterator[Recorded]:
    try:
        entries = json.loads(text_of(path))["log"]["entries"]
    except ValueError as error:
        raise UserError(f"{path} is not JSON, so it is no HAR: {error}") from None
    except (LookupError, TypeError):
        raise UserError(
            f"{path} is no HAR: it has no log.entries; save it from a browser's network panel"
        ) from None
    for number, entry in enumerate(entries):
        try:
            if recorded := _read(entry):
                yield recorded
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise UserError(
                f"{path}: entry {number} is not as HAR has it: {type(error).__name__}: {error}"
            ) from error


def _read(entry: Mapping[str, Any]) -> Recorded | None:
    request, response = entry["request"], entry.get("response", {})
    url = urlsplit(request["url"])
    content = response.get("content") or {}
    is_asset = (
        _ASSETS.search(url.path)
        or _ASSET_TYPES.match(content.get("mimeType") or "")
        or entry.get("_resourceType") in _ASSET_KINDS
    )
    if url.scheme not in ("http", "https") or request["method"] in _NOT_SENT:
        return None
    if is_asset and request["method"] == "GET":
        return None
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    body, kind = _body(request.get("postData") or {})
    headers = _headers(request.get("headers", ()))
    if body and kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", kind))
    call = Call(
        request["method"].upper(),
        literal(target),
        tuple((name, literal(value)) for name, value in headers),
        literal(body),
    )
    text = content.get("text") or ""
    data = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
    given = tuple((each["name"], each["value"]) for each in response.get("headers", ()))
    is_page = "html" in (content.get("mimeType") or "")
    return Recorded(url.netloc, call, Answer(response.get("status", 0), given, data), is_page)


def _headers(recorded: list[Mapping[str, str]]) -> Headers:
    return tuple((each["name"], each["value"]) for each in recorded if not _DROPPED.fullmatch(each["name"]))


def _body(post: Mapping[str, Any]) -> tuple[str, str]:
    if text := post.get("text"):
        return text, post.get("mimeType", "")
    fields = [(each["name"], each.get("value", "")) for each in post.get("params") or ()]
    return (urlencode(fields), "application/x-www-form-urlencoded") if fields else ("", "")
