"""A subject whose Locals announce each operation, so that schedules that differ in nothing else are left out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from localimpl import Local, LocalStack, Subject

LOCAL = "local"
STACKS = "stacks"

Touch = Callable[[str, bool], None]
"""Takes the name of a shared object and whether it is written."""


class Announcer:
    """Hands announcements on to whichever schedule is running."""

    def __init__(self) -> None:
        self.touch: Touch = lambda name, writes: None

    def to(self, touch: Touch) -> None:
        """Hand them on to this from now on."""
        self.touch = touch

    def subject(self, subject: Subject) -> Subject:
        """Return the subject with Locals that announce.

        A Local is one object, whatever the name: what is under test is that units do not reach each other's values.
        Of a negative control even a look-up counts as a write, for it may change what the next one finds.
        """

        def make() -> Local:
            return AnnouncedLocal(subject.make(), self, subject.control)

        def make_stack() -> LocalStack:
            return AnnouncedStack(subject.make_stack(), self)

        return replace(subject, make=make, make_stack=make_stack)


class AnnouncedLocal(Local):
    """Announces an operation on a Local, then does it."""

    __slots__ = ("_announcer", "_inner", "_looks_write")

    def __init__(self, inner: Local, announcer: Announcer, looks_write: bool) -> None:
        self._inner = inner
        self._announcer = announcer
        self._looks_write = looks_write

    def get(self, name: str, /) -> Any:
        self._announcer.touch(LOCAL, self._looks_write)
        return self._inner.get(name)

    def set(self, name: str, value: Any, /) -> None:
        self._announcer.touch(LOCAL, True)
        self._inner.set(name, value)

    def delete(self, name: str, /) -> None:
        self._announcer.touch(LOCAL, True)
        self._inner.delete(name)

    def release(self) -> None:
        self._announcer.touch(LOCAL, True)
        self._inner.release()

    def names(self) -> list[str]:
        self._announcer.touch(LOCAL, self._looks_write)
        return self._inner.names()

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        self._announcer.touch(LOCAL, self._looks_write)
        return self._inner.snapshot()

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        read = self._inner.reader(name)

        def announced() -> Any:
            self._announcer.touch(LOCAL, self._looks_write)
            return read()

        return announced

    def writer(self, name: str, /) -> Callable[[Any], Any]:
        write = self._inner.writer(name)

        def announced(value: Any) -> None:
            self._announcer.touch(LOCAL, True)
            write(value)

        return announced


class AnnouncedStack(LocalStack):
    """Announces an operation on a stack, then does it; stacks may share a Local, so all of them are one object."""

    __slots__ = ("_announcer", "_inner")

    def __init__(self, inner: LocalStack, announcer: Announcer) -> None:
        self._inner = inner
        self._announcer = announcer

    def push(self, obj: Any) -> list[Any]:
        self._announcer.touch(STACKS, True)
        return self._inner.push(obj)

    def pop(self) -> Any:
        self._announcer.touch(STACKS, True)
        return self._inner.pop()

    @property
    def top(self) -> Any:
        self._announcer.touch(STACKS, True)
        return self._inner.top

    def reader(self, name: str | None = None, /) -> Callable[[], Any]:
        read = self._inner.reader(name)

        def announced() -> Any:
            self._announcer.touch(STACKS, True)
            return read()

        return announced

    def release(self) -> None:
        self._announcer.touch(STACKS, True)
        self._inner.release()

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return self._inner.snapshot()
