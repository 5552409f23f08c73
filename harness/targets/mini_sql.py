"""The row ``mini_sql``: sessions in a table of a database."""

from harness.targets._stores import subject, target

TARGET = target(
    "sql", "the mini-framework with its sessions in a database, by SQLAlchemy", module="sqlalchemy"
)

SUBJECT = subject(
    "sql",
    "A table holds each session as JSON in a row under a random id; of two saves at once the later stays.",
    module="sqlalchemy",
)
