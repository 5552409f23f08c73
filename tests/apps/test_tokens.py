"""Tokens are found wherever they stand, plain or encoded, with the right owner, and nothing else is taken for one."""

import base64
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from harness.apps.tokens import LENGTH, PREFIX, Ledger, Token

NAMES = ("token", "token:cart", "user", "int", "int:order")
CASES: dict[str, Callable[[str], str]] = {"as issued": str, "upper": str.upper, "title": str.title}


def issued(ledger: Ledger, users: int = 2, visits: int = 3) -> list[Token]:
    return [
        token
        for user in range(users)
        for number in range(visits)
        for value in ledger.visit(f"u{user}v{number}", f"u{user}", NAMES).values.values()
        for token in [ledger.find(value)[0].token]
    ]


LEDGER = Ledger(7)
TOKENS = sorted(set(issued(LEDGER)))
STRANGER = Ledger(8)
FOREIGN = sorted(set(issued(STRANGER)))
# Half of what is drawn comes close to a token: its prefixes and parts, digits, and letters that change when lowered.
NEARLY = st.sampled_from(
    [
        "z",
        "zq",
        "ZQ",
        "97",
        "97123",
        TOKENS[0].text[:9],
        TOKENS[-1].text[:9],
        TOKENS[-1].text[3:],
        "İ",
        "ß",
        "\ud800",
    ]
)
NOISE = st.lists(st.one_of(st.text(max_size=6), NEARLY), max_size=5).map("".join)


def test_values_repeat_by_seed_and_differ_by_visit_name_and_user() -> None:
    assert issued(Ledger(7)) == issued(Ledger(7))
    assert {each.text for each in TOKENS}.isdisjoint(each.text for each in FOREIGN)
    # Two users with three visits each: one user token each, four others for each visit.
    assert len(TOKENS) == 2 + 2 * 3 * 4
    assert sorted({each.visit for each in TOKENS if each.name == "user"}) == [""]


def test_tokens_have_the_shape_that_forms_and_path_segments_accept() -> None:
    for token in TOKENS:
        if token.name.startswith("int"):
            assert len(token.text) == 15
            assert int(token.text) < 2**53
            assert str(int(token.text)) == token.text
        else:
            assert len(token.text) == LENGTH
            assert token.text.startswith(PREFIX)
            assert token.text.isascii()
            assert token.text.isalnum()
            assert token.text == token.text.lower()


def test_choices_are_all_drawn_and_stay_for_the_visit() -> None:
    drawn = [LEDGER.visit(f"v{n}", "u", ["choice:de|en|fr"]).values["choice:de|en|fr"] for n in range(60)]
    assert set(drawn) == {"de", "en", "fr"}
    assert drawn == [
        LEDGER.visit(f"v{n}", "u", ["choice:de|en|fr"]).values["choice:de|en|fr"] for n in range(60)
    ]


@pytest.mark.parametrize("name", ["tokens", "csrf", "choice:", "token:", ""])
def test_what_is_no_placeholder_of_a_visit_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no value can be drawn"):
        LEDGER.visit("v", "u", [name])


@given(st.lists(st.tuples(NOISE, st.sampled_from(TOKENS), st.sampled_from(sorted(CASES))), max_size=6), NOISE)
def test_exactly_the_embedded_tokens_are_found(parts: list[tuple[str, Token, str]], rest: str) -> None:
    text, expected = "", []
    for noise, token, case in parts:
        # Digits glued to a number make it another number.
        between = noise if not token.name.startswith("int") else noise + "-"
        text += between
        expected.append((token, len(text), len(text) + len(token.text)))
        text += CASES[case](token.text) + "-" * token.name.startswith("int")
    assert [tuple(each) for each in LEDGER.find(text + rest)] == expected


@given(st.lists(st.one_of(NOISE, st.sampled_from(FOREIGN).map(lambda token: token.text)), max_size=8))
def test_what_was_never_issued_is_not_found(parts: list[str]) -> None:
    text = "".join(parts)
    assert LEDGER.find(text) == []
    assert LEDGER.find_hidden(text) == []
    assert LEDGER.find_hidden(base64.b64encode(text.encode("utf-8", "replace")).decode()) == []


@pytest.mark.parametrize("token", TOKENS[:6], ids=lambda token: token.name)
@pytest.mark.parametrize("glued", ["{}", "a{}b", "zq{}zq", "z{}", "{}{}", "İ{}", "/{}?", '"{}"'])
def test_letters_glued_to_a_token_do_not_hide_it(token: Token, glued: str) -> None:
    if token.name.startswith("int") and glued == "{}{}":
        assert LEDGER.find(glued.format(token.text, token.text)) == []
    else:
        assert {each.token for each in LEDGER.find(glued.format(token.text, token.text))} == {token}


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: f"{token.visit}-{token.name}")
def test_a_token_cut_short_is_nobodys(token: Token) -> None:
    other = next(each for each in TOKENS if each.name == token.name and each != token)
    for cut in range(1, len(token.text)):
        assert LEDGER.find(token.text[:cut] + other.text[cut:]) in (
            [],
            LEDGER.find(other.text),
            LEDGER.find(token.text),
        )
        assert LEDGER.find(token.text[:cut]) == []
        assert LEDGER.find(token.text[cut:]) == []


def test_digits_glued_to_a_number_make_it_another() -> None:
    number = next(token for token in TOKENS if token.name == "int").text
    assert LEDGER.find(f"1{number}") == []
    assert LEDGER.find(f"{number}1") == []
    assert len(LEDGER.find(f"n{number}.0")) == 1


SECRET = "not a secret"
ENCODERS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "zlib": lambda text: (
        "." + base64.urlsafe_b64encode(zlib.compress(text.encode() * 3)).decode().rstrip("=")
    ),
    "zlib 9": lambda text: base64.b64encode(zlib.compress(text.encode() * 3, 9)).decode(),
    "base64 in zlib": lambda text: URLSafeTimedSerializer(SECRET).dumps(
        {"b": base64.b64encode(text.encode()).decode(), "pad": "pad" * 40}
    ),
    "itsdangerous": lambda text: URLSafeTimedSerializer(SECRET).dumps({"value": text}),
    "itsdangerous, long": lambda text: URLSafeTimedSerializer(SECRET).dumps(
        {"value": text, "pad": "pad" * 40}
    ),
    "JWT": lambda text: ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, {"sub": text}, "signature")
    ),
    "percent": lambda text: "".join(f"%{ord(char):02x}" for char in text),
    "percent, upper": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: quote("".join(f"%{ord(char):02x}" for char in text)),
}


@pytest.mark.parametrize("encode", ENCODERS.values(), ids=ENCODERS)
@given(
    before=st.text("abcxyz012 /", max_size=7),
    token=st.sampled_from(TOKENS),
    case=st.sampled_from([str, str.upper]),
    glue=st.sampled_from(["", "session=", "sid:abc/", 'Set-Cookie: a="']),
)
def test_encoded_tokens_are_found_at_every_offset(
    encode: Callable[[str], str], before: str, token: Token, case: Callable[[str], str], glue: str
) -> None:
    text = f"{before}-{case(token.text)}-"
    assume(not LEDGER.find(encode(text)))
    assert LEDGER.find_hidden(f"{glue}{encode(text)}; HttpOnly") == [token]


def test_a_token_that_also_stands_there_plainly_is_not_hidden() -> None:
    token = TOKENS[0]
    encoded = base64.b64encode(token.text.encode()).decode()
    assert LEDGER.find_hidden(encoded) == [token]
    assert LEDGER.find_hidden(f"{token.text} {encoded}") == []


def test_data_that_claims_to_be_compressed_but_is_not_is_passed_over() -> None:
    assert LEDGER.find_hidden("eJwAAAAAAAAAAAAA") == []
    assert LEDGER.find_hidden("eJx") == []


def test_a_bomb_is_not_inflated_to_its_end() -> None:
    bomb = zlib.compress(b"0" * 50_000_000 + TOKENS[0].text.encode(), 9)
    assert LEDGER.find_hidden(base64.b64encode(bomb).decode()) == []


def test_nothing_to_find_means_nothing_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes) -> bytes:
        raise AssertionError(f"decoded {data!r}")

    monkeypatch.setattr("harness.apps.tokens.urlsafe_b64decode", refuse)
    page = "<p style='width:10px'>open %20 the door, e.g. 97 or 1000 times</p>" * 20
    assert LEDGER.find_hidden(page) == []
    with pytest.raises(AssertionError, match="decoded"):
        LEDGER.find_hidden(base64.b64encode(TOKENS[0].text.encode()).decode())
