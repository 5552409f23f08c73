"""Requests as bytes: what is added to them, what is taken away, and that padding changes no meaning."""

import json
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qs

import pytest

from harness.apps.addresses import Address
from harness.apps.calls import Headers
from harness.apps.walk import Prepared
from harness.apps.wire import Wire, wire

HERE = Address(8000)


def request(
    method: str = "GET",
    headers: Headers = (),
    body: bytes = b"",
    *,
    address: Address = HERE,
    padding: int = 0,
    closes: bool = False,
) -> tuple[str, dict[str, list[str]], bytes, Wire]:
    """Return the request line, the headers by their name in lower case, the body, and the whole."""
    made = wire(Prepared(method, "/a?b", headers, body), "u1v1.0", address, padding=padding, closes=closes)
    head, _, rest = made.data.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    found: dict[str, list[str]] = {}
    for each in lines:
        name, _, value = each.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return line, found, rest, made


def test_a_plain_request_has_its_mark_and_its_host() -> None:
    line, headers, body, made = request()
    assert line == "GET /a?b HTTP/1.1"
    assert headers == {"host": ["127.0.0.1:8000"], "x-ctxstress-mark": ["u1v1.0"]}
    assert (body, made.body, made.bodiless) == (b"", 0, False)


def test_what_belongs_to_the_connection_is_ours() -> None:
    theirs = (
        ("Connection", "keep-alive"),
        ("content-length", "99"),
        ("Transfer-Encoding", "chunked"),
        ("Keep-Alive", "5"),
        ("Host", "shop.example"),
    )
    _, headers, body, _ = request("POST", theirs, b"abc", closes=True)
    assert headers["connection"] == ["close"]
    assert headers["content-length"] == ["3"]
    assert headers["host"] == ["shop.example"]
    assert not {"transfer-encoding", "keep-alive"} & set(headers)
    assert body == b"abc"


@pytest.mark.parametrize(
    ("method", "length"), [("POST", ["0"]), ("PUT", ["0"]), ("GET", None), ("DELETE", None)]
)
def test_a_method_that_means_a_body_says_that_there_is_none(method: str, length: list[str] | None) -> None:
    assert request(method)[1].get("content-length") == length


def test_the_answer_to_head_has_no_body() -> None:
    assert request("HEAD")[3].bodiless


def test_the_prefix_of_a_url_stands_before_the_path() -> None:
    assert request(address=Address(1, prefix="/shop"))[0] == "GET /shop/a?b HTTP/1.1"


def test_what_is_no_latin_goes_out_as_utf_8() -> None:
    assert "X-Name: Ж".encode() in request(headers=(("X-Name", "Ж"),))[3].data


def padded(kind: str, body: bytes) -> tuple[dict[str, list[str]], bytes]:
    headers = (("Content-Type", kind),) if kind else ()
    _, found, rest, made = request("POST", headers, body, padding=200_000)
    assert found["content-length"] == [str(len(rest))] == [str(made.body)]
    return found, rest


def test_a_padded_request_without_a_body_gets_one() -> None:
    _, headers, body, made = request(padding=200_000)
    assert (len(body), made.body) == (200_000, 200_000)
    assert headers["content-length"] == ["200000"]
    assert headers["content-type"] == ["application/octet-stream"]


def test_padded_json_is_the_same() -> None:
    for kind in ("application/json", "application/vnd.api+json; charset=utf-8"):
        _, body = padded(kind, b'{"a": 1}')
        assert 90_000 < len(body) < 100_000
        assert json.loads(body) == {"a": 1}


def test_a_padded_form_has_one_field_more() -> None:
    _, body = padded("application/x-www-form-urlencoded", b"a=1&b=2")
    assert 90_000 < len(body) < 100_000
    fields = parse_qs(body.decode())
    assert fields.pop("ctxstress_padding")
    assert fields == {"a": ["1"], "b": ["2"]}


def test_a_padded_upload_has_the_same_parts() -> None:
    kind = "multipart/form-data; boundary=XX"
    part = b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--XX--\r\n'
    _, body = padded(kind, part)
    assert 90_000 < len(body) < 100_000
    message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP)
    assert [each.get_payload() for each in message.get_payload()] == ["1"]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/plain", ""])
def test_where_every_byte_counts_a_header_is_large_instead(kind: str) -> None:
    headers, body = padded(kind, b"\x00\x01")
    assert body == b"\x00\x01"
    assert 5000 < len(headers["x-ctxstress-padding"][0]) < 8000


def test_a_body_that_is_large_already_stays_as_it_is() -> None:
    large = b'"' + b"a" * 150_000 + b'"'
    assert padded("application/json", large)[1] == large
