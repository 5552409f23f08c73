"""The command line: ``ctxstress run`` and what goes with it; thin, for the work is done in the rooms."""

import sys
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness.apps.door import app_options, asked_of
from harness.core.errors import UserError
from harness.core.names import nearest

if TYPE_CHECKING:
    from harness.core.record import Run

OUT = Path("reports/out")
DONE, CANNOT, INTERRUPTED = 0, 2, 130


class Doors(click.Group):
    """Shows mistakes of use without a traceback and ends with the exit codes of the README."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a UserError ends with 2, and so does what nobody foresaw: 1 speaks of a promise."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(f"ctxstress: {error}", err=True)
            ctx.exit(CANNOT)
        except KeyboardInterrupt:
            click.echo("ctxstress: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception:
            traceback.print_exc()
            click.echo("ctxstress: a fault of its own; please report it with these lines", err=True)
            ctx.exit(CANNOT)


SETTINGS = Path("pyproject.toml")
PLAIN: dict[type[click.ParamType[Any]], tuple[str, tuple[type, ...]]] = {
    click.IntRange: ("a whole number", (int,)),
    click.types.IntParamType: ("a whole number", (int,)),
    click.FloatRange: ("a number", (int, float)),
}
"""How values of an option are written in TOML where not as strings."""


def _settings(command: click.Command) -> dict[str, Any]:
    """Return the defaults of ``[tool.ctxstress]`` in this directory's pyproject.toml, by the command's parameters."""
    if not SETTINGS.is_file():
        return {}
    try:
        table: Any = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the defaults in {SETTINGS}: {error}") from error
    for key in ("tool", "ctxstress"):
        table = table.get(key, {})
        if not isinstance(table, dict):
            raise UserError(f"{SETTINGS}: {key} is {table!r}, but [tool.ctxstress] is a table of options")
    options = {
        name.removeprefix("--"): option
        for option in command.params
        for name in option.opts
        if name.startswith("--") and isinstance(option, click.Option)
    }
    found = {}
    for name, value in table.items():
        option = options.get(name)
        if option is None or option.name is None:
            raise UserError(f"{SETTINGS}: [tool.ctxstress] has no {name!r}{nearest(name, list(options))}")
        found[option.name] = _setting(name, option, value)
    return found


def _setting(name: str, option: click.Option, value: Any) -> Any:
    """Return the value of one default; raise UserError for one that the option cannot have."""
    said = f"{SETTINGS}: [tool.ctxstress] {name} = {value!r}"
    if option.is_flag:
        if not isinstance(value, bool):
            raise UserError(f"{said}: write true or false")
        return value
    kind, types = PLAIN.get(type(option.type), ("a string", (str,)))
    values = value if option.multiple and isinstance(value, list) else [value]
    if not all(isinstance(each, types) and not isinstance(each, bool) for each in values):
        raise UserError(f"{said}: write {kind}{', or a list of them' if option.multiple else ''}")
    for each in values:
        try:
            option.type.convert(each, option, None)
        except click.BadParameter as error:
            raise UserError(f"{said}: {error.message}") from error
    return values if option.multiple else value


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ctxstress")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Stress-test whether requests served at once keep what belongs to them apart."""
    # As with `python -m`: what an import string names may lie in this directory.
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    if ctx.invoked_subcommand == "run":
        ctx.default_map = {"run": _settings(run)}


def _choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose cells and say how hard to press them."""
    many: dict[str, Any] = {"multiple": True, "metavar": "NAME"}
    options = [
        click.option(
            "--matrix",
            type=click.Choice(["default", "world"]),
            default="default",
            show_default=True,
            help="Locals, or all frameworks, stores and servers.",
        ),
        click.option(
            "--target", "targets", help="What is tested: mini (with Locals), a framework or a store.", **many
        ),
        click.option(
            "--local", "locals_", help="Local to test: a name, a glob, or package.module:Name.", **many
        ),
        click.option(
            "--host", "hosts", help="Units inside this process: single, threads, greenlets, …", **many
        ),
        click.option("--server", "servers", help="Real HTTP server in a process of its own.", **many),
        click.option("--scenario", "scenarios", help="What is tried.", **many),
        click.option("--promise", help="What a bare Local keeps apart: thread,greenlet,task or none."),
        click.option(
            "--requests",
            type=click.IntRange(1),
            help="Requests of a cell.  [200; over HTTP 100; of an app 12000]",
        ),
        click.option("--clients", type=click.IntRange(1, 256), help="Clients at once.  [8; of an app 16]"),
        click.option(
            "--seed", type=int, default=1, show_default=True, help="Fixes requests, pauses and tokens."
        ),
        click.option(
            "--gate",
            default="jitter",
            show_default=True,
            help="How requests pause: once, jitter, rendezvous.",
        ),
        click.option(
            "--switch-interval",
            type=click.FloatRange(1e-7, 10),
            help="Seconds after which CPython may switch threads.  [1e-06; in an app 1e-05]",
        ),
        click.option("--redis-url", help="A Redis server for session stores.  [a Valkey of our own]"),
        click.option(
            "--sql-url", help="A database for session stores, as SQLAlchemy writes it.  [an SQLite file]"
        ),
        click.option(
            "--time-limit",
            type=click.FloatRange(0.5),
            default=20.0,
            show_default=True,
            help="Seconds after which a cell is ended.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@_choices
@app_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="Where the report goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the record to stdout, and nothing else there.")
@click.option("-q", "--quiet", is_flag=True, help="Only the closing lines.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each cell, with what was seen.")
@click.pass_context
def run(ctx: click.Context, /, out: Path, as_json: bool, quiet: bool, verbose: bool, **choices: Any) -> None:
    """Run the matrix: flood Locals under hosts and servers, and judge each cell. Or, with --app or --url, your own app.

    Exit code: 0 kept apart as promised, 1 mixed up, 2 something could not be told or done, 130 interrupted.
    """
    if choices["app"] or choices["url"]:
        _run_app(ctx, out, choices, as_json=as_json, quiet=quiet)
    from harness.progress import Progress
    from harness.runs import Recorder, execute
    from harness.selection import select
    from reports.write import make_folder, write_all

    asked, options = _read(choices)
    selection = select(asked)
    make_folder(out)  # that nothing can be written there should be known before
    recorder = Recorder(selection, options, _command_line(), asked)
    with Progress(len(selection.runnable), quiet=quiet or as_json, verbose=verbose) as progress:
        done = execute(recorder, progress.tell)
    paths = write_all(done, out)
    if as_json:
        click.echo(paths.record.read_text(encoding="utf-8"))
    else:
        _close(done, paths.page, matrix=not quiet)
    ctx.exit(done.exit_code())


def _run_app(
    ctx: click.Context, out: Path, choices: dict[str, Any], *, as_json: bool, quiet: bool
) -> NoReturn:
    from harness.apps.running import Running
    from harness.engine.job import Options
    from harness.progress import AppProgress
    from harness.runs import environment
    from reports.app_text import print_app
    from reports.text import console
    from reports.write import make_folder, write_app

    asked = asked_of(choices)
    make_folder(out)
    with AppProgress(quiet=quiet or as_json) as progress:
        done = Running(asked, sys.argv[1:], environment(Options()), progress.tell).run()
    paths = write_app(done, out)
    if as_json:
        click.echo(paths.record.read_text(encoding="utf-8"))
    else:
        print_app(done, console(sys.stdout), paths.page)
    ctx.exit(done.exit_code())


def _read(choices: dict[str, Any]) -> "tuple[Any, Any]":
    """Turn the options of the command line into what is asked for and how hard to press."""
    import os

    from harness.engine.job import Options
    from harness.framework.sessions.places import REDIS_URL, SQL_URL
    from harness.selection import Asked

    asked = Asked(
        matrix=choices["matrix"],
        targets=choices["targets"],
        locals=choices["locals_"],
        hosts=choices["hosts"],
        servers=choices["servers"],
        scenarios=choices["scenarios"],
        promise=choices["promise"],
        gate=choices["gate"],
    )
    for name, variable in ((choices["redis_url"], REDIS_URL), (choices["sql_url"], SQL_URL)):
        if name:
            os.environ[variable] = name  # for the servers' processes
    names = ("clients", "seed", "switch_interval", "time_limit", "redis_url", "sql_url")
    hard = {name: choices[name] for name in names if choices[name] is not None}
    if choices["requests"]:
        hard |= {"requests": choices["requests"], "http_requests": choices["requests"]}
    return asked, Options(**hard)


def _command_line() -> str:
    import shlex

    return shlex.join(["ctxstress", *sys.argv[1:]])


def _close(done: "Run", page: Path, *, matrix: bool) -> None:
    from reports.text import console, print_closing, print_matrix

    out = console(sys.stdout)
    if matrix:
        print_matrix(done, out)
    print_closing(done, out, page)


@main.command("list")
@click.argument(
    "kind",
    required=False,
    type=click.Choice(["local", "target", "host", "server", "scenario", "gate", "checker"]),
)
def list_parts(kind: str | None) -> None:
    """Show the Locals, targets, hosts, servers, scenarios, gates and checkers that there are."""
    from harness.catalog import ROOMS, entries
    from reports.listing import print_parts

    for each in [kind] if kind else ROOMS:
        print_parts(each, [(entry.name, _sentence(entry.part), entry.missing) for entry in entries(each)])


def _sentence(part: Any) -> str:
    return str(getattr(part, "claim", None) or part.summary)


@main.command()
def doctor() -> None:
    """Show what is installed, and what installs the rest."""
    from harness.catalog import ROOMS, entries
    from harness.engine.job import Options
    from harness.installed import extras, standings
    from harness.runs import environment
    from reports.listing import print_doctor

    print_doctor(
        environment(Options()),
        [(each.kind, each.name, each.package, each.command) for each in standings()],
        [(each.name, each.present, each.absent) for each in extras()],
        [entry.missing for kind in ROOMS for entry in entries(kind) if entry.missing],
    )


@main.command()
@click.argument("source", metavar="RUN", type=click.Path(path_type=Path), default=OUT)
@click.pass_context
def recheck(ctx: click.Context, /, source: Path) -> None:
    """Judge a stored run again with today's checkers; RUN is a run.json or its directory."""
    from harness.catalog import entries
    from harness.core.record import read_run
    from harness.engine.recheck import recheck as judge_again
    from reports.compare import compare

    before = read_run(source)
    checkers = [entry.part for entry in entries("checker")]
    after = judge_again(before, checkers, {entry.path: entry.part for entry in entries("scenario")})
    click.echo(compare(before, after).text())
    ctx.exit(after.exit_code())


@main.command()
@click.argument("source", metavar="RUN", type=click.Path(path_type=Path), default=OUT)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where the report goes.  [beside RUN]"
)
def report(source: Path, out: Path | None) -> None:
    """Write the page of a stored run again, of the matrix or of an app."""
    from harness.core.app_record import AppRun, read_record
    from reports.app_text import print_app
    from reports.text import console
    from reports.write import write_record

    stored = read_record(source)
    paths = write_record(stored, out or (source if source.is_dir() else source.parent))
    if isinstance(stored, AppRun):
        print_app(stored, console(sys.stdout), paths.page)
    else:
        _close(stored, paths.page, matrix=True)


@main.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.pass_context
def compare(ctx: click.Context, /, before: Path, after: Path) -> None:
    """Show what changed from one run to another; exits with 1 when something got worse."""
    from harness.core.app_record import read_record
    from reports.app_compare import compare_records

    found = compare_records(read_record(before), read_record(after))
    click.echo(found.text())
    ctx.exit(1 if found.worse else DONE)


@main.command()
@click.option(
    "--local",
    "local",
    default="thread_ident",
    show_default=True,
    metavar="NAME",
    help="The Local to look into.",
)
@click.option(
    "--unit",
    type=click.Choice(["thread", "greenlet", "task"]),
    default="greenlet",
    show_default=True,
    help="What the two requests run on.",
)
def trace(local: str, unit: str) -> None:
    """Walk two interleaved requests through the lifecycle and show the Local's storage after each phase."""
    from harness.catalog import choose
    from harness.engine.trace import walk
    from localimpl import Unit
    from reports.trace import print_trace

    entry = choose("local", [local])[0]
    if entry.missing:
        raise UserError(entry.missing)
    print_trace(walk(entry.part, Unit(unit)))
