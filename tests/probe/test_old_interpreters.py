"""The probe is for apps on Pythons that serve nothing here too: it runs on every one from 3.9 on that is at hand."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import os, sys, asyncio
import harness.probe
module = type(sys)("shop")
module.__file__ = "shop.py"
sys.modules["shop"] = module
def sync(environ, start_response):
    module.user = "zqa"
    return [b"done"]
async def wait(scope, receive, send):
    module.user = "zqb"
assert harness.probe.wsgi(sync)({"HTTP_X_CTXSTRESS_MARK": "m1"}, None) == [b"done"]
asyncio.run(harness.probe.asgi(wait)({"type": "http", "headers": []}, None, None))
print(open(os.environ["CTXSTRESS_PROBE"]).read())
"""


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13"])
def test_the_probe_runs_there(tmp_path: Path, version: str) -> None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    python = str(found[0]) if found else shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"no Python {version} is at hand")
    variables = {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CTXSTRESS_PROBE": str(tmp_path / "journal"),
        "CTXSTRESS_TOKENS": "zq[a-z]+",
    }
    done = subprocess.run(
        [python, "-c", CODE], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        'residue m1 ["shop:user", "", "zqa", "global", "after"]',
        'residue - ["shop:user", "", "zqb", "global", "after"]',
    ]
