"""Writes the page of a run: one self-contained file that needs no network and can be read without script."""

import base64
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.core import record
from harness.core.reads import Seen
from harness.core.record import CellResult, Part, Run, State
from reports import explained_rows, matrix, sentences, words
from reports.svg import draw
from reports.verdict import verdict

MOST_DRAWN = 12
"""Cells that must be looked at and are shown in full on the page itself; the others open from the matrix."""
MOST_LISTED = 60
MOST_SAMPLES = 3
"""Drawings of one cell; run.json holds what is beyond."""
TEMPLATES = PackageLoader("reports")


def write_page(run: Run, path: Path) -> None:
    """Write the page of a run to ``path``."""
    path.write_text(render(run), encoding="utf-8")


def render(run: Run) -> str:
    """Return the page of a run as HTML."""
    templates = environment()
    rows = matrix.arrange(run)
    squares = [square for row in rows.rows for square in row.squares if square]
    anchors = _anchors(
        [(result, result.cell.id) for result in run.cells]
        + [(square, f"{square.subject.name}-{square.place.name}") for square in squares]
    )
    alike = _alike(run.cells)
    numbers = {id(result): at for at, result in enumerate(alike)}
    templates.globals.update(
        anchor=lambda shown: anchors[id(shown)],
        number=lambda result: numbers[id(result)],
        names=_parts(run),
    )
    body = templates.get_template("cell.html.j2").module.body  # type: ignore[attr-defined]
    attention = matrix.attention(run)
    return templates.get_template("page.html.j2").render(
        run=run,
        verdict=verdict(run),
        counts=Counter(matrix.standing(result) for result in run.cells),
        matrix=rows,
        drawn=attention[:MOST_DRAWN],
        listed=attention[MOST_DRAWN : MOST_DRAWN + MOST_LISTED],
        unlisted=max(0, len(attention) - MOST_DRAWN - MOST_LISTED),
        telling=matrix.telling(run),
        interleavings=matrix.interleavings(run),
        **frame("page.css"),
        details=_packed([str(body(result)).strip() for result in alike]),
        words=words,
    )


def environment() -> Environment:
    """Return what renders the templates of pages; every value is escaped."""
    templates = Environment(
        loader=TEMPLATES, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.globals.update(
        standing=matrix.standing,
        saw=sentences.saw,
        aside=sentences.aside,
        explanation=sentences.explanation,
        flooded=sentences.flooded,
        searched=sentences.searched,
        interleaved=explained_rows.lay_out,
        source_files=explained_rows.files,
        marks=words.MARKS,
        draw=draw,
        evidence_rows=sentences.evidence_rows,
        bound_words=sentences.bound_words,
        meaning=meaning,
        short=short,
        plural=words.plural,
        rate=words.rate,
        most_samples=MOST_SAMPLES,
        anomalies=words.ANOMALIES,
        standings=words.STANDINGS,
    )
    return templates


def source(name: str) -> str:
    """Return a template's own text, as a style or script."""
    text = TEMPLATES.get_source(Environment(), name)[0]
    return text.strip()


def frame(*styles: str) -> dict[str, Markup | str]:
    """Return what every page has around it: style, script, and the script's hash, by which alone it may run."""
    script = Markup(source("page.js"))
    return {
        "style": Markup("\n".join(source(style) for style in styles)),
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


def _parts(run: Run) -> dict[str, Part]:
    return {part.path: part for part in (*run.subjects, *run.places, *run.scenarios)}


def short(path: str, names: dict[str, Part]) -> str:
    """Return the name by which the run's parts list an import string, or its last word."""
    return names[path].name if path in names else record.short(path)


def meaning(state: State) -> str:
    """Return the sentence on an observed state."""
    return words.SEEN.get(Seen(state.seen), "") if state.seen in set(Seen) else ""


def _anchors(named: Iterable[tuple[object, str]]) -> dict[int, str]:
    """Give each cell and square a name for links, numbered where two share one."""
    used: Counter[str] = Counter()
    anchors = {}
    for shown, name in named:
        name = re.sub(r"[^\w-]+", "_", name)
        used[name] += 1
        anchors[id(shown)] = name if used[name] == 1 else f"{name}-{used[name]}"
    return anchors


def _alike(results: Iterable[CellResult]) -> list[CellResult]:
    """Put cells that look alike beside each other: packed, they then take half of the room."""
    return sorted(results, key=lambda result: (result.cell.scenario, result.outcome, result.cell.where))


def _packed(fragments: list[str]) -> str:
    """Return the details of all cells, deflated: they repeat each other so much that a twentieth is left."""
    text = json.dumps(fragments, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
