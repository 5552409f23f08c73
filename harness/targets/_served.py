"""What all mounted frameworks share: they are run by servers alone, and each speaks one interface."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.core.errors import UserError
from harness.core.history import Probe
from harness.core.plan import Order
from harness.core.ports import Answer
from harness.core.steps import Script


class Served:
    """A Mounted that answers servers; a subclass writes the interface it speaks."""

    def exchange(self, order: Order, cookies: Mapping[str, str], own: Probe) -> Script[Answer]:
        """Refuse: what a framework does between request and answer cannot be handed on step by step."""
        raise UserError(f"{self._name()} is run by servers only; leave out hosts and choose a --server")

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Refuse, unless written."""
        raise UserError(f"{self._name()} has no WSGI interface; choose a server that speaks ASGI")

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Refuse, unless written."""
        raise UserError(f"{self._name()} has no ASGI interface; choose a server that speaks WSGI")

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Yield nothing: what is bound to a request object goes with it."""
        yield from ()

    def _name(self) -> str:
        return type(self).__module__.rpartition(".")[2]
