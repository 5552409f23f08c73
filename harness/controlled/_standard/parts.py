"""What objects hold, without asking them: one may be a proxy that asks another."""

from collections.abc import Iterator
from typing import Any


def part(value: Any, name: str) -> Any:
    """Return an attribute of an instance without asking it; None when it has none."""
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return None


def attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield an instance's attributes without asking the instance."""
    yield from (part(value, "__dict__") or {}).items()
    for owner in type(value).__mro__:
        slots = vars(owner).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            private = slot.startswith("__") and not slot.endswith("__")
            name = f"_{owner.__name__.lstrip('_')}{slot}" if private else slot
            if (found := part(value, name)) is not None:
                yield name, found
