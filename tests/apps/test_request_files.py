"""Files of requests, as lines and as TOML: what they say, and where they are wrong."""

from pathlib import Path

import pytest

from harness.apps.calls import Call, Capture, Flow
from harness.apps.request_files import read_file
from harness.core.errors import UserError

LINES = """\
# what visitors do
GET /whoami?user={token}   Cookie: sid={token}

GET /form capture csrf=body:/value="([^"]+)"/
  # the form wants its token back
  POST /buy weight: 2
    X-A: one
      and a half
    body: {
      "csrf": "{csrf}",

      "n": {int}
    }
\t-> GET /done
"""
TOML = r"""
[[flow]]
request = "GET /whoami?user={token} weight: 2"

[[flow]]
name = "buy"
weight = 3
[[flow.call]]
path = "/form"
headers = { X-A = "{token}", X-N = 1 }
capture = { csrf = 'body:/value="([^"]+)"/', id = "json:a.0", sid = "cookie:sid", at = 'header:Location/\/a\/(\d+)/' }
[[flow.call]]
method = "post"
path = "/buy/{id}"
body = { csrf = "{csrf}", on = 2026-01-01, "ü" = ["{user}"] }
"""


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_lines_are_sentences_and_indented_ones_go_on(tmp_path: Path) -> None:
    whoami, buy = read_file(write(tmp_path / "shop.requests", LINES))
    assert whoami == Flow((Call("GET", "/whoami?user={token}", (("Cookie", "sid={token}"),)),))
    assert [call.name for call in buy.calls] == ["GET /form", "POST /buy", "GET /done"]
    assert buy.weight == 2
    assert buy.calls[1].headers == (("X-A", "one and a half"),)
    assert buy.calls[1].body.split() == ["{", '"csrf":', '"{csrf}",', '"n":', "{int}", "}"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    text = "\ufeffGET /a\r\n  Cookie: a={token}\r\nGET /b\r\n"
    first, second = read_file(write(tmp_path / "a", text))
    assert first.calls == (Call("GET", "/a", (("Cookie", "a={token}"),)),)
    assert second.calls == (Call("GET", "/b"),)


def test_toml_says_the_same_in_tables(tmp_path: Path) -> None:
    said, buy = read_file(write(tmp_path / "shop.toml", TOML))
    assert said == Flow((Call("GET", "/whoami?user={token}"),), weight=2)
    captures = (
        Capture("csrf", "body", 'value="([^"]+)"'),
        Capture("id", "json", "a.0"),
        Capture("sid", "cookie", "sid"),
        Capture("at", "header", r"Location//a/(\d+)"),
    )
    assert buy == Flow(
        (
            Call("GET", "/form", (("X-A", "{token}"), ("X-N", "1")), "", captures),
            Call("POST", "/buy/{id}", (), '{"csrf": "{csrf}", "on": "2026-01-01", "ü": ["{user}"]}'),
        ),
        weight=3,
        name="buy",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# nothing\n\n", "holds no request: write one request a line, as in 'GET /whoami"),
        ("# first\n  GET /a\n", ":2: an indented line goes on with the request above it, and there is none"),
        ("GET /a\nGET b\n", ":2: a path begins with / (or with a {captured} one)\n    GET b\n        ^"),
        ("GET /a body: {}\n  # c\n  oops\n", ":3: here a header (any word that ends in a colon)"),
        ("GET /a\n  POST b\n", ":2: here a header"),
        ('\nPOST /a body: {\n"a": 1\n}\n', ":2: this { is not closed; indent its lines"),
        ("GET /{csrf}\n", ":1: GET /{csrf}: nothing fills"),
        (b"GET /\xe9\n", "is not text in UTF-8: byte 5 is 0xe9"),
    ],
)
def test_lines_that_are_wrong_are_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_file(write(tmp_path / "a.txt", text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[flow]", "is not TOML"),
        ("", "holds no request"),
        ("[[flows]]\nrequest = 'GET /'", "nothing is called 'flows' here; did you mean flow"),
        ("flow = 1", r"has to be an array of tables: write \[\[flow\]\]"),
        ("[flow]\nrequest = 'GET /'", r"has to be an array of tables: write \[\[flow\]\]"),
        ("[[flow]]\nname = 'a'", "flow 1: needs either request"),
        ("[[flow]]\nrequest = 'GET /'\n[[flow.call]]\npath = '/'", "flow 1: needs either request"),
        ("[[flow]]\nrequest = 'GET'", "flow 1, request: behind the method"),
        ("[[flow]]\nweight = 0\nrequest = 'GET /'", "weight is 0"),
        ("[[flow]]\nweight = true\nrequest = 'GET /'", "weight is True, and has to be a whole number"),
        ("[[flow]]\nname = 1\nrequest = 'GET /'", "name is 1, and has to be text"),
        ("[[flow]]\n[[flow.call]]\nurl = '/'", "flow 1, call 1: nothing is called 'url'"),
        ("[[flow]]\n[[flow.call]]\nmethod = 'GET'", "path is '', and has to begin with /"),
        ("[[flow]]\n[[flow.call]]\npath = '/'\nheaders = 'a'", "headers is 'a', and has to be a table"),
        ("[[flow]]\n[[flow.call]]\npath = '/'\nbody = 1", "body is 1"),
        ("[[flow]]\n[[flow.call]]\npath = '/'\ncapture = { a = 'xml:a' }", "captures a from 'xml:a': write"),
        ("[[flow]]\n[[flow.call]]\npath = '/{a}'", r"flow 1: GET /\{a\}: nothing fills"),
    ],
)
def test_tables_that_are_wrong_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"a\.toml.*{said}"):
        read_file(write(tmp_path / "a.toml", text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.txt cannot be read: No such file"):
        read_file(tmp_path / "none.txt")
