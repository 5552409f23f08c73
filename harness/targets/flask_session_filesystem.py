"""The row ``flask_session_filesystem``: Flask with Flask-Session, each session in a file by cachelib."""

from functools import cache
from typing import Any

from harness.framework.sessions.guarded import Guarded
from harness.targets._flask_session import subject, target

MOST_FILES = 100_000
"""Above its threshold, 500 unless told, the cache throws sessions away that are alive."""


@cache
def folder() -> str:
    """Return this process's folder of sessions, which ends with the process."""
    place = Guarded()
    place.start()
    place.stop_listening()
    return str(place.directory)


def configure(app: Any) -> dict[str, Any]:
    """Return the configuration of Flask-Session for files; its own type ``filesystem`` is deprecated for this."""
    from cachelib.file import FileSystemCache

    return {
        "SESSION_TYPE": "cachelib",
        "SESSION_CACHELIB": FileSystemCache(folder(), threshold=MOST_FILES),
    }


TARGET = target("filesystem", "Flask with Flask-Session's sessions in files, by cachelib", configure)

SUBJECT = subject(
    "filesystem",
    "Flask-Session reads a session from its file when a request begins and replaces the file at its end.",
)
