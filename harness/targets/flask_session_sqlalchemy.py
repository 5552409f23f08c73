"""The row ``flask_session_sqlalchemy``: Flask with Flask-Session, sessions in a table by Flask-SQLAlchemy."""

from typing import Any

from harness.framework.sessions.places import sql_url
from harness.targets._flask_session import subject, target

TABLE = "flask_sessions"
"""Not ``sessions``, which the mini-framework's own store has in the same database."""


def configure(app: Any) -> dict[str, Any]:
    """Return the configuration of Flask-Session for the process's database."""
    from flask_sqlalchemy import SQLAlchemy

    app.config["SQLALCHEMY_DATABASE_URI"] = sql_url()
    return {
        "SESSION_TYPE": "sqlalchemy",
        "SESSION_SQLALCHEMY": SQLAlchemy(app),
        "SESSION_SQLALCHEMY_TABLE": TABLE,
    }


TARGET = target("sqlalchemy", "Flask with Flask-Session's sessions in a database, by SQLAlchemy", configure)

SUBJECT = subject(
    "sqlalchemy",
    "Flask-Session reads a session from its row when a request begins and writes all of it back at its end.",
)
