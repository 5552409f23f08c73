"""Shows a visitor's note, written in Markdown; the converter is one for all, or one for each note."""

import os
from urllib.parse import parse_qs

from markdown import Markdown

shared = Markdown(extensions=["meta", "footnotes"])


def app(environ, start_response):
    user = parse_qs(environ["QUERY_STRING"])["user"][0]
    converter = Markdown(extensions=["meta", "footnotes"]) if os.environ.get("CONVERTER") == "own" else shared
    converter.reset()
    page = converter.convert(
        f"author: {user}\n\nA *note* with a source[^1], and **more**.\n\n[^1]: Told by {user}.\n"
    )
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [f"<h1>{converter.Meta['author'][0]}</h1>\n{page}".encode()]
