"""Prints measurements of a sensor with as many digits as the visitor wants."""

import sqlite3
from urllib.parse import parse_qs

import numpy

with sqlite3.connect("measured.sqlite") as database:
    database.execute("CREATE TABLE IF NOT EXISTS measured (x REAL, y REAL)")
    database.execute("DELETE FROM measured")
    database.executemany("INSERT INTO measured VALUES (?, ?)", [(0.123456789, 2 / 3), (1 / 7, 3.141592653)])


def app(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    lines = [f"{query['user'][0]}, {query['digits'][0]} digits"]
    measured = sqlite3.connect("measured.sqlite")
    with numpy.printoptions(precision=int(query["digits"][0])):
        for row in measured.execute("SELECT x, y FROM measured"):
            lines.append(str(numpy.array(row)))
            lines.append(str(measured.execute("SELECT count(*) FROM measured").fetchone()))
    measured.close()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["\n".join(lines).encode()]
