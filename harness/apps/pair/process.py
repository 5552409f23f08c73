"""The process in which a pair is explored: reads what to do from stdin, writes the exploration to stdout.

Imports are late on purpose: where the server patches the standard library nothing else comes before, or the app alone.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Explore, and report what it came to or why it could not be."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the app prints must not get into the answer
    spec = json.load(sys.stdin)
    sys.path.insert(0, spec["app_dir"])
    if spec["patch"] == "early":
        _patch(spec["patched"])
    from harness.core.errors import UserError

    try:
        told = _explored(spec)
    except UserError as error:
        told = {"error": str(error)}
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    json.dump(told, out)
    out.flush()
    os._exit(0)  # whatever the app has begun and never ends


def _patch(library: str) -> None:
    """Patch where gevent is what does so: nothing here controls eventlet's greenlets."""
    from harness.inside.patching import patch

    if library == "gevent":
        patch(library)


def _explored(spec: dict[str, Any]) -> dict[str, Any]:
    from harness.inside.finding import find_app

    app = find_app(spec["app"], spec["app_dir"])
    if spec["patch"] == "late":
        _patch(spec["patched"])
    from harness.apps.calls import Flow
    from harness.apps.pair.program import Pair
    from harness.catalog import controlled_for
    from harness.core.record import build, to_json
    from harness.explorer.exploring import explore
    from harness.explorer.limits import Limits
    from localimpl import Unit

    unit = Unit(spec["unit"])
    program = Pair(app, build(Flow, spec["flow"]), unit, spec["allow"], spec["seed"])
    limits = Limits(seconds=spec["seconds"], seed=spec["seed"], files=_own_files(spec["app_dir"]))
    found: dict[str, Any] = json.loads(to_json(explore(program, controlled_for(unit).part, limits)))
    return {"exploration": found}


def _own_files(app_dir: str) -> tuple[str, ...]:
    """Return the source files of the modules that the app's directory brought, its environment's aside."""
    from harness.explorer.places import INSTALLED

    root = Path(app_dir).resolve()
    files = []
    for module in list(sys.modules.values()):
        path = Path(getattr(module, "__file__", None) or "")
        if path.suffix == ".py" and path.is_relative_to(root) and not set(INSTALLED) & set(path.parts):
            files.append(str(path))
    return tuple(sorted(files))


if __name__ == "__main__":
    main()
