"""A greeting in the name that stands in Werkzeug's Local, served by gevent."""

import sys

from gevent import monkey

monkey.patch_all()

import time  # noqa: E402

from gevent.pywsgi import WSGIServer  # noqa: E402
from werkzeug.local import Local, release_local  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

current = Local()


@Request.application
def app(request):
    current.user = request.args["user"]
    time.sleep(0.001)  # the profile is looked up
    answer = Response("hello " + current.user)
    release_local(current)
    return answer


if __name__ == "__main__":
    WSGIServer(("127.0.0.1", int(sys.argv[1])), app, log=None).serve_forever()
