"""Run as a file by the interpreter of somebody's app: makes our two packages importable there, and no other of ours.

Old interpreters read it up to the line that refuses them.
"""

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib would be imported unpatched
ROOT = os.path.dirname(os.path.dirname(HERE))  # noqa: PTH120
OLDEST = (3, 11)


class Ours:
    """Finds our packages where they lie, whatever else lies beside them."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> "ModuleSpec | None":
        """Say where a package of ours is."""
        return PathFinder.find_spec(name, [ROOT]) if name in ("harness", "localimpl") else None


def refuse_old() -> None:
    """End with a report that says which interpreter would do."""
    found = sys.version.split()[0]
    oldest = ".".join(map(str, OLDEST))
    said = (
        f"{sys.executable} is Python {found}; an app is served here from {oldest} on: start it and give --url"
    )
    sys.stdout.write('{"error": "' + said + '"}\n')
    sys.stdout.flush()
    sys.exit(1)


if __name__ == "__main__":
    # The directory of this file holds modules that an app's own may be called like.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != HERE]  # noqa: PTH100
    if sys.version_info < OLDEST:
        refuse_old()
    sys.meta_path.insert(0, Ours)
    from harness.inside.launch import main

    main()
