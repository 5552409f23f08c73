"""Real isolation bugs at their real versions: how soon each is found, and that their repaired forms are clean."""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bench.wild.entries import CORPUS, Entry, entries
from bench.wild.environments import CACHE, interpreter, prepare
from bench.wild.plain import plainly
from bench.wild.score import Ours, Plain, Row, ours, summary, table
from bench.wild.serving import served
from harness.core.app_record import app_from_json
from harness.core.errors import UserError

SLACK = 4
"""A clean form is to get all its requests, however long they take on a machine with more to do."""


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="[ENTRY]…")
@click.option("--seconds", default=60.0, show_default=True, help="Of flooding a faulty form, at most.")
@click.option("--requests", default=20_000, show_default=True, help="For each form, at most.")
@click.option("--only", type=click.Choice(["faulty", "clean", "plain"]), help="One of the runs.")
@click.option("--write", is_flag=True, help="Write all that was measured here to bench/wild/results.md.")
def main(names: tuple[str, ...], seconds: float, requests: int, only: str | None, write: bool) -> None:
    """Run each entry, print what came of it as it comes, and the table at the end."""
    chosen = entries(names)
    skipped = prepare(chosen)
    rows = []
    for entry in chosen:
        reason = skipped.get(entry.name, "")
        found = {"skipped": reason} if reason else _measured(entry, seconds, requests, only)
        # Read only now, since another run may have measured its other forms meanwhile.
        row = replace(_kept(entry.name), **{"skipped": "", **found})
        rows.append(row)
        _keep(row)
    click.echo("\n" + table(rows))
    click.echo("\n" + summary(rows))
    if write:
        _write([kept for entry in entries() if (kept := _kept(entry.name)).skipped or kept.faulty])


def _measured(entry: Entry, seconds: float, requests: int, only: str | None) -> dict[str, Any]:
    """Return what was found of each form, by the name that a row has for it."""
    found: dict[str, Any] = {}
    if only in (None, "faulty"):
        found["faulty"] = _ours(entry, "faulty", seconds, requests)
        click.echo(f"{entry.name}, faulty: {found['faulty']}")
    if only in (None, "clean"):
        found["clean"] = _ours(entry, "clean", seconds * SLACK, requests)
        click.echo(f"{entry.name}, clean: {found['clean']}")
    if only in (None, "plain"):
        with served(entry, entry.faulty, interpreter(entry.python, entry.faulty.pins)) as url:
            found["plain"] = plainly(entry, url, seconds)
        click.echo(f"{entry.name}, plain locust: {found['plain']}")
    return found


def _ours(entry: Entry, form: str, seconds: float, requests: int) -> Ours:
    """Run ``ctxstress run`` with what a user of the app would say, and nothing that hints at the bug."""
    variant = entry.variants[form]
    python = interpreter(entry.python, variant.pins)
    out = CACHE / "out" / f"{entry.name}-{form}"
    (out / "app.json").unlink(missing_ok=True)
    command = [str(Path(sys.executable).with_name("ctxstress")), "run", "--quiet", "--out", str(out)]
    command += ["--seconds", str(seconds), "--requests", str(requests)]
    for request in entry.requests:
        command += ["--request", request]
    for pattern in entry.allow:
        command += ["--allow", pattern]
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="wild-", ignore_cleanup_errors=True)
        scratch = Path(stack.enter_context(made))
        if entry.server:
            command += ["--app", "app:app", "--app-dir", str(entry.folder), "--cwd", str(scratch)]
            command += ["--server", entry.server, "--python", str(python), "--patch", variant.patch]
            for name, value in variant.env.items():
                command += ["--env", f"{name}={value}"]
            if entry.watch:
                command += ["--watch-log", str(scratch / entry.watch)]
        else:
            command += ["--url", stack.enter_context(served(entry, variant, python))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (out / "app.json").exists():
        raise UserError(f"{entry.name}, {form}: exit code {done.returncode}: {done.stderr.strip()[-1000:]}")
    return ours(app_from_json((out / "app.json").read_text("utf-8"), str(out)))


def _place(name: str) -> Path:
    return CACHE / "rows" / f"{name}.json"


def _keep(row: Row) -> None:
    _place(row.name).parent.mkdir(parents=True, exist_ok=True)
    _place(row.name).write_text(json.dumps(asdict(row)), encoding="utf-8")


def _kept(name: str) -> Row:
    try:
        said = json.loads(_place(name).read_text("utf-8"))
    except FileNotFoundError:
        return Row(name)
    for form, kind in (("faulty", Ours), ("clean", Ours), ("plain", Plain)):
        if said[form]:
            said[form] = kind(**said[form])
    return Row(**said)


def _write(rows: list[Row]) -> None:
    today = datetime.now().astimezone().date().isoformat()
    text = (
        "# What was measured\n\n"
        f"Written by `./dev bench wild --write` on {today}, on 2 cores that had other work as well: "
        "requests count, seconds tell the order of size.\n\n"
        f"{table(rows)}\n\n{summary(rows)}\n"
    )
    (CORPUS / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
