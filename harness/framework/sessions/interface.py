"""What a session is to a view, and what a store of sessions has to do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from werkzeug.wrappers import Response

from harness.framework.wrappers import Request

COOKIE = "session"
LIFETIME = 31 * 24 * 3600
"""Seconds that a session lasts after its last change."""

Loaded = tuple[dict[str, Any], str | None]
"""What a store found: the values, and the id that they are kept under, if any."""


class Session(MutableMapping[str, Any]):
    """The values of one client, loaded when first touched; changes inside a value need ``modified = True``."""

    __slots__ = ("_load", "_values", "held", "key", "modified", "rotated")

    def __init__(self, load: Callable[[], Loaded]) -> None:
        self._load = load
        self._values: dict[str, Any] | None = None
        self.key: str | None = None
        self.modified = False
        self.rotated = False
        self.held: str | None = None
        """What a store that locks knows its hold on this session by."""

    def _touch(self) -> dict[str, Any]:
        values = self._values
        if values is None:
            values, self.key = self._load()
            self._values = values
        return values

    def rotate(self) -> None:
        """Ask for a new id, as is due when somebody logs in; once the session is saved, the old one is dead."""
        self._touch()
        self.rotated = self.modified = True

    @property
    def accessed(self) -> bool:
        """Whether anyone looked, so that the answer depends on the client's cookie."""
        return self._values is not None

    def __getitem__(self, name: str) -> Any:
        return self._touch()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._touch()[name] = value
        self.modified = True

    def __delitem__(self, name: str) -> None:
        del self._touch()[name]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._touch())

    def __len__(self) -> int:
        return len(self._touch())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'untouched' if self._values is None else self._values}>"


class NullSession(Session):
    """Stands in where no session can be kept: empty to read, an error to write."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(lambda: ({}, None))

    def __setitem__(self, name: str, value: Any) -> None:
        raise RuntimeError(
            "there is no session to write to: the App has no secret key; give it one, as in App(subject, secret_key=…)"
        )

    def __delitem__(self, name: str) -> None:
        raise KeyError(name)


class SessionInterface(ABC):
    """Opens a session when a request arrives and saves it before the response leaves."""

    @abstractmethod
    def open_session(self, request: Request) -> Session | None:
        """Return the session of the request's client, or None when there can be none."""

    @abstractmethod
    def save_session(self, session: Session, response: Response) -> None:
        """Keep what was changed, and tell the client by cookie where that is needed."""

    def close_session(self, session: Session) -> None:  # noqa: B027 – most stores hold nothing
        """Let go of what is held for a session; called at each request's end, however that came, and never fails."""


def tell_client(response: Response, value: str, lifetime: int) -> None:
    """Give the client the cookie that brings its session back."""
    response.set_cookie(COOKIE, value, max_age=lifetime, httponly=True, samesite="Lax")


def forget_client(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
