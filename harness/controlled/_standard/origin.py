"""Where the program made or did something, and how that is called by it."""

from pathlib import Path
from types import CodeType, FrameType

from harness.controlled._place import carries
from harness.explorer.places import NOWHERE

_OWN = str(Path(__file__).parents[2])
_BEGINS = ("_bootstrap", "_bootstrap_inner")
"""Functions of the standard library in which every thread begins."""


class Origin:
    """Where the program caused something: its own line, and what of the standard library it called there."""

    __slots__ = ("called", "file", "line")

    def __init__(self, frame: FrameType | None) -> None:
        self.called: CodeType | None = None
        self.file, self.line = "", 0
        begun: CodeType | None = None
        while frame is not None:
            code = frame.f_code
            if not carries(code.co_filename):
                self.file, self.line = code.co_filename, frame.f_lineno
                return
            if not code.co_filename.startswith(_OWN) and code.co_name not in _BEGINS:
                self.called = code
            elif begun is None:  # what runs the program may itself be run by the standard library
                begun = self.called
            frame = frame.f_back
        self.called = begun or self.called

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else NOWHERE

    def of(self, kind: str) -> str:
        """Return how something of a kind is called that was made here: ``the lock made at /srv/shop.py:5``."""
        if self.called is None:
            return f"the {kind} made at {self}"
        owner, _, function = self.called.co_qualname.rpartition(".")
        if function == "__init__":
            return f"the {kind} inside the {owner} made at {self}"
        return f"what ends {self.called.co_qualname} at {self}"


class Titled:
    """Something that the program made, and how it is called in words."""

    __slots__ = ("__weakref__", "made", "title")

    kind = "lock"

    def __init__(self, frame: FrameType | None) -> None:
        self.made = Origin(frame)
        self.title = ""
        """How it is called, if that says more than where it was made."""

    def __str__(self) -> str:
        return self.title or self.made.of(self.kind)

    def free(self) -> None:
        """Give back what a unit that was stopped has kept."""
