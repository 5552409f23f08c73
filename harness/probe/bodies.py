"""Tells when the body of a WSGI answer is over, and leaves the answer as it is."""

from collections.abc import Callable, Iterator
from typing import Any


def at_the_end(body: Any, environ: Any, act: Callable[[], None]) -> Any:
    """Return what to give the server instead of a body, so that it acts, once, when the request is over.

    That is when the server closes the body, also after a disconnection; at once where the app has no part in it any
    more. Servers look at bodies: whole ones keep their kind, sized ones their length, and a server's own kind of file
    stays so.
    """
    ending = _Once(act)
    if type(body) in (list, tuple, bytes):
        ending()
        return body
    file_wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(file_wrapper, type) and isinstance(body, file_wrapper):
        return _closing(body, ending)
    return (_SizedBody if hasattr(body, "__len__") else _Body)(body, ending)


class _Once:
    """Acts the first time only; holds nothing afterwards."""

    __slots__ = ("_act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = [act]

    def __call__(self) -> None:
        # Popping is one step: a server's close and a collection on another thread cannot both get it.
        try:
            act = self._act.pop()
        except IndexError:
            return
        act()


class _Body:
    """A body that the app gives piece by piece."""

    __slots__ = ("_body", "_ending")

    def __init__(self, body: Any, ending: Callable[[], None]) -> None:
        self._body = body
        self._ending = ending

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the app's body."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._ending()

    def __del__(self) -> None:
        # Where a server forgets to close.
        self._ending()


class _SizedBody(_Body):
    """A body whose pieces can be counted, as servers do to tell its length."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._body)


def _closing(body: Any, ending: Callable[[], None]) -> Any:
    close = getattr(body, "close", None)

    def close_and_end() -> None:
        try:
            if close is not None:
                close()
        finally:
            ending()

    try:
        body.close = close_and_end
    except AttributeError:
        ending()
    return body
