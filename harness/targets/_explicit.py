"""The Ambient of frameworks that hand the request on by argument: it is bound to one request and looks nothing up."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from harness.core.steps import Script
from harness.targets._held import HeldLocal


class Explicit:
    """Made anew for each view or hook from the request that it was handed.

    ``values`` is a dict that lives as long as the request and goes wherever the request goes. To bind a function to
    the request for another unit is then to let it close over the request, and the same goes for a streamed body.
    """

    __slots__ = ("g", "local", "request", "session", "settings")

    def __init__(
        self, request: Any, values: dict[str, Any], *, g: Any, session: Any = None, settings: Any = None
    ) -> None:
        self.request = request
        self.session = session
        self.g = g
        self.settings = settings
        self.local = HeldLocal(lambda: values)

    def app_context(self) -> AbstractContextManager[Any]:
        """Refuse: where nothing is ambient, no context can be pushed over another."""
        self._lacking("contexts to push")

    def copy_current_request_context(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: it closes over this object."""
        return function

    def stream_with_context(self, body: Script[Any]) -> Script[Any]:
        """Return the body: it closes over this object."""
        return body

    def _lacking(self, what: str) -> NoReturn:
        raise TypeError(f"a framework that hands on its request has no {what}; its target must not claim to")
