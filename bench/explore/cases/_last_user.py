"""What a module made for the last user and keeps, with a call between the check and the use."""

from bench.explore.case import returning

RIGHT = returning("bleed", {"alice": "hello alice", "bob": "hello bob"})

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


def greet(user: str) -> str:
    """Return the user's greeting, which is made anew for another user alone."""
    global owner, greeting
    if owner != user:
        greeting = "hello " + user
        owner = user
    audit(user)
    return greeting


def greet_from_pair(user: str) -> str:
    """Do the same with one reference, which is read once."""
    global kept
    pair = kept
    if pair[0] != user:
        kept = pair = (user, "hello " + user)
    audit(user)
    return pair[1]
