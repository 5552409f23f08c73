"""Defaults in pyproject.toml: taken by the names of the options, and refused in words where they are none."""

import json
from pathlib import Path

import pytest

from tests.doors.command import run


def test_defaults_are_taken_by_the_names_of_the_options(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.ctxstress]\nlocal = 'contextvar'\nhost = ['tasks', 'threads']\nscenario = ['read_back']\n"
        "requests = 16\nclients = 4\nseed = 5\nswitch-interval = 0.5\ntime-limit = 7\ngate = 'once'\n"
        "out = 'there'\nquiet = true\npatch = 'late'\n"  # the last is for runs against an app
    )
    code, _, err = run(tmp_path, "run", "--seed", "6", "--host", "threads")
    assert (code, err) == (0, "")
    record = json.loads((tmp_path / "there" / "run.json").read_text())
    asked = {
        name: record["options"][name] for name in ("locals", "hosts", "scenarios", "requests", "clients")
    }
    assert asked == {
        "locals": ["contextvar"],
        "hosts": ["threads"],
        "scenarios": ["read_back"],
        "requests": 16,
        "clients": 4,
    }
    assert record["seed"] == 6
    assert (record["options"]["switch_interval"], record["options"]["time_limit"]) == (0.5, 7)
    assert record["cells"][0]["cell"]["gate"] == "harness.gates.once:GATE"
    assert record["cells"][0]["sent"] == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.ctxstress]\nrequets = 3\n", "[tool.ctxstress] has no 'requets'; did you mean requests"),
        ("[tool.ctxstress]\nlocals = 'contextvar'\n", "has no 'locals'; did you mean local"),
        ("[tool.ctxstress]\nrequests = 'many'\n", "requests = 'many': write a whole number"),
        ("[tool.ctxstress]\nrequests = 0\n", "requests = 0: 0 is not in the range"),
        ("[tool.ctxstress]\nseed = true\n", "seed = True: write a whole number"),
        ("[tool.ctxstress]\nswitch-interval = 'short'\n", "switch-interval = 'short': write a number"),
        ("[tool.ctxstress]\nlocal = 3\n", "local = 3: write a string, or a list of them"),
        ("[tool.ctxstress]\nlocal = ['contextvar', 3]\n", "write a string, or a list of them"),
        ("[tool.ctxstress]\ngate = ['once']\n", "gate = ['once']: write a string"),
        ("[tool.ctxstress]\njson = 'yes'\n", "json = 'yes': write true or false"),
        (
            "[tool.ctxstress]\nlocal = 'contxtvar'\n",
            "there is no local 'contxtvar'; did you mean contextvar?",
        ),
        ("[tool]\nctxstress = 3\n", "ctxstress is 3"),
        ("tool = 3\n", "tool is 3"),
        ("[tool.ctxstress\n", "cannot read the defaults in pyproject.toml"),
        (b"\xff\xfe", "cannot read the defaults in pyproject.toml"),
    ],
)
def test_a_default_that_is_none_is_told(tmp_path: Path, text: str | bytes, said: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, err = run(tmp_path, "run")
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_without_a_table_of_ours_nothing_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nrequets = 3\n")
    code, _, err = run(tmp_path, "run", "--local", "nobody")
    assert code == 2
    assert "there is no local 'nobody'" in err
