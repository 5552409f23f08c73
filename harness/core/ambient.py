"""What a target offers to a view by ambience; the same names on every target, so that a scenario is written once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from harness.core.steps import Script
from localimpl import Local


class Ambient(Protocol):
    """What a target offers to a view by ambience, through whatever Local holds it."""

    local: Local
    """The subject itself, for views that store under names of their own."""
    request: Any
    session: Any
    g: Any
    settings: "Settings"

    def app_context(self) -> AbstractContextManager[Any]:
        """Push a nested application context with a ``g`` of its own; pop it at the end."""

    def copy_current_request_context(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Bind a function (or script) to this request's context, for a unit that does not inherit it."""

    def stream_with_context(self, body: Script[Any]) -> Script[Any]:
        """Keep this request's context for a body that is made after the view returned."""

    def add_background_task(self, work: Script[Any]) -> None:
        """Have a script run once the answer is sent."""


class Hooks(Protocol):
    """Where a scenario registers its hooks and receivers, before the first request.

    Each may declare by name ``app``, the Ambient of the request for which it is called, and ``own``, its Probe; what
    its target has none of is not handed on.
    """

    def before_request(self, hook: Callable[..., Any]) -> Callable[..., Any]: ...
    def after_request(self, hook: Callable[..., Any]) -> Callable[..., Any]: ...
    def teardown_request(self, hook: Callable[..., Any]) -> Callable[..., Any]: ...
    def on_started(self, receiver: Callable[..., Any]) -> None:
        """Call ``receiver`` by signal when a request starts."""

    def on_finished(self, receiver: Callable[..., Any]) -> None:
        """Call ``receiver`` by signal when a request is finished."""


class Settings(Protocol):
    """What a target keeps by ambience beside the request: a language, a time zone, a connection."""

    names: Sequence[str]

    def get(self, name: str) -> str:
        """Return the value that holds here; LookupError when that is the default."""

    def override(self, name: str, value: str) -> AbstractContextManager[Any]:
        """Give it a value for the length of a ``with`` block, by the means that the target's documentation names."""
