"""What a run against somebody's own app is asked to do: where the app is, what to send, and how hard to press."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.apps.calls import Traffic


@dataclass(frozen=True, slots=True)
class Place:
    """Where the app is: an import string that is served here, or the URL of one that runs already."""

    app: str = ""
    """``shop.wsgi:app``; a factory as ``shop:create_app()``."""
    url: str = ""
    server: str = ""
    """The import string of the server that serves it; empty for a URL."""
    instead: str = ""
    """The server to take instead where none was asked for and the app turns out to be of the other interface."""
    python: str = ""
    """The interpreter of the app's own environment; empty for this one."""
    app_dir: Path | None = None
    """The directory that the app is imported from; the working directory where it is not named."""
    cwd: Path | None = None
    """The working directory of the app's process."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that the app's process is given beside ours."""
    interface: str = ""
    """``wsgi`` or ``asgi`` for an app whose kind cannot be seen."""
    patch: str = "early"
    """When the standard library is patched on servers that do: before the app is imported, after it, or ``never``."""
    switch_interval: float = 1e-5
    """Seconds after which CPython may switch threads in the app's process."""
    io_delay: float = 0.002
    """Mean length in seconds of the pauses at the app's own I/O; 0 for none."""
    probe: bool = False
    """Whether to look inside the process for what requests leave behind."""

    probe_file: Path | None = None
    """What an app that runs already has in the variable ``CTXSTRESS_PROBE``, where it has the probe as middleware."""

    @property
    def name(self) -> str:
        """Return what a report calls it."""
        return self.app or self.url


@dataclass(frozen=True, slots=True)
class Budget:
    """How long and how hard to press."""

    clients: int = 16
    """Clients at once."""
    requests: int = 12_000
    """Requests of all floods together, at most."""
    seconds: float = 30.0
    """Time of all floods together, at most."""
    patience: float = 10.0
    """Seconds after which a client gives up on an answer."""
    seed: int = 1
    pressures: tuple[str, ...] = ()
    """The pressures to use; none means all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All of it."""

    place: Place
    traffic: Traffic
    budget: Budget = Budget()
    allow: tuple[str, ...] = ()
    """What may come back to others by design."""
    watch_logs: tuple[Path, ...] = ()
    watch_calls: bool = False
