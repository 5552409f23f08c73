"""Hangs the door into locust's events, once in a process however often locustfiles ask for it."""

import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from locust import events
from locust.runners import WorkerRunner

from harness.core.errors import UserError
from harness.locust_users import options
from harness.locust_users.door import Door
from harness.locust_users.page import add_tab
from harness.locust_users.verdict import CANNOT
from harness.locust_users.worker import WorkerDoor
from harness.selection import select

INTERRUPTED = 130

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.runners import Runner
    from locust.web import WebUI


@cache
def register() -> None:
    """Add options, servers, judging and the page's tab to this process's locust."""
    hear(events.init_command_line_parser, on_parser)
    hear(events.init, on_init)


def on_parser(parser: Any, **_: Any) -> None:
    """Add the options."""
    options.add_options(parser)


def on_init(environment: "Environment", runner: "Runner", web_ui: "WebUI | None", **_: Any) -> None:
    """Open the door; a choice that cannot be run ends locust before it starts anything."""
    if isinstance(runner, WorkerRunner):
        listen(environment, WorkerDoor(environment, runner))
        return
    parsed: Any = environment.parsed_options
    # What the page shows; locust names the first of the directory's files.
    environment.locustfile = "ctxstress"
    door = Door(environment, runner)
    try:
        if parsed.headless:
            # Otherwise the run time would go by while they start.
            door.prepare()
        else:
            select(options.read(parsed)[0])
        if web_ui is not None:
            must_be_free(web_ui.host, web_ui.port)
    except UserError as error:
        say(str(error))
        sys.exit(CANNOT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    listen(environment, door)
    if web_ui is not None:
        add_tab(web_ui, door)
    hear(environment.events.quit, lambda **_: say(door.verdict))


def must_be_free(host: str, port: int) -> None:
    """Raise UserError where the page cannot be served on a port, which locust would tell by a traceback alone."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise UserError(
            f"the page cannot be served at {host}:{port}: {error.strerror}; end what listens there, name another port "
            "with --web-port, or leave the page out with --headless"
        ) from None


def listen(environment: "Environment", door: Door | WorkerDoor) -> None:
    """Let a door hear when tests start and stop and when locust quits."""
    hear(environment.events.test_start, lambda **_: door.begin())
    hear(environment.events.test_stop, lambda **_: door.end())
    hear(environment.events.quitting, lambda **_: door.leave())


def hear(hook: Any, listener: Callable[..., None]) -> None:
    """Have an event call a listener."""
    hook.add_listener(listener)


def say(text: str) -> None:
    """Write a line for the person at the terminal, below locust's tables."""
    if text:
        sys.stderr.write(f"ctxstress: {text}\n")
