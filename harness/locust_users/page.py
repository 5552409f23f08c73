"""The tab on locust's page: one row a cell with its outcome, mix-ups and evidence, during the test and after it."""

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request, send_file

from harness.core.errors import UserError
from harness.core.record import CellResult, short
from harness.core.verdict import Outcome, worst
from harness.locust_users import options
from harness.locust_users.door import Door
from harness.selection import select
from reports.sentences import saw

if TYPE_CHECKING:
    from locust.web import WebUI

KEY = "ctxstress"
COLUMNS = {
    "local": "Local",
    "server": "Server",
    "scenario": "Scenario",
    "outcome": "Outcome",
    "grade": "Grade",
    "requests": "Requests",
    "mixed": "Mixed up",
    "overlap": "Overlap",
    "reuse": "Reuse",
    "seen": "What was seen",
    "first": "First mix-up",
}
ALL = "(all)"
"""What the first row is named; rows are sorted by a name of which the page shows nothing."""


def add_tab(web_ui: "WebUI", door: Door) -> None:
    """Add the tab and its rows, the report, and the checking of what the start form sends."""
    web_ui.template_args |= {
        "extended_tabs": [{"title": "ctxstress", "key": KEY}],
        "extended_tables": [
            {"key": KEY, "structure": [{"key": key, "title": title} for key, title in COLUMNS.items()]}
        ],
        "extended_csv_files": [{"href": "./ctxstress/report", "title": "Open the ctxstress report"}],
    }
    app = web_ui.app
    assert app is not None
    prefix = door.environment.parsed_options.web_base_path  # type: ignore[union-attr]
    pages = Blueprint(KEY, __name__, url_prefix=f"{prefix or ''}/ctxstress")

    guard: Any = web_ui.auth_required_if_enabled

    def report() -> Any:
        file = door.out.absolute() / "index.html"
        return send_file(file) if file.is_file() else ("No test has ended yet, so there is no report.", 404)

    pages.add_url_rule("/report", view_func=guard(report))

    @app.before_request
    def refuse() -> Response | None:
        """Answer a start form that asks for what cannot be run."""
        if request.endpoint != "locust.swarm":
            return None
        message = objection(door, {key: request.form.getlist(key) for key in ("local", "server", "scenario")})
        return jsonify({"success": False, "message": message, "host": ""}) if message else None

    @app.after_request
    def add_rows(response: Response) -> Response:
        """Add the rows to what the page fetches every other second."""
        if request.endpoint == "locust.request_stats" and response.is_json:
            data = response.get_json() | {"extended_stats": [{"key": KEY, "data": rows(door)}]}
            response.set_data(json.dumps(data))
        return response

    app.register_blueprint(pages)


def objection(door: Door, asked: dict[str, list[str]]) -> str:
    """Return why a start form cannot be followed, or nothing."""
    parsed: Any = door.environment.parsed_options
    chosen = {
        key: [name for value in values for name in value.split(",")]
        for key, values in asked.items()
        if any(values)
    }
    if door.is_running():
        changed = [key for key, names in chosen.items() if names != getattr(parsed, key)]
        return f"stop the test first: another {' and '.join(changed)} needs other servers" if changed else ""
    try:
        select(options.read(parsed, **chosen)[0])
    except UserError as error:
        return str(error)
    return ""


def rows(door: Door) -> list[dict[str, Any]]:
    """Return the table: all cells together, then each."""
    total: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"name": ALL, "local": ALL}
    if door.trial is None:
        return [total | {"seen": door.verdict or "no test has run yet"}]
    ledgers = door.trial.ledgers
    results = [ledger.result(0.0, "") for ledger in ledgers]
    cells = [
        _row(result, ledger.mixed, ledger.first)
        for result, ledger in zip(results, ledgers, strict=True)
        if result.sent
    ]
    total["outcome"] = str(worst([result.outcome for result in results if result.sent]))
    total["seen"] = door.verdict if door.run else f"{len(cells)} of {len(ledgers)} cells reached so far"
    for key in ("requests", "mixed", "overlap", "reuse"):
        total[key] = sum(row[key] for row in cells)
    return [total, *cells]


def _row(result: CellResult, mixed: int, first: str) -> dict[str, Any]:
    return {
        "name": result.cell.id,
        "local": short(result.cell.subject),
        "server": short(result.cell.where),
        "scenario": short(result.cell.scenario),
        "outcome": str(result.outcome),
        "grade": str(result.grade),
        "requests": result.evidence.entered,
        "mixed": mixed,
        "overlap": result.evidence.overlap,
        "reuse": result.evidence.reuse,
        "seen": saw(result),
        "first": first if result.outcome is Outcome.MIXED else "",
    }
