"""The main of a server process: takes one line of JSON on stdin, reports on stdout, serves until stdin ends.

``python -m harness.engine.serve``; started by ``ServerProcess``. Imports are late on purpose: where gevent or
eventlet is to patch the standard library, nothing that keeps unpatched names may be imported before.
"""

import faulthandler
import sys

from harness.inside.line import Line
from harness.inside.patching import patch


def main() -> None:
    """Serve what the first line of stdin asks for."""
    line = Line()
    spec = line.spec
    faulthandler.enable(all_threads=False)
    sys.path[:] = spec["path"]
    try:
        patch(spec["patched"])
        from harness.engine.serving import Serving

        serving = Serving(spec)
        line.watch(serving.where_it_stands)
        serving.serve(lambda port: line.report({"port": port}))
    except Exception as error:
        from harness.engine.serving import explain

        line.report({"error": explain(error, spec)})
        sys.exit(1)


if __name__ == "__main__":
    main()
