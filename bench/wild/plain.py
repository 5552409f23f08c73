"""Runs a plain load test against an app of the corpus: what a user would write with locust and an equality check."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.wild.entries import Entry
from bench.wild.score import Plain

LOCUSTFILE = Path(__file__).with_name("_locustfile.py")
USERS = 32
GRACE_SECONDS = 30


def plainly(entry: Entry, url: str, seconds: float) -> Plain:
    """Return what locust's users saw in so many seconds, or until their first failure."""
    with tempfile.TemporaryDirectory(prefix="wild-") as scratch:
        told = Path(scratch) / "told.json"
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        command += ["-u", str(USERS), "-r", str(USERS), "-t", f"{round(seconds)}s", "--host", url]
        asked = {"requests": entry.requests, "equals": entry.equals, "told": str(told)}
        subprocess.run(
            command,
            env={**os.environ, "WILD_ASKED": json.dumps(asked)},
            cwd=scratch,
            capture_output=True,
            timeout=seconds + GRACE_SECONDS,
            check=False,
        )
        return Plain(**json.loads(told.read_text("utf-8")))
