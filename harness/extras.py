"""Which packages an extra installs on this Python, and what installs one that a part needs."""

from collections.abc import Iterator
from importlib.metadata import requires

from packaging.requirements import Requirement

OURS = "ctxstress"
OLDEST = "3.11"
"""The oldest Python that ctxstress runs on: an extra leaves nothing out for it."""


def installs(extra: str, python: str = "") -> Iterator[Requirement]:
    """Yield what an extra installs, on this Python or another, as ``3.11``."""
    told = {"extra": extra, **({"python_version": python} if python else {})}
    for line in requires(OURS) or ():
        requirement = Requirement(line)
        if requirement.marker is not None and requirement.marker.evaluate(told):
            yield requirement


def wanted(extra: str, module: str) -> tuple[str, str]:
    """Return what a part needs of which a module is not there, in words, and the command that installs it.

    An extra leaves out a package of which it is known that this Python is too new for it.
    """
    package = module.partition(".")[0].replace("_", "-")
    left_out = {each.name for each in installs(extra, OLDEST)} - {each.name for each in installs(extra)}
    if package in left_out:
        return f"{package}, which the extra {extra!r} leaves out on this Python", f"pip install {package}"
    return f"the extra {extra!r}", f"pip install '{OURS}[{extra}]'"
