"""Runs an ASGI app's start-up and shut-down on the server's own loop, as far as the server does not do it."""

import asyncio
import contextvars
import threading
from typing import Any

from harness.core.errors import UserError


class Lifespan:
    """An ASGI app whose start-up is over before its first request is handled.

    Where the server sends what starts it up, that is passed on. The process of an app does not end by way of its
    server, so the end is sent here. An app that does not know of start-ups runs without.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        # Start-up must not begin in the context of the request that happens to come first.
        self._context = contextvars.copy_context()
        self._by_server = False
        self._over = False
        self._failure = ""
        self._state: dict[str, Any] = {}
        self._started: asyncio.Future[None] | None = None
        self._asked_to_end: asyncio.Future[None] | None = None
        self._ended = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on; a request waits for the start-up that is not over yet."""
        if scope["type"] == "lifespan":
            self._by_server = True
            await self._pass_on(scope, receive, send)
            return
        if not self._by_server:
            if not self._over:
                await self.start()
            if self._state:
                scope["state"] = self._state.copy()
        await self._app(scope, receive, send)

    async def start(self) -> None:
        """Start the app up; the first who calls begins, all wait. Raises UserError with the app's own message."""
        if self._by_server:
            return
        if self._started is None:
            loop = asyncio.get_running_loop()
            self._started = loop.create_future()
            self._asked_to_end = loop.create_future()
            # The loop holds no task but those that are due, and this one waits for long.
            self._running = loop.create_task(self._run(), context=self._context)
        await asyncio.shield(self._started)
        if self._failure:
            raise UserError(f"the app's start-up failed: {self._failure}")

    def end(self, within: float) -> None:
        """Shut the app down; called from another thread, waits for so many seconds at most."""
        end = self._asked_to_end
        if end is not None and not self._ended.is_set():
            end.get_loop().call_soon_threadsafe(_settle, end)
            self._ended.wait(within)

    async def _pass_on(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the server and the app talk, and send the app its end, which may come from here."""
        end = self._asked_to_end = asyncio.get_running_loop().create_future()

        async def receive_or_end() -> Any:
            received = asyncio.ensure_future(receive())
            await asyncio.wait((received, end), return_when=asyncio.FIRST_COMPLETED)
            return received.result() if received.done() else {"type": "lifespan.shutdown"}

        async def note_and_send(message: dict[str, Any]) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                self._ended.set()
            await send(message)

        try:
            await self._app(scope, receive_or_end, note_and_send)
        finally:
            self._ended.set()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        received = 0

        async def receive() -> dict[str, Any]:
            nonlocal received
            received += 1
            if received == 1:
                return {"type": "lifespan.startup"}
            assert self._asked_to_end is not None
            await self._asked_to_end
            return {"type": "lifespan.shutdown"}

        async def send(message: dict[str, Any]) -> None:
            match message["type"]:
                case "lifespan.startup.complete":
                    self._let_in()
                case "lifespan.startup.failed":
                    self._failure = message.get("message", "").strip() or "it gave no reason"
                    self._let_in()
                case "lifespan.shutdown.complete" | "lifespan.shutdown.failed":
                    self._ended.set()
                case other:
                    raise RuntimeError(f"{other} is no answer to a start-up")

        try:
            await self._app(scope, receive, send)
        except Exception:
            # Before it said that it had started: it knows nothing of start-ups.
            pass
        finally:
            self._let_in()
            self._ended.set()

    def _let_in(self) -> None:
        self._over = True
        if self._started is not None:
            _settle(self._started)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
