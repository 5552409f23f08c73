"""Reports an error to Sentry with the user whom it befell, and shows what was reported."""

import sys

from gevent import monkey

monkey.patch_all()

import time  # noqa: E402
from urllib.parse import parse_qs  # noqa: E402

import sentry_sdk  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402

REPORTED = {}


def keep(event, hint):
    REPORTED[event["event_id"]] = event["user"]["username"]


sentry_sdk.init("http://key@127.0.0.1/1", before_send=keep, default_integrations=False)


def app(environ, start_response):
    with sentry_sdk.Hub(sentry_sdk.Hub.current):
        with sentry_sdk.configure_scope() as scope:
            scope.user = {"username": parse_qs(environ["QUERY_STRING"])["user"][0]}
        time.sleep(0.001)  # what fails is tried
        with sentry_sdk.configure_scope() as scope:
            scope.set_tag("step", "tried")
        marker = f"{id(environ):032x}"
        sentry_sdk.capture_event({"message": "failed", "level": "error", "event_id": marker})
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"reported for {REPORTED.pop(marker, 'nobody')}".encode()]


if __name__ == "__main__":
    WSGIServer(("127.0.0.1", int(sys.argv[1])), app, log=None).serve_forever()
