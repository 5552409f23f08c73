"""What a module made for the last user and keeps, with or without a call between the check and the use."""

from collections.abc import Callable

from bench.explore.case import USERS, Begin, Trial, returning, serving

RIGHT = returning("bleed", {user: f"hello {user}" for user in USERS})

owner = ""
greeting = ""
kept = ("", "")


def reset() -> None:
    """Forget what was made."""
    global owner, greeting, kept
    owner = greeting = ""
    kept = ("", "")


def audit(user: str) -> str:
    """Do what each request does, however little that is."""
    return user


def greet_at_once(user: str) -> str:
    """Return the user's greeting, which is made anew for another user alone."""
    global owner, greeting
    if owner != user:
        greeting = "hello " + user
        owner = user
    return greeting


def greet(user: str) -> str:
    """Do the same, and call something before the greeting is used."""
    global owner, greeting
    if owner != user:
        greeting = "hello " + user
        owner = user
    audit(user)
    return greeting


def greet_from_pair(user: str) -> str:
    """Do that with one reference, which is read once."""
    global kept
    pair = kept
    if pair[0] != user:
        kept = pair = (user, "hello " + user)
    audit(user)
    return pair[1]


def greeted(by: Callable[[str], str]) -> Begin:
    """Return what makes an instance in which both users are greeted so."""

    def begin() -> Trial:
        reset()
        return serving(by, RIGHT)

    return begin
