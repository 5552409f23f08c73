"""Somebody's own app in a process of its own, served and stamped; or one that answers at a URL already."""

import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from harness.apps.addresses import Address
from harness.apps.journal import Journal
from harness.core.errors import UserError
from harness.core.names import load
from harness.core.ports import Server
from harness.core.record import short
from harness.engine.child import FOREIGN
from harness.engine.serving_child import ServingChild
from localimpl import Unit

BOOTSTRAP = Path(__file__).parents[1] / "inside" / "bootstrap.py"
LARGEST_LOG = 8 << 20
"""Bytes of a log beyond which only its beginning and its newest lines are kept."""
KEPT_BEGINNING = 1 << 20
LOOK_SECONDS = 0.2
FAREWELL_SECONDS = 1.5


class AppProcess(ServingChild):
    """An app, WSGI or ASGI, under a server, each by import string; a context manager.

    ``python`` is the interpreter (or virtual environment) that holds the app's packages and the server's, by default
    this one; nothing of our own environment reaches it but this package. ``app_dir`` is what the app is imported from
    (by default ``cwd``), ``env`` what is added to its environment. On a server that patches the standard library,
    ``patch`` says whether that is ``early``, before the app is imported, ``late``, after it, or ``never``.
    ``switch_interval`` and ``io_delay`` (the mean of pauses at the app's own I/O, 0 for none) are in seconds.
    ``probe`` looks after requests for texts that match ``token_pattern`` in the app's variables.

    ``journal`` has the stamps. Starting raises UserError with what is wrong with the app, the server or the options.
    """

    def __init__(
        self,
        *,
        app: str,
        server: str,
        python: str = "",
        app_dir: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        interface: str = "",
        patch: str = "early",
        switch_interval: float = 0.005,
        io_delay: float = 0.0,
        probe: bool = False,
        token_pattern: str = "",
        seed: int = 1,
        port: int = 0,
        log: Path | None = None,
        ready_within: float = 30.0,
    ) -> None:
        found: Server = load(server)
        place = Path.cwd() if cwd is None else cwd.absolute()
        self._traces = Path(tempfile.mkdtemp(prefix="ctxstress-"))
        self._cap: threading.Thread | None = None
        self._over = threading.Event()
        journal = self._traces / "journal"
        self.journal = Journal(journal)
        spec = {
            "app": app,
            "app_dir": str(place if app_dir is None else app_dir.absolute()),
            "server": server,
            "interface": interface,
            "module": found.module,
            "on_a_loop": found.unit is Unit.TASK,
            "patched": found.patched,
            "patch": patch,
            "switch_interval": switch_interval,
            "io_delay": io_delay,
            "probe": probe,
            "token_pattern": token_pattern,
            "seed": seed,
            "port": port,
            "journal": str(journal),
        }
        super().__init__(
            short(server),
            [_interpreter(python), str(BOOTSTRAP)],
            _variables(env or {}),
            spec,
            cwd=place,
            log=log,
            ready_within=ready_within,
            farewell=FAREWELL_SECONDS if found.interface == "asgi" else 0.0,
        )

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address(self.port)

    def start(self) -> None:
        """Start the app and wait until it serves."""
        if self._cwd is not None and not self._cwd.is_dir():
            raise UserError(f"--cwd {self._cwd}: there is no such directory")
        super().start()

    def stop(self) -> None:
        """End the app; the journal has been read to its end, and nothing is left."""
        self._over.set()
        if self._cap is not None:
            self._cap.join()
            self._cap = None
        super().stop()
        self.journal.read()
        shutil.rmtree(self._traces, ignore_errors=True)

    def _began(self) -> None:
        self._over.clear()
        self._cap = threading.Thread(target=self._cap_log, name="log-cap", daemon=True)
        self._cap.start()

    def _cap_log(self) -> None:
        """Cut what an app pours into its log: the file is appended to, so it goes on behind the cut."""
        assert self._log is not None
        file = self._log.fileno()
        while not self._over.wait(LOOK_SECONDS):
            if os.fstat(file).st_size > LARGEST_LOG:
                os.ftruncate(file, KEPT_BEGINNING)
                os.write(file, f"\n[cut here: the log had grown beyond {LARGEST_LOG >> 20} MB]\n".encode())


class AppAtUrl:
    """An app that runs already; nothing is known of it but what it answers, and what a probe in it writes to a file."""

    def __init__(self, url: str, probe_file: Path | None = None) -> None:
        self.name = url
        self.address = Address.of(url)
        self.port = self.address.port
        self.journal = Journal(probe_file)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Look that something listens there. Raises UserError when nothing does."""
        if not self.alive():
            raise UserError(
                f"nothing listens at {self.name}; start the app first, or give --app to have it served here"
            )

    def stop(self) -> None:
        """Leave it alone."""

    def alive(self) -> bool:
        """Whether something listens there."""
        try:
            socket.create_connection((self.address.host, self.address.port), 2).close()
        except OSError:
            return False
        return True

    def log_tail(self, lines: int = 0) -> str:
        """Return nothing: its log is elsewhere."""
        return ""

    def last_words(self) -> str:
        """Say how it is there now."""
        return f"({self.name} {'listens' if self.alive() else 'does not listen any more'})"

    def where_it_stands(self) -> tuple[str, ...]:
        """Return nothing: its process cannot be asked."""
        return ()


def _interpreter(python: str) -> str:
    """Return the path of an interpreter, without following links: a virtual environment is known by its own."""
    if not python:
        return sys.executable
    place = Path(python)
    if place.is_dir():
        place = next(
            (place / "bin" / name for name in ("python", "python3") if (place / "bin" / name).exists()), place
        )
    found = shutil.which(place)
    if found is None:
        raise UserError(f"--python {python}: there is no interpreter; name one, as in .venv/bin/python")
    return str(Path(found).absolute())


def _variables(added: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    # Unbuffered, so that the last words of what crashes are not lost.
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(added)
