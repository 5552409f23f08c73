"""What this door adds to locust's options: Local, server and scenario, on the command line and in the start form."""

import argparse
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness.catalog import choose, entries
from harness.core.errors import UserError
from harness.engine.job import Options
from harness.selection import Asked

DEFAULT_LOCALS = ("contextvar",)
DEFAULT_SERVERS = ("gevent_pywsgi", "threaded_pool", "uvicorn_asgi")
"""One server for each kind of unit; those whose extras are not installed are left out."""
DEFAULT_SCENARIOS = (
    "belong_together",
    "hooks_and_signals",
    "nested_contexts",
    "raising_view",
    "read_back",
    "session_many_clients",
    "starts_empty",
    "streamed_body",
)
"""Those that show most; few enough for each to get its share of a short test, and for locust's table to be read."""
USERS = 16
"""Enough for requests to overlap on each of these servers; locust's own default is one user, who is never disturbed."""
STOP_SECONDS = 5
"""How long users may take to end the request that they are at."""
OUT = Path("reports/out")
BETWEEN_NAMES = re.compile(r",(?![^\[]*\])")
"""Commas, except those between the units of ``package.module:Name[thread,task]``."""


class Names(list[str]):
    """The names that the start form offers; import strings and globs can be typed on the command line as well."""

    def __init__(self, kind: str, first: Sequence[str] = ()) -> None:
        super().__init__([*first, *usable(kind)])
        self._kind = kind

    def __contains__(self, name: object) -> bool:
        """Leave the checking to ``read``, which knows more than a list of names."""
        return True

    def read(self, text: str) -> list[str]:
        """Split ``one,other`` and check each name; raises ArgumentTypeError with the nearest names."""
        chosen = [part.strip() for part in BETWEEN_NAMES.split(text) if part.strip()]
        for name in chosen:
            # What an import string names can be judged only together with --promise.
            if ":" not in name:
                try:
                    choose(self._kind, [name])
                except UserError as error:
                    raise argparse.ArgumentTypeError(str(error)) from error
            if name not in list(self):
                self.append(name)
        return chosen


class Collect(argparse.Action):
    """Lets an option be given several times; the first time, it takes the place of the default."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is self.default else [*before, *values])


@cache
def usable(kind: str) -> tuple[str, ...]:
    """Return the names of a room that can be used here: libraries installed, able to run on servers."""
    found = [entry for entry in entries(kind) if not entry.missing]
    return tuple(entry.name for entry in found if not getattr(entry.part, "in_process", False))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to locust's parser; locust asks for it again each time its page is loaded."""
    # Only arguments of the parser itself, not those of a group, come into the form of the page.
    for name, kind, first, default, text in (
        ("--local", "local", (), DEFAULT_LOCALS, "Locals under test; hold Ctrl to choose several"),
        ("--server", "server", (), DEFAULT_SERVERS, "Servers that run them, each in a process of its own"),
        (
            "--scenario",
            "scenario",
            ("*",),
            DEFAULT_SCENARIOS,
            "What is tried; * is all that the servers can run",
        ),
    ):
        names = Names(kind, first)
        parser.add_argument(
            name,
            action=Collect,
            type=names.read,
            choices=names,
            default=[each for each in default if each in list(names)],
            metavar="NAME",
            help=text,
            is_multiple=True,
        )
    hidden: dict[str, Any] = {"include_in_web_ui": False}
    parser.add_argument(
        "--promise",
        metavar="UNITS",
        help="What a bare --local keeps apart: thread,greenlet,task or none.",
        **hidden,
    )
    parser.add_argument(
        "--gate", default="jitter", choices=usable("gate"), help="How requests pause.  [jitter]", **hidden
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="<int>", help="Fixes tokens and pauses.  [1]", **hidden
    )
    parser.add_argument(
        "--out", default=str(OUT), metavar="<dir>", help=f"Where the report goes.  [{OUT}]", **hidden
    )
    parser.set_defaults(num_users=USERS, spawn_rate=USERS, stop_timeout=str(STOP_SECONDS))
    # What is under test is broken on purpose, and pyproject.toml is read in the current directory alone.
    parser.set_defaults(web_host="127.0.0.1", master_bind_host="127.0.0.1")


def read(parsed: argparse.Namespace, **instead: list[str]) -> tuple[Asked, Options]:
    """Return what is asked for, or what a form asks ``instead``, and how hard to press."""
    chosen = {
        name: tuple(instead.get(name, getattr(parsed, name))) for name in ("local", "server", "scenario")
    }
    asked = Asked(
        locals=chosen["local"],
        servers=chosen["server"],
        scenarios=chosen["scenario"],
        promise=parsed.promise,
        gate=parsed.gate,
    )
    return asked, Options(clients=parsed.num_users or USERS, seed=parsed.seed)
