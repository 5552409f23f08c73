"""A page made of promises, as graphql-core 2 makes its answers, for whoever is signed in on this thread."""

import collections
import collections.abc
import threading
import time
from urllib.parse import parse_qs

collections.Iterable = collections.abc.Iterable  # where promise 2.2.1 looks for it

from promise import Promise  # noqa: E402

signed_in = threading.local()


def load_page(name):
    time.sleep(0.001)  # it is queried
    return {"page": name}


def app(environ, start_response):
    signed_in.user = parse_qs(environ["QUERY_STRING"])["user"][0]
    page = Promise.resolve("start").then(load_page).then(lambda page: {**page, "user": signed_in.user})
    found = page.get()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{found['page']} of {found['user']}".encode()]
