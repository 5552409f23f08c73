"""The row ``mini_cookie``: sessions that the client keeps, in a signed cookie."""

from harness.targets._stores import EVERY_UNIT, subject, target

TARGET = target("cookie", "the mini-framework with its sessions in a signed cookie")

SUBJECT = subject(
    "cookie",
    "A signed cookie holds the session itself, so of two answers at once the client keeps the later.",
    exempt={
        (unit, scenario): "a signed cookie cannot be taken back: whoever kept an old one can still show it"
        for unit in sorted(EVERY_UNIT)
        for scenario in ("session_rotation", "session_logout")
    },
)
