"""Pauses at an app's own I/O, where its threads, greenlets or tasks would wait in production: each wait gets longer.

Nothing waits in a way of its own: a thread sleeps, a greenlet sleeps as its library patched it, a task sleeps on its
loop. Where nothing could give way in production nothing is paused: SQLite blocks the greenlets of a process, and so
does a plain ``time.sleep`` on an event loop. The server's own sockets are left alone.
"""

import random
import socket
import sys
import time
from collections.abc import Callable
from functools import cache, wraps
from types import ModuleType
from typing import Any
from weakref import WeakSet

ON_SOCKETS = ("recv", "recv_into", "send", "sendall")
ON_READERS = ("read", "readline", "readexactly", "readuntil")
ON_LOOPS = ("sock_recv", "sock_recv_into", "sock_sendall", "sock_connect", "create_connection")


class IoDelay:
    """Pauses of a uniform length between 0 and twice the mean, in seconds, drawn from a seed."""

    def __init__(self, mean: float, seed: int) -> None:
        self._longest = 2 * mean
        # One call of it is one step of C: threads may share it.
        self._draw = random.Random(seed).random
        self._sleep: Callable[[float], Any] = time.sleep
        self._async_sleep: Callable[[float], Any] | None = None
        self._outgoing: WeakSet[Any] = WeakSet()
        self._readers: WeakSet[Any] = WeakSet()
        self._wrapped: set[Any] = set()
        self.taken = 0
        """How many pauses there have been, not counted exactly."""

    def install(self) -> None:
        """Wrap what waits, in the modules that are imported by now; to be called again when there may be more.

        Nothing is imported for it, since gevent and eventlet may still have to come first.
        """
        if time.sleep not in self._wrapped:
            self._sleep = time.sleep
        self._on(time, "sleep", self._longer_sleep)
        for name in ("gevent", "eventlet"):
            if hasattr(sys.modules.get(name), "sleep"):
                self._on(sys.modules[name], "sleep", self._longer_sleep)
        ssl = sys.modules.get("ssl")
        for owner in (socket.socket, ssl.SSLSocket) if ssl else (socket.socket,):
            for name in ON_SOCKETS:
                self._on(owner, name, self._before_transfer)
        self._on(socket.socket, "connect", self._after_connect)
        if not _is_patched():
            for name in ("sqlite3", "sqlite3.dbapi2"):
                if name in sys.modules:
                    self._on(sys.modules[name], "connect", self._slower_sqlite)
        if "asyncio" in sys.modules:
            self._install_on_loops(sys.modules["asyncio"])

    def _install_on_loops(self, asyncio: Any) -> None:
        self._async_sleep = self._async_sleep or asyncio.sleep
        self._on(asyncio, "sleep", self._longer_async_sleep)
        for module in (asyncio, asyncio.streams):
            for name in ("open_connection", "open_unix_connection"):
                self._on(module, name, self._after_opening)
        for name in ON_READERS:
            self._on(asyncio.StreamReader, name, self._before_reading)
        for name in ON_LOOPS:
            self._on(asyncio.SelectorEventLoop, name, self._before_awaiting)

    def _on(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        """Replace a function by a wrapped one, unless it is that already."""
        original = getattr(owner, name)
        if original not in self._wrapped:
            wrapped = wraps(original, updated=())(wrap(original))
            self._wrapped.add(wrapped)
            setattr(owner, name, wrapped)

    def _length(self) -> float:
        self.taken += 1
        return self._draw() * self._longest

    def _pause(self) -> None:
        if not _on_a_loop():
            self._sleep(self._length())

    async def _rest(self) -> None:
        assert self._async_sleep is not None
        await self._async_sleep(self._length())

    def _longer_sleep(self, original: Any) -> Any:
        def sleep(seconds: float = 0, *more: Any, **named: Any) -> Any:
            return original(seconds if _on_a_loop() else seconds + self._length(), *more, **named)

        return sleep

    def _before_transfer(self, original: Any) -> Any:
        def transfer(sock: Any, *args: Any, **named: Any) -> Any:
            if (
                sock in self._outgoing or getattr(sock, "server_side", True) is False
            ) and sock.gettimeout() != 0:
                self._pause()
            return original(sock, *args, **named)

        return transfer

    def _after_connect(self, original: Any) -> Any:
        def connect(sock: Any, address: Any) -> Any:
            result = original(sock, address)
            if sock.gettimeout() != 0:
                self._outgoing.add(sock)
                self._pause()
            return result

        return connect

    def _slower_sqlite(self, original: Any) -> Any:
        from sqlite3 import Connection

        def connect(*args: Any, **named: Any) -> Any:
            # The sixth argument, by position, is the factory.
            if len(args) < 6:
                named["factory"] = _slower_connection(named.get("factory") or Connection, self._pause)
            self._pause()
            return original(*args, **named)

        return connect

    def _longer_async_sleep(self, original: Any) -> Any:
        async def sleep(delay: float, result: Any = None) -> Any:
            return await original(delay + self._length(), result)

        return sleep

    def _after_opening(self, original: Any) -> Any:
        async def open_connection(*args: Any, **named: Any) -> Any:
            reader, writer = await original(*args, **named)
            self._readers.add(reader)
            return reader, writer

        return open_connection

    def _before_reading(self, original: Any) -> Any:
        async def read(reader: Any, *args: Any, **named: Any) -> Any:
            if reader in self._readers:
                await self._rest()
            return await original(reader, *args, **named)

        return read

    def _before_awaiting(self, original: Any) -> Any:
        async def operate(*args: Any, **named: Any) -> Any:
            await self._rest()
            return await original(*args, **named)

        return operate


def _on_a_loop() -> bool:
    """Tell whether a task of asyncio would be held up by a sleep here, and with it all others."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def _is_patched() -> bool:
    return any(_patches(sys.modules.get(name)) for name in ("gevent.monkey", "eventlet.patcher"))


def _patches(library: ModuleType | None) -> bool:
    if library is None:
        return False
    ask = library.is_module_patched if library.__name__ == "gevent.monkey" else library.is_monkey_patched
    return bool(ask("socket"))


@cache
def _slower_connection(factory: Any, pause: Callable[[], None]) -> Any:
    """Return a kind of connection whose statements wait, on top of the app's own kind."""
    if not isinstance(factory, type):
        return factory

    from sqlite3 import Cursor

    class Slower(factory):  # type: ignore[misc]
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(_slower_cursor(factory, pause))

        def execute(self, *args: Any) -> Any:
            pause()
            return super().execute(*args)

        def executemany(self, *args: Any) -> Any:
            pause()
            return super().executemany(*args)

        def commit(self) -> None:
            pause()
            super().commit()

    Slower.__name__, Slower.__qualname__ = factory.__name__, factory.__qualname__
    return Slower


@cache
def _slower_cursor(factory: Any, pause: Callable[[], None]) -> Any:
    if not isinstance(factory, type):
        return factory

    class Slower(factory):  # type: ignore[misc]
        def execute(self, *args: Any) -> Any:
            pause()
            return super().execute(*args)

        def executemany(self, *args: Any) -> Any:
            pause()
            return super().executemany(*args)

    Slower.__name__, Slower.__qualname__ = factory.__name__, factory.__qualname__
    return Slower
