"""Releasing: what frees the current unit's values at the end of a request."""

from collections.abc import Callable, Iterable, Iterator
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from localimpl.local import Local
from localimpl.stack import LocalStack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def release_local(local: Local | LocalStack) -> None:
    """Drop what the current unit holds in a Local or a LocalStack."""
    local.release()


class LocalManager:
    """Releases Locals and LocalStacks together, by hand or after each response of a WSGI application."""

    __slots__ = ("locals",)

    def __init__(self, locals: Local | LocalStack | Iterable[Local | LocalStack] | None = None) -> None:  # noqa: A002
        # A Local is iterable itself (over its values), so it has to be told from a list of Locals first.
        if locals is None:
            self.locals: list[Local | LocalStack] = []
        elif isinstance(locals, (Local, LocalStack)):
            self.locals = [locals]
        else:
            self.locals = list(locals)

    def cleanup(self) -> None:
        """Release every Local for the current unit."""
        for local in self.locals:
            release_local(local)

    def make_middleware(self, app: "WSGIApplication") -> "WSGIApplication":
        """Wrap a WSGI application: the Locals are released when its response is closed, or when it raises."""

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            try:
                return _Releasing(app(environ, start_response), self.cleanup)
            except BaseException:
                self.cleanup()
                raise

        return application

    def middleware(self, func: "WSGIApplication") -> "WSGIApplication":
        """Be make_middleware as a decorator: the wrapper keeps the application's name and docs."""
        return update_wrapper(self.make_middleware(func), func)

    def __repr__(self) -> str:
        return f"<LocalManager of {len(self.locals)}>"


class _Releasing:
    """A response body that releases when the server closes it, after the body's own close."""

    __slots__ = ("_body", "_chunks", "_release")

    def __init__(self, body: Iterable[bytes], release: Callable[[], None]) -> None:
        self._body = body
        self._chunks = iter(body)
        self._release = release

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        close: Any = getattr(self._body, "close", None)
        try:
            if close is not None:
                close()
        finally:
            self._release()
