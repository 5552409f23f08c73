"""Writes all that repeats a schedule as a short text that survives a shell, and reads it again."""

import base64
import binascii
import json
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.errors import UserError
from harness.core.exploration import Switch
from harness.core.feasibility import Feasibility
from harness.explorer.places import shown

PREFIX = "x1."
"""Says what it is and how to read it; another number where the reading changes, the words below included."""
WORDS = (
    b'.py"["begin""end""wait""loop""call""returned""enter""load""store""access""pause",["r1","r2","r3","tests/"test:'
    b'harness/targets/harness/framework/scenarios/"clock""tasks""threads""gevent","call:"greenlets"cell:localimpl.'
    b":SUBJECT|harness.hosts.greenlets:HOST|harness.hosts.threads:HOST|harness.hosts.tasks:HOST|scenarios.read_back"
    b":SCENARIO|harness.targets.mini:TARGET|harness.gates.jitter:GATE"
)
"""What tokens often hold, so that it takes next to no room in them (a preset dictionary of zlib)."""
CHECK_BYTES = 4
LARGEST = 1_000_000
"""Bytes that a token may unfold to: more than any schedule has, and no harm to the memory."""
LEVELS = tuple(Feasibility)


@dataclass(frozen=True, slots=True)
class Token:
    """What repeats a schedule: the program, where it runs, what is looked into, and where to switch."""

    reference: str
    """Names the program: ``cell:…``, ``call:package.module:NAME`` or ``test:path::name``."""
    host: str
    """The name of the controlled host."""
    files: tuple[str, ...]
    """The source files whose instructions are switch points, relative."""
    level: Feasibility
    """The strongest scheduler whose switch points are reported."""
    switches: tuple[Switch, ...]
    seed: int = 1
    without: tuple[str, ...] = ()
    """Units that the program is made without."""
    bound: int = 0
    """The preemptions of the schedule: how far to search when a switch is not come to any more."""
    feasibility: Feasibility | None = None
    """The weakest scheduler that was found to make such a mix-up; None in tokens that were written without it."""


def encode(
    reference: str,
    host: str,
    files: Sequence[str],
    level: Feasibility,
    switches: Sequence[Switch],
    seed: int = 1,
    without: Collection[str] = (),
    bound: int = 0,
    feasibility: Feasibility | None = None,
) -> str:
    """Return the token of a schedule; names of files are made relative."""
    names = list(dict.fromkeys(shown(switch.file) for switch in switches))
    rows = [
        [each.unit, each.role, names.index(shown(each.file)), each.line, each.occurrence, each.to]
        for each in switches
    ]
    parts = [reference, host, list(map(shown, files)), level.rank, seed, sorted(without), bound, names, rows]
    if feasibility is not None:
        parts.append(feasibility.rank)
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=WORDS)
    packed = packer.compress(text) + packer.flush()
    return PREFIX + base64.urlsafe_b64encode(_check(text) + packed).decode().rstrip("=")


def decode(text: str) -> Token:
    """Return what a token holds. Raises UserError for one that is damaged, or that is none of ours."""
    text = "".join(text.split())
    if not text.startswith(PREFIX):
        raise UserError(_foreign(text))
    try:
        raw = base64.b64decode(
            text[len(PREFIX) :] + "=" * (-(len(text) - len(PREFIX)) % 4), b"-_", validate=True
        )
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=WORDS)
        unpacked = unpacker.decompress(raw[CHECK_BYTES:], LARGEST)
        if not unpacker.eof or _check(unpacked) != raw[:CHECK_BYTES]:
            raise ValueError("the check sum differs")
        return _token(json.loads(unpacked))
    except (binascii.Error, zlib.error, ValueError, TypeError, IndexError) as error:
        raise UserError(
            f"the token {_short(text)} is damaged: letters of it are missing or changed; copy it again, whole and in "
            "one piece, from the line that begins with 'replay:'"
        ) from error


def _token(parts: list[Any]) -> Token:
    reference, host, files, level, seed, without, bound, names, rows, *graded = parts
    switches = tuple(
        Switch(unit, role, names[file], line, occurrence, to)
        for unit, role, file, line, occurrence, to in rows
    )
    return Token(
        reference,
        host,
        tuple(files),
        LEVELS[level],
        switches,
        seed=seed,
        without=tuple(without),
        bound=bound,
        feasibility=LEVELS[graded[0]] if graded else None,
    )


def _check(text: bytes) -> bytes:
    return zlib.crc32(text).to_bytes(CHECK_BYTES, "big")


def _foreign(text: str) -> str:
    """Say why something is no token of ours."""
    head, dot, _ = text.partition(".")
    if dot and head[:1] == PREFIX[0] and head[1:].isdigit():
        return (
            f"the token {_short(text)} is of another version: it begins with {head}., this one reads {PREFIX}"
        )
    return f"{_short(text)} is no token: one begins with {PREFIX!r}, as printed by ctxstress explore"


def _short(text: str) -> str:
    return repr(text if len(text) <= 24 else f"{text[:20]}…")
