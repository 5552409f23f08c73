"""A subject whose Locals announce each operation, so that schedules that differ in nothing else are left out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from localimpl import Local, LocalStack, Subject

LOCAL = "local"
STACKS = "stacks"


class Listener(Protocol):
    """Takes announcements, as an Execution does."""

    def hold(self, name: str, writes: bool) -> None: ...
    def let_go(self) -> None: ...


class Nobody:
    """Takes what is announced while no schedule runs: by the making of an app."""

    def hold(self, name: str, writes: bool) -> None: ...
    def let_go(self) -> None: ...


class Operation:
    """One operation on a shared object, announced from its beginning to its end.

    In between a unit may be switched out, at an instruction of the Local's own source, and the rest of the operation
    is as much a part of it.
    """

    __slots__ = ("_announcer", "_name", "_writes")

    def __init__(self, announcer: "Announcer", name: str, writes: bool) -> None:
        self._announcer = announcer
        self._name = name
        self._writes = writes

    def __enter__(self) -> None:
        self._announcer.listener.hold(self._name, self._writes)

    def __exit__(self, *_: object) -> None:
        self._announcer.listener.let_go()


class Announcer:
    """Hands announcements on to whichever schedule is running."""

    def __init__(self) -> None:
        self.listener: Listener = Nobody()

    def to(self, listener: Listener) -> None:
        """Announce to this from now on."""
        self.listener = listener

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

    __slots__ = ("_change", "_inner", "_look")

    def __init__(self, inner: Local, announcer: Announcer, looks_write: bool) -> None:
        self._inner = inner
        self._look = Operation(announcer, LOCAL, looks_write)
        self._change = Operation(announcer, LOCAL, True)

    def get(self, name: str, /) -> Any:
        with self._look:
            return self._inner.get(name)

    def set(self, name: str, value: Any, /) -> None:
        with self._change:
            self._inner.set(name, value)

    def delete(self, name: str, /) -> None:
        with self._change:
            self._inner.delete(name)

    def release(self) -> None:
        with self._change:
            self._inner.release()

    def names(self) -> list[str]:
        with self._look:
            return self._inner.names()

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        with self._look:
            return self._inner.snapshot()

    def reader(self, name: str | None, /) -> Callable[[], Any]:
        read = self._inner.reader(name)

        def announced() -> Any:
            with self._look:
                return read()

        return announced

    def writer(self, name: str, /) -> Callable[[Any], Any]:
        write = self._inner.writer(name)

        def announced(value: Any) -> None:
            with self._change:
                write(value)

        return announced


class AnnouncedStack(LocalStack):
    """Announces an operation on a stack, then does it; stacks may share a Local, so all of them are one object."""

    __slots__ = ("_inner", "_use")

    def __init__(self, inner: LocalStack, announcer: Announcer) -> None:
        self._inner = inner
        self._use = Operation(announcer, STACKS, True)

    def push(self, obj: Any) -> list[Any]:
        with self._use:
            return self._inner.push(obj)

    def pop(self) -> Any:
        with self._use:
            return self._inner.pop()

    @property
    def top(self) -> Any:
        with self._use:
            return self._inner.top

    def reader(self, name: str | None = None, /) -> Callable[[], Any]:
        read = self._inner.reader(name)

        def announced() -> Any:
            with self._use:
                return read()

        return announced

    def release(self) -> None:
        with self._use:
            self._inner.release()

    def snapshot(self) -> dict[str | int, dict[str, Any]]:
        return self._inner.snapshot()
