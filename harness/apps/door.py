"""The command line's half for somebody's own app: its options, and what they ask for."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from harness.apps.options import Asked, Budget, Place
from harness.apps.pressures import PRESSURES
from harness.core.errors import UserError
from harness.core.names import nearest

MATRIX_ONLY = ("targets", "locals_", "hosts", "scenarios", "promise")
"""Choices of the matrix that say nothing about an app."""
INTERFACES = ("wsgi", "asgi")
FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, exists=True, path_type=Path)


class AppOption(click.Option):
    """An option that is about somebody's own app."""


def app_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name an app, what to send it, and how to press it."""
    usual, place = Budget(), Place()
    option = partial(click.option, cls=AppOption)
    options = [
        option("--app", metavar="MODULE:ATTR", help="Your own app, WSGI or ASGI, or a factory()."),
        option("--url", help="Your own app where it runs already, on this machine."),
        option("--request", "requests_", multiple=True, metavar="'GET /me?u={token}'", help="What to send."),
        option("--requests-file", "files", multiple=True, type=FILE, help="A file of requests."),
        option("--openapi", type=FILE, help="An OpenAPI document to send requests by."),
        option("--har", type=FILE, help="A recording of a browser to send again."),
        option(
            "--har-value", "har_values", multiple=True, metavar="alice={user}", help="What was typed there."
        ),
        option("--har-host", default="", help="The host of the recording to send.  [the first page's]"),
        option("--har-separate", is_flag=True, help="Send what was recorded one by one, not as one visit."),
        option("--deletes", is_flag=True, help="Also send DELETE requests of the OpenAPI document."),
        option(
            "--allow", multiple=True, metavar="'GET /board'", help="Where values of others may come back."
        ),
        option("--python", help="The interpreter of the app's own environment."),
        option("--app-dir", type=FOLDER, help="Where the app is imported from.  [.]"),
        option("--cwd", type=FOLDER, help="The working directory of the app's process."),
        option("--env", multiple=True, metavar="NAME=VALUE", help="A variable for the app's process."),
        option("--interface", type=click.Choice(INTERFACES), help="Where it cannot be seen."),
        option(
            "--patch",
            type=click.Choice(["early", "late", "never"]),
            default=place.patch,
            show_default=True,
            help="When gevent or eventlet patch: before the app is imported, after, never.",
        ),
        option(
            "--io-delay",
            type=click.FloatRange(0, 1),
            default=place.io_delay,
            show_default=True,
            help="Mean seconds of pauses at the app's own I/O.",
        ),
        option("--probe", is_flag=True, help="Look for what requests leave behind inside the app."),
        option(
            "--probe-file",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Where the probe of an app at --url reports.",
        ),
        option(
            "--watch-log", "watch_logs", multiple=True, type=click.Path(path_type=Path), help="A log file."
        ),
        option("--watch-calls", is_flag=True, help="Watch outgoing HTTP calls, through a loopback proxy."),
        option("--pressure", "pressures", multiple=True, metavar="NAME", help="How clients behave.  [all]"),
        option(
            "--patience",
            type=click.FloatRange(0.1),
            default=usual.patience,
            show_default=True,
            help="Seconds that a client waits for an answer.",
        ),
        option(
            "--seconds",
            type=click.FloatRange(1),
            default=usual.seconds,
            show_default=True,
            help="Seconds to flood an app for, at most.",
        ),
    ]
    for each in reversed(options):
        command = each(command)
    return command


def asked_of(choices: Mapping[str, Any]) -> Asked:
    """Return what the options ask for. Raises UserError for what does not fit together."""
    if choices["app"] and choices["url"]:
        raise UserError("--app serves an app here, --url goes to one that runs already: give one of them")
    for name in MATRIX_ONLY:
        if choices[name]:
            option = name.rstrip("_").removesuffix("s") if name != "promise" else name
            raise UserError(f"--{option} chooses what the matrix has; it says nothing about --app or --url")
    if choices["url"]:
        for name in ("servers", "python", "app_dir", "cwd", "env", "interface", "probe", "watch_calls"):
            if choices[name]:
                option = (
                    name.removesuffix("s").replace("_", "-") if name == "servers" else name.replace("_", "-")
                )
                raise UserError(
                    f"--{option} is for an app that is served here; what answers at --url runs already"
                )
    from harness.apps.traffic_files import read_traffic

    traffic = read_traffic(
        choices["requests_"],
        choices["files"],
        choices["openapi"],
        choices["har"],
        deletes=choices["deletes"],
        har_host=choices["har_host"],
        har_values=_pairs("--har-value", choices["har_values"]),
        har_separate=choices["har_separate"],
    )
    usual = Budget()
    return Asked(
        place=_place(choices),
        traffic=traffic,
        budget=Budget(
            clients=choices["clients"] or usual.clients,
            requests=choices["requests"] or usual.requests,
            seconds=choices["seconds"],
            patience=choices["patience"],
            seed=choices["seed"],
            pressures=_pressures(choices["pressures"]),
        ),
        allow=choices["allow"],
        watch_logs=choices["watch_logs"],
        watch_calls=choices["watch_calls"],
    )


def _place(choices: Mapping[str, Any]) -> Place:
    usual = Place()
    return Place(
        app=choices["app"] or "",
        url=choices["url"] or "",
        server="" if choices["url"] else _server(choices["servers"], choices["interface"], choices["python"]),
        instead="" if choices["servers"] or choices["interface"] else _usual_for_asgi(choices["python"]),
        python=choices["python"] or "",
        app_dir=choices["app_dir"],
        cwd=choices["cwd"],
        env=_pairs("--env", choices["env"]),
        interface=choices["interface"] or "",
        patch=choices["patch"],
        switch_interval=choices["switch_interval"] or usual.switch_interval,
        io_delay=choices["io_delay"],
        probe=choices["probe"],
        probe_file=choices["probe_file"],
    )


def _server(names: tuple[str, ...], interface: str | None, python: str | None) -> str:
    """Return the import string of the server; in an environment of the app's own, only that one knows what it has."""
    from harness.catalog import choose

    if len(names) > 1:
        raise UserError(f"an app is served by one server at a time, not by {', '.join(names)}")
    usual = "uvicorn_asgi" if interface == "asgi" else "threaded_pool"
    found = choose("server", names or (usual,))
    if len(found) > 1:
        raise UserError(
            f"--server {names[0]} names {', '.join(each.name for each in found)}: choose one of them"
        )
    [entry] = found
    if entry.missing and not python:
        raise UserError(entry.missing)
    if entry.part.interface not in INTERFACES:
        raise UserError(
            f"{entry.name} runs applications of {entry.part.interface} alone, and --app is for WSGI and ASGI: serve "
            "the app as you do elsewhere, and say --url http://127.0.0.1:PORT"
        )
    if interface and entry.part.interface != interface:
        raise UserError(f"{entry.name} serves {entry.part.interface}, but --interface says {interface}")
    return entry.path


def _usual_for_asgi(python: str | None) -> str:
    """Return the import string of the server for an app that turns out to be ASGI; empty where it is not installed."""
    from harness.catalog import choose

    [entry] = choose("server", ("uvicorn_asgi",))
    return "" if entry.missing and not python else entry.path


def _pairs(option: str, words: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UserError(f"{option} {word}: write it as NAME=VALUE")
        found[name] = value
    return found


def _pressures(names: tuple[str, ...]) -> tuple[str, ...]:
    known = [pressure.name for pressure in PRESSURES]
    for name in names:
        if name not in known:
            raise UserError(f"there is no pressure {name!r}{nearest(name, known)}")
    return names
