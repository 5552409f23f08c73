"""The main of an app's process: serves somebody's own app, stamped, as the first line of stdin asks for.

Started by ``AppProcess`` through ``bootstrap.py``. Imports are late on purpose: nothing that keeps unpatched names may
be imported before the standard library is patched.
"""

import faulthandler
import sys

from harness.inside.line import Line
from harness.inside.patching import never_patch, patch


def main() -> None:
    """Serve the app, or report in a sentence why that cannot be."""
    line = Line()
    spec = line.spec
    faulthandler.enable(all_threads=False)
    sys.path.insert(0, spec["app_dir"])
    library = spec["patched"]
    try:
        if spec["patch"] == "early":
            patch(library)
        elif spec["patch"] == "never":
            never_patch(library)
    except ModuleNotFoundError as error:
        line.report(
            {"error": f"{error.name} is not installed there: {sys.executable} -m pip install {library}"}
        )
        sys.exit(1)
    from harness.core.errors import UserError
    from harness.inside.hosting import Hosting

    try:
        Hosting(line).serve()
    except UserError as error:
        line.report({"error": str(error)})
        sys.exit(1)
