"""The tokens that virtual users carry: unguessable, repeatable by the seed, and found again wherever they turn up."""

import re
import string
import zlib
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import unquote

from harness.apps.exchanges import Visit
from harness.apps.placeholders import is_drawn

PREFIX = "zq"
NUMBER_PREFIX = "97"
# 32 characters: 5 bits each. Without z the prefix stands nowhere but at the beginning of a token, so that no two
# candidates overlap; without 0, 1 and l tokens can be read out.
_LETTERS = b"23456789abcdefghijkmnopqrstuvwxy"
_RANDOM = 14
LENGTH = len(PREFIX) + _RANDOM
_DIGITS = 13
_SPELL = bytes(_LETTERS[byte & 31] for byte in range(256))
_CANDIDATE = re.compile(rb"zq[2-9a-km-y]{14}")
_NUMBER = re.compile(rb"97[0-9]{13}(?![0-9])")
_BASE64_RUN = re.compile(r"[\w+/-]+", re.ASCII)
# What holds a token, or a number and the character behind it, wherever in three bytes it begins.
_BASE64_SPAN = 24
_ZLIB_IN_BASE64 = tuple(re.compile(start) for start in ("eJ[w-z]", "eN[o-r]"))
_LARGEST_INFLATED = 1 << 20
_PERCENT = re.compile(r"%(?:25)?(?:[57][aA]|39)")


def _spellings(prefix: bytes, followers: str) -> Iterator[tuple[re.Pattern[str], int]]:
    """Yield how base64 spells a prefix: a pattern, and how far into four characters of base64 its match begins.

    There is one for each place in three bytes where the prefix can begin. Each pattern begins with the characters
    that the prefix alone decides, since a search for literal text is several times as fast as for a choice.
    """
    for offset in range(3):
        spelled = [
            b64encode(bytes([before]) * offset + prefix + after.encode() + b"aa").decode()
            for before in range(4)  # only its last two bits share a character with the prefix
            for after in followers
        ]
        columns = ["".join(sorted(set(column))) for column in zip(*spelled, strict=True)]
        first = -(-offset * 8 // 6)
        last = (offset + len(prefix)) * 8 // 6
        fixed = "".join(columns[first:last])
        behind = f"(?=[{columns[last]}])" if (offset + len(prefix)) * 8 % 6 else ""
        before_it = f"(?<=[{columns[first - 1]}]{fixed})" if offset == 1 else ""
        yield re.compile(fixed + before_it + behind), first


_TOKEN_IN_BASE64 = (
    *_spellings(PREFIX.encode(), string.digits + string.ascii_letters),
    *_spellings(PREFIX.upper().encode(), string.digits + string.ascii_letters),
)
_NUMBER_IN_BASE64 = tuple(_spellings(NUMBER_PREFIX.encode(), string.digits))


class Token(NamedTuple):
    """A value that was given to one visit, or to one user for all visits."""

    text: str
    name: str
    """The placeholder: ``token``, ``token:cart``, ``user``, ``int``, ``int:NAME``."""
    user: str
    """The user's label, as in ``u3``."""
    visit: str
    """The visit's label, as in ``u3v17``; empty for a user's own token."""


class Found(NamedTuple):
    """Where a token stands in a text."""

    token: Token
    start: int
    end: int


class Ledger:
    """Issues tokens and knows whose each is; for any number of threads.

    It needs no lock: a value is derived from the seed, not drawn, so that whoever comes second stores the same, and
    storing one entry of a dict cannot be seen half done.
    """

    def __init__(self, seed: int) -> None:
        self._key = blake2b(str(seed).encode()).digest()
        self._tokens: dict[bytes, Token] = {}
        self._numbers: dict[bytes, Token] = {}

    def visit(self, label: str, user: str, placeholders: Iterable[str]) -> Visit:
        """Return a visit with a value for each placeholder; the same label and name get the same value again."""
        return Visit(label, user, {name: self._value(label, user, name) for name in placeholders})

    def find(self, text: str) -> list[Found]:
        """Return every issued token that stands in a text, in order, in any case and whatever is glued to it.

        A number counts only where no further digit is glued to it: it would be another number.
        """
        # One byte for each character, so that positions hold; str.lower can change the length.
        plain = text.encode("latin-1", "replace").lower()
        found = [
            Found(token, match.start(), match.end())
            for match in _CANDIDATE.finditer(plain)
            if (token := self._tokens.get(match[0]))
        ]
        if self._numbers and (numbers := list(self._find_numbers(plain))):
            found = sorted(found + numbers, key=lambda each: each.start)
        return found

    def find_hidden(self, text: str) -> list[Token]:
        """Return the tokens that stand in a text only encoded, each once.

        That is base64 in either alphabet, at any offset, also of zlib data (as in signed cookies and JWTs), and
        percent-encoding of letters, also doubled.
        """
        hidden = dict.fromkeys(self._decoded(text))
        if not hidden:
            return []
        plain = {found.token for found in self.find(text)}
        return [token for token in hidden if token not in plain]

    def _value(self, label: str, user: str, name: str) -> str:
        kind, _, detail = name.partition(":")
        if not is_drawn(name):
            raise ValueError(f"no value can be drawn for {name!r}")
        if kind == "choice":
            choices = detail.split("|")
            return choices[int.from_bytes(self._digest(label, name)) % len(choices)]
        visit = "" if kind == "user" else label
        digest = self._digest(visit or user, name)
        if kind == "int":
            text = f"{NUMBER_PREFIX}{int.from_bytes(digest) % 10**_DIGITS:0{_DIGITS}}"
            self._numbers[text.encode()] = Token(text, name, user, visit)
        else:
            text = PREFIX + digest[:_RANDOM].translate(_SPELL).decode()
            self._tokens[text.encode()] = Token(text, name, user, visit)
        return text

    def _digest(self, label: str, name: str) -> bytes:
        return blake2b(f"{label}\0{name}".encode(), key=self._key, digest_size=16).digest()

    def _find_numbers(self, plain: bytes) -> Iterator[Found]:
        for match in _NUMBER.finditer(plain):
            start = match.start()
            # Not asked by the pattern: a look-behind in front of it makes the search six times as slow.
            if start and plain[start - 1 : start].isdigit():
                continue
            if token := self._numbers.get(match[0]):
                yield Found(token, start, match.end())

    def _decoded(self, text: str) -> Iterator[Token]:
        if "%" in text and _PERCENT.search(text):
            yield from (found.token for found in self.find(unquote(unquote(text))))
        yield from self._in_base64(text)
        for start in _ZLIB_IN_BASE64:
            for match in start.finditer(text):
                inflated = _inflated(text, match.start())
                yield from (found.token for found in self.find(inflated))
                yield from self._in_base64(inflated)

    def _in_base64(self, text: str) -> Iterator[Token]:
        for spelling, offset in _TOKEN_IN_BASE64 + (_NUMBER_IN_BASE64 if self._numbers else ()):
            for match in spelling.finditer(text):
                start = match.start() - offset
                if start >= 0 and (run := _BASE64_RUN.match(text, start, start + _BASE64_SPAN)):
                    yield from (found.token for found in self.find(_from_base64(run[0]).decode("latin-1")))


def _inflated(text: str, start: int) -> str:
    run = _BASE64_RUN.match(text, start)
    assert run is not None
    try:
        return zlib.decompressobj().decompress(_from_base64(run[0]), _LARGEST_INFLATED).decode("latin-1")
    except zlib.error:
        return ""


def _from_base64(encoded: str) -> bytes:
    """Decode a run of base64 of either alphabet, but for last bits that make no byte."""
    data = encoded.replace("+", "-").replace("/", "_").encode()
    if len(data) % 4 == 1:
        data = data[:-1]
    return urlsafe_b64decode(data + b"=" * (-len(data) % 4))
