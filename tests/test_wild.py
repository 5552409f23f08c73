"""The corpus of real bugs: its entries are whole, its apps stand alone, its score adds up, and one entry is run."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bench.wild.entries import CORPUS, Entry, entries, read
from bench.wild.environments import installed
from bench.wild.score import Ours, Plain, Row, ours, summary, table
from harness.apps.spoken import parse
from harness.catalog import choose
from harness.core.app_record import APP_SCHEMA, AppRun, Round, Sighting, Sign, Who
from harness.core.errors import UserError
from harness.core.record import Ending
from harness.core.verdict import Anomaly, Outcome

ALL = entries()
OURS = {"bench", "harness", "localimpl", "reports", "scenarios"}
ROOT = Path(__file__).parents[1]


def named(entry: Entry) -> str:
    return entry.name


@pytest.mark.parametrize("entry", ALL, ids=named)
def test_an_entry_says_all_that_is_needed(entry: Entry) -> None:
    assert entry.bug
    assert entry.mechanism.endswith(".")
    assert entry.source.startswith("https://")
    assert len(entry.equals) == len(entry.requests) > 0
    assert all(entry.equals)
    for request in entry.requests:
        parse(request)
    if entry.server:
        [server] = choose("server", (entry.server,))
        assert server.name == entry.server
    for variant in entry.variants.values():
        assert variant.pins
        assert variant.patch in ("early", "late")
        for pin in variant.pins:
            name, equals, version = pin.partition("==")
            assert all((name, equals, version[:1].isdigit())), pin


@pytest.mark.parametrize("entry", ALL, ids=named)
def test_the_two_forms_of_an_entry_differ(entry: Entry) -> None:
    faulty, clean = entry.faulty, entry.clean
    assert (set(faulty.pins), dict(faulty.env), faulty.patch) != (
        set(clean.pins),
        dict(clean.env),
        clean.patch,
    )


@pytest.mark.parametrize("entry", ALL, ids=named)
def test_an_app_imports_nothing_of_ours(entry: Entry) -> None:
    tree = ast.parse((entry.folder / "app.py").read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported
    assert not {name.partition(".")[0] for name in imported} & OURS


def test_the_harness_knows_no_entry_by_name() -> None:
    sources = [
        path.read_text("utf-8") for room in ("harness", "localimpl") for path in (ROOT / room).rglob("*.py")
    ]
    assert len(sources) > 100
    assert not [entry.name for entry in ALL if any(entry.name in source for source in sources)]


def test_an_entry_that_says_too_little_or_too_much_is_refused(tmp_path: Path) -> None:
    whole = (CORPUS / ALL[0].name / "entry.toml").read_text("utf-8")
    for text in (whole.replace("bug =", "bugs ="), whole.replace("[clean]", "[cleaner]"), "bug = "):
        (tmp_path / "entry.toml").write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=r"entry\.toml"):
            read(tmp_path)
    with pytest.raises(UserError, match=ALL[0].name):
        entries((ALL[0].name[:-1],))


def record(outcome: Outcome, *sightings: Sighting) -> AppRun:
    rounds = tuple(Round(name, "", 16, 300, 300, 1.0, 290, 300) for name in ("shared keep-alive", "together"))
    return AppRun(
        schema=APP_SCHEMA,
        version="1",
        command="",
        app="app:app",
        server="threaded",
        server_summary="",
        seed=1,
        options={},
        environment={},
        started="",
        seconds=9.0,
        interrupted=False,
        ending=Ending.JUDGED,
        outcome=outcome,
        reason="",
        log="",
        stamped=True,
        rounds=rounds,
        sightings=sightings,
        smallest=2,
    )


def sighting(sign: Sign, at: int, count: int) -> Sighting:
    who = Who("u1", "u1v1", "token")
    return Sighting(
        sign, Anomaly.BLEED, "GET /", who, who, "body", "", "", "together", 16, at, at / 100, count=count
    )


def test_a_record_is_told_by_its_first_sighting_and_by_the_number_of_all() -> None:
    seen = [sighting(Sign.LOST, 90, 5), sighting(Sign.FOREIGN, 40, 7), sighting(Sign.FOREIGN, 41, 7)]
    told = ours(record(Outcome.MIXED, *seen))
    assert told == Ours(
        "mixed", 600, 12, requests=40, seconds=0.4, sign="another's value", anomaly="bleed", pressure="together",
        smallest=2,
    )  # fmt: skip
    assert told.found
    silent = ours(record(Outcome.ISOLATED))
    assert silent == Ours("isolated", 600, 0)
    assert not silent.found


ROWS = [
    Row(
        "one",
        faulty=Ours(
            "mixed", 750, 12, requests=1_022, seconds=0.5, sign="another's value", anomaly="bleed", smallest=2
        ),
        clean=Ours("isolated", 20_000, 0),
        plain=Plain(33, 0.2, "200 without it"),
    ),
    Row(
        "two",
        faulty=Ours("isolated", 20_000, 0),
        clean=Ours("mixed", 300, 4, requests=7, sign="no answer under load"),
        plain=Plain(9_000, 60.0),
    ),
    Row("three", skipped="no Python 3.7 on PATH or in pyenv"),
]


def test_the_score_counts_what_was_run() -> None:
    assert summary(ROWS).splitlines() == [
        "faulty: 1 of 2 found",
        "clean: 1 of 2 without a finding, over 20,300 requests",
        "plain locust: 1 of 2 found",
        "skipped: three (no Python 3.7 on PATH or in pyenv)",
    ]


def test_the_table_shows_what_was_missed_and_what_was_found_amiss() -> None:
    _, _, one, two, three = table(ROWS).splitlines()
    assert "1,022 requests, 0.5 s | another's value (bleed)" in one
    assert "0 / 20,000 | 33 requests" in one
    assert "**isolated** after 20,000 requests" in two
    assert "4 / 300 (**mixed**) | nothing in 9,000 requests" in two
    assert "skipped: no Python 3.7" in three


def test_a_python_that_is_absent_is_not_found() -> None:
    assert installed("3.2") is None
    found = installed(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert found is not None
    assert Path(found).exists()


@pytest.mark.slow
@pytest.mark.network
def test_an_entry_is_run_from_its_environments_to_its_score() -> None:
    command = [sys.executable, "-m", "bench.wild", "marshmallow-nested-context", "--seconds", "10"]
    done = subprocess.run(
        [*command, "--requests", "2000"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "faulty: 1 of 1 found" in done.stdout
    assert "clean: 1 of 1 without a finding" in done.stdout
    assert "plain locust: 1 of 1 found" in done.stdout
