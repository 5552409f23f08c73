"""Hands a mix-up that the flood of an app saw to the explorer, in a process of its own."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.apps.calls import Flow
from harness.apps.options import Asked
from harness.core.exploration import Exploration
from harness.core.names import load
from harness.core.ports import Server
from harness.core.record import build
from harness.engine import child
from harness.engine.job import BESIDE

SECONDS = 10.0
"""How long the schedules of one flow are searched."""
MOST_FLOWS = 3


def hand_over(asked: Asked, endpoint: str) -> tuple[Exploration | None, str]:
    """Explore two users at an endpoint; return what that came to, or nothing and a note that says why."""
    place = asked.place
    if not place.app:
        return None, "the interleaving was not searched for: that takes --app, not --url"
    if place.python:
        return (
            None,
            "the interleaving was not searched for: that takes an app in this Python, without --python",
        )
    server: Server = load(place.server)
    if server.interface not in ("wsgi", "asgi"):
        return (
            None,
            f"the interleaving was not searched for: nothing can call an app of {server.name} but itself",
        )
    flows = [flow for flow in asked.traffic.flows if any(call.name == endpoint for call in flow.calls)]
    found, why = None, f"no flow comes by {endpoint}"
    for flow in flows[:MOST_FLOWS]:
        found, why = _explored(asked, server, flow)
        if found is not None and found.explanation is not None:
            return found, ""
    if found is None:
        return None, f"the interleaving was not found: {why}"
    return found, "the mix-up could not be reproduced under control: " + (
        found.reason or found.sentence
    ).rstrip(".")


def _explored(asked: Asked, server: Server, flow: Flow) -> tuple[Exploration | None, str]:
    place = asked.place
    cwd = place.cwd or Path.cwd()
    spec = {
        "app": place.app,
        "app_dir": str((place.app_dir or cwd).resolve()),
        "unit": str(server.unit),
        "patched": server.patched,
        "patch": place.patch,
        "flow": asdict(flow),
        "allow": list(asked.allow),
        "seed": asked.budget.seed,
        "seconds": SECONDS,
    }
    try:
        done = subprocess.run(
            child.command("harness.apps.pair.process"),
            input=json.dumps(spec),
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**child.variables(), **place.env},
            timeout=SECONDS + BESIDE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, "its process did not end in time"
    if not done.stdout.endswith("}"):
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return None, f"its process ended with exit code {done.returncode}: {last[0]}"
    told: Mapping[str, Any] = json.loads(done.stdout)
    if error := told.get("error"):
        return None, error
    return build(Exploration, told["exploration"]), ""
