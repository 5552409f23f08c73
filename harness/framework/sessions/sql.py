"""Sessions that the server keeps in a table of any database that SQLAlchemy speaks to."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from harness.core.errors import UserError
from harness.framework.sessions.interface import LIFETIME
from harness.framework.sessions.server_side import MOST_BYTES, ServerSideSessions
from harness.framework.sessions.unavailable import without_password

TABLE = sa.Table(
    "ctxstress_sessions",
    sa.MetaData(),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("ends", sa.Float, nullable=False, index=True),
)
SWEEP_EVERY = 1000
"""After so many new sessions, those whose time is over are deleted."""


def _sqlite(seconds: float) -> dict[str, Any]:
    return {"timeout": seconds}


def _postgresql(seconds: float) -> dict[str, Any]:
    limit = f"{seconds * 1000:.0f}"
    return {
        "connect_timeout": math.ceil(seconds),
        "options": f"-c statement_timeout={limit} -c lock_timeout={limit}",
    }


def _mysql(seconds: float) -> dict[str, Any]:
    whole = math.ceil(seconds)
    return {"connect_timeout": whole, "read_timeout": whole, "write_timeout": whole}


LIMITS: dict[str, Callable[[float], dict[str, Any]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
"""How each kind of database is told how long it may take; of others, only the wait for a connection is limited."""


class SqlSessions(ServerSideSessions):
    """Keeps sessions in the table ``ctxstress_sessions``, made when first needed; of two saves at once the last stays.

    Connections are opened when first needed in each process, so an app may be made before its server forks. Connecting,
    a statement and the wait for a lock, also that of an SQLite file, may each take ``patience`` seconds; a PostgreSQL
    server that is stopped in the middle of an answer is not noticed. The drivers are synchronous: on asyncio, and for
    SQLite under gevent too, they keep the loop waiting. UserError for a URL of no database that SQLAlchemy knows.
    """

    name = "sql"

    def __init__(
        self,
        url: str,
        *,
        lifetime: int = LIFETIME,
        most_bytes: int = MOST_BYTES,
        patience: float = 2.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(url, lifetime=lifetime, most_bytes=most_bytes, patience=patience)
        self._now = now
        self._url = _readable(url)
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._made_in = 0
        self._has_table = False
        self._created = 0

    def load(self, key: str) -> str | None:
        """Return what is kept under an id, or None."""
        with self._connected() as connection:
            row = connection.execute(
                sa.select(TABLE.c.data).where(TABLE.c.id == key, TABLE.c.ends > self._now())
            ).first()
        return None if row is None else str(row[0])

    def create(self, key: str, text: str) -> None:
        """Keep a text under a new id."""
        with self._connected() as connection:
            connection.execute(TABLE.insert().values(id=key, data=text, ends=self._now() + self.lifetime))
            self._created += 1
            if self._created % SWEEP_EVERY == 0:
                connection.execute(TABLE.delete().where(TABLE.c.ends <= self._now()))

    def replace(self, key: str, text: str) -> bool:
        """Keep another text under an id that is alive."""
        return self.move(key, key, text)

    def move(self, key: str, new: str, text: str) -> bool:
        """Keep a text under a new id in the place of one that is alive."""
        now = self._now()
        with self._connected() as connection:
            result = connection.execute(
                TABLE.update()
                .where(TABLE.c.id == key, TABLE.c.ends > now)
                .values(id=new, data=text, ends=now + self.lifetime)
            )
            return bool(result.rowcount)

    def delete(self, key: str) -> None:
        """Drop what is kept under an id."""
        with self._connected() as connection:
            connection.execute(TABLE.delete().where(TABLE.c.id == key))

    def close(self) -> None:
        """Close the connections of this process; they are opened again when needed."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            engine = self._engine_here()
            if not self._has_table:
                _make_table(engine)
                self._has_table = True
            with engine.begin() as connection:
                yield connection
        except ModuleNotFoundError as error:
            raise self.unavailable(f"needs the package {error.name}, which is not installed") from None
        except SQLAlchemyError as error:
            raise self.unavailable(f"cannot be used: {_reason(error)}") from error

    def _engine_here(self) -> Engine:
        """Return the engine of this process; nothing is connected yet, for others wait for the lock meanwhile."""
        engine = self._engine
        if engine is not None and self._made_in == os.getpid():
            return engine
        with self._lock:
            if self._engine is None or self._made_in != os.getpid():
                if self._engine is not None:
                    self._engine.dispose(close=False)  # the connections are those of the process that forked
                self._engine, self._made_in = self._make(), os.getpid()
            return self._engine

    def _make(self) -> Engine:
        kind = self._url.get_backend_name()
        limits = LIMITS[kind](self.patience) if kind in LIMITS else {}
        engine = sa.create_engine(
            self._url, connect_args=limits, pool_timeout=self.patience, pool_pre_ping=kind != "sqlite"
        )
        if kind == "sqlite":
            event.listen(engine, "connect", _without_flushing)
        return engine


def _without_flushing(connection: Any, _: Any) -> None:
    """Let an SQLite file be written without waiting for the disk: readers go on, and a crash costs the last saves."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def _make_table(engine: Engine) -> None:
    try:
        TABLE.create(engine, checkfirst=True)
    except DBAPIError:
        # Somebody else may have made it between the look and the making.
        if not sa.inspect(engine).has_table(TABLE.name):
            raise


def _readable(url: str) -> URL:
    try:
        read = make_url(url)
        read.get_dialect()
    except ArgumentError as error:
        shown = without_password(url)
        raise UserError(
            f"{shown!r} is no URL of a database that SQLAlchemy knows ({type(error).__name__}); "
            "write it as sqlite:////path/to/file or postgresql+psycopg://user:password@host/name"
        ) from error
    return read


def _reason(error: SQLAlchemyError) -> str:
    """Return the database's own words: a statement and its values, which SQLAlchemy adds, are the session itself."""
    said = error.orig if isinstance(error, DBAPIError) else error
    lines = str(said).strip().splitlines()
    return lines[0] if lines else type(said).__name__
