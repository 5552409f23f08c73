"""Where the stores of this process are: as the environment says, or in places of our own that end with the process."""

import os
from functools import cache

REDIS_URL = "CTXSTRESS_REDIS_URL"
"""The variable that names a Redis server to be used in the place of one of our own; ``--redis-url`` sets it."""
SQL_URL = "CTXSTRESS_SQL_URL"
"""The variable that names a database, as SQLAlchemy writes URLs, for one of our own; ``--sql-url`` sets it."""


def redis_url() -> str:
    """Return the URL of the Redis server: the one named, or one of our own, started when first asked for.

    Ask for it before a server forks: its workers then share it, and it ends with the last of them.
    """
    return os.environ.get(REDIS_URL) or _own_valkey()


def sql_url() -> str:
    """Return the URL of the database: the one named, or an SQLite file of our own; before a server forks, as above."""
    return os.environ.get(SQL_URL) or _own_file()


@cache
def _own_valkey() -> str:
    from harness.framework.sessions.valkey import Valkey

    return Valkey().url


@cache
def _own_file() -> str:
    from harness.framework.sessions.guarded import Guarded

    place = Guarded()
    place.start()
    place.stop_listening()
    return f"sqlite:///{place.directory / 'sessions.sqlite'}"
