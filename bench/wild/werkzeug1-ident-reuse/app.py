"""A greeting in the name that stands in Werkzeug's Local, which nothing releases; guests have no name."""

from urllib.parse import parse_qs

from werkzeug.local import Local

current = Local()


def app(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    if not hasattr(current, "user"):
        current.user = query["user"][0]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"hello {current.user}".encode()]
