"""Loads somebody's app, wraps it and gives it to its server: what an app's process does once it is patched or not.

What imports the Locals is imported late: a library that patches after the app's import walks through all objects.
"""

import contextlib
import errno
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.errors import UserError
from harness.core.names import load
from harness.inside.app_kind import IS_ASGI, Kind, kind_of
from harness.inside.finding import find_app
from harness.inside.io_delay import IoDelay
from harness.inside.line import Line
from harness.inside.patching import patch
from harness.inside.stamps import AsgiStamps, UnitNames, WsgiStamps
from harness.probe.journal_file import JournalFile
from harness.probe.middleware import AsgiProbe, WsgiProbe
from harness.probe.probe import Probe

if TYPE_CHECKING:
    from harness.core.ports import Server
    from harness.inside.lifespan import Lifespan

MOST_LINES = 24
SHUT_DOWN_SECONDS = 1.0
OURS = Path(__file__).parents[2]


class Hosting:
    """One app on one server."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._spec = line.spec
        self._lifespan: Lifespan | None = None
        line.watch(_stands, self._shut_down)

    def serve(self) -> None:
        """Serve until the process ends. Raises UserError for what cannot be served."""
        spec = self._spec
        _refuse_namesakes(spec["app_dir"])
        if spec["module"] and importlib.util.find_spec(spec["module"]) is None:
            raise _not_installed(spec["module"])
        app = self._prepared_app()
        server: Server = load(spec["server"])
        interface = self._interface(app, server)
        if interface == "asgi":
            from harness.inside.lifespan import Lifespan

            app = self._lifespan = Lifespan(app)
        journal = JournalFile(spec["journal"])
        stamps = AsgiStamps if interface == "asgi" else WsgiStamps
        probe = Probe(journal, spec["token_pattern"], app) if spec["probe"] else None
        from harness.inside.unit_labels import UnitLabels

        app = stamps(app, journal, UnitNames(UnitLabels(server.unit)))
        if probe is not None:
            app = (AsgiProbe if interface == "asgi" else WsgiProbe)(app, probe)
        sys.setswitchinterval(spec["switch_interval"])
        try:
            server.serve(app, spec["port"], self._ready)
        except (Exception, SystemExit) as error:
            raise self._explained(error, server) from error

    def _prepared_app(self) -> Any:
        """Find the app, between what must be there before its import and what must not."""
        spec = self._spec
        delay = IoDelay(spec["io_delay"], spec["seed"]) if spec["io_delay"] else None
        if delay is not None:
            if spec["on_a_loop"]:
                importlib.import_module("asyncio")
            delay.install()
        app = find_app(spec["app"], spec["app_dir"])
        if spec["patch"] == "late":
            patch(spec["patched"])
        if delay is not None:
            with contextlib.suppress(ImportError):
                importlib.import_module("sqlite3")
            delay.install()
        return app

    def _interface(self, app: Any, server: "Server") -> str:
        kind = self._spec["interface"] or kind_of(app)
        if kind in (Kind.WSGI, Kind.ASGI) and kind != server.interface:
            raise UserError(
                f"{self._spec['app']} {IS_ASGI if kind is Kind.ASGI else 'is WSGI, but'} {server.name} serves "
                f"{server.interface.upper()}: choose a server for {kind.upper()} (`ctxstress doctor` lists them), or "
                f"say --interface {server.interface} where that is wrong"
            )
        return server.interface

    def _ready(self, port: int) -> None:
        """Report the port, once the app has started up where a loop runs that it can start up on."""
        if self._lifespan is not None:
            import asyncio

            try:
                starting = asyncio.get_running_loop().create_task(self._lifespan.start())
            except RuntimeError:
                pass  # it starts up at its first request
            else:
                starting.add_done_callback(lambda started: self._report_started(started.exception(), port))
                return
        self._line.report({"port": port})

    def _report_started(self, error: BaseException | None, port: int) -> None:
        if error is None:
            self._line.report({"port": port})
        else:
            self._line.report({"error": str(error)})
            os._exit(1)

    def _shut_down(self) -> None:
        if self._lifespan is not None:
            self._lifespan.end(SHUT_DOWN_SECONDS)

    def _explained(self, error: BaseException, server: "Server") -> UserError:
        if isinstance(error, UserError):
            return error
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            port = self._spec["port"]
            return UserError(
                f"port {port} on 127.0.0.1 is in use; name another one, or 0 for any that is free"
            )
        if isinstance(error, ModuleNotFoundError) and error.name:
            return _not_installed(error.name)
        traceback.print_exception(error)
        return UserError(
            f"{server.name} could not serve {self._spec['app']}: {type(error).__name__}: {error}"
        )


def _stands() -> list[str]:
    from harness.inside.stacks import stacks

    return [*stacks()][:MOST_LINES]


def _not_installed(module: str) -> UserError:
    package = module.partition(".")[0]
    return UserError(f"{package} is not installed there: {sys.executable} -m pip install {package}")


def _refuse_namesakes(app_dir: str) -> None:
    for name in ("harness", "localimpl"):
        for own in (Path(app_dir) / name, Path(app_dir) / f"{name}.py"):
            if own.exists() and not own.samefile(OURS / name):
                raise UserError(
                    f"{own} has the name of a package of ctxstress, so that the app cannot be served with it in one "
                    "process; start the app yourself and give --url http://127.0.0.1:PORT"
                )
