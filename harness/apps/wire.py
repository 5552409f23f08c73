"""A request as the bytes that go out: with its mark, its length, and padding that changes no meaning."""

from typing import NamedTuple

from harness.apps.addresses import Address
from harness.apps.walk import Prepared

MARK = "X-Ctxstress-Mark"
_PADDING = "X-Ctxstress-Padding"
_LARGEST_READ = (
    96_000  # bottle and express refuse to parse more than 100 kB; uvicorn pauses reading at 64 KiB
)
_LARGEST_HEADER = 6000  # gunicorn's limit is 8190, others take 8 kB for a whole head
_OURS = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


class Wire(NamedTuple):
    """One request, ready to be sent."""

    data: bytes
    body: int
    """How many of its bytes are the body."""
    bodiless: bool
    """Whether its answer has no body whatever its head says, as to HEAD."""


def wire(prepared: Prepared, mark: str, address: Address, *, padding: int = 0, closes: bool = False) -> Wire:
    """Return a request as bytes; with ``closes`` it asks for the connection to end with the answer."""
    names = {name.lower() for name, _ in prepared.headers}
    lines = [f"{prepared.method} {address.prefix}{prepared.target} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {address.name}")
    lines += [f"{name}: {value}" for name, value in prepared.headers if name.lower() not in _OURS]
    lines.append(f"{MARK}: {mark}")
    if closes:
        lines.append("Connection: close")
    body = prepared.body
    if padding:
        padded = _padded(prepared, padding)
        if padded is None:
            lines.append(f"{_PADDING}: {'-' * min(padding, _LARGEST_HEADER)}")
        else:
            body = padded
            if "content-type" not in names:
                lines.append("Content-Type: application/octet-stream")
    if body or prepared.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
    return Wire(head + body, len(body), prepared.method == "HEAD")


def _padded(prepared: Prepared, padding: int) -> bytes | None:
    """Return the body made larger; None where every byte of it means something.

    One that the app reads is made no larger than common limits allow.

    A body that nobody reads is legal on any request. JSON, XML and the lines of a text may end in white space, what
    follows the last boundary of a multipart body is ignored (RFC 2046, 5.1.1), and a form may have one more field.
    """
    if not prepared.body:
        return b" " * padding
    padding = max(0, min(padding, _LARGEST_READ - len(prepared.body)))
    kind = next((value for name, value in prepared.headers if name.lower() == "content-type"), "").lower()
    kind = kind.partition(";")[0].strip()
    if kind == "application/x-www-form-urlencoded":
        return prepared.body + b"&ctxstress_padding=" + b"-" * padding
    if kind.endswith(("json", "xml")):
        return prepared.body + b" " * padding
    if kind == "multipart/form-data":
        return prepared.body.removesuffix(b"\r\n") + b"\r\n" * (padding // 2)
    return None
