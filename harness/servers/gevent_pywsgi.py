"""The server ``gevent_pywsgi``: gevent's WSGI server in a patched process, one greenlet for each connection."""

from collections.abc import Callable
from typing import Any

from harness.core.ports import Carries, Server
from harness.core.verdict import Need
from localimpl import Unit


def serve(app: Any, port: int, ready: Callable[[int], None]) -> None:
    """Run gevent's loop on the calling thread."""
    import socket

    from gevent import socket as green
    from gevent.pywsgi import WSGIServer

    # gevent's own kind of socket, also in a process where an app is tried without patching.
    listener = green.socket(fileno=socket.create_server(("127.0.0.1", port), backlog=1024).detach())
    # Accepted sockets inherit it; without it each answer waits 44 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = WSGIServer(listener, app, log=None)
    server.start()
    ready(listener.getsockname()[1])
    server.serve_forever()


SERVER = Server(
    name="gevent_pywsgi",
    summary="gevent's pywsgi: a greenlet for each connection, standard library patched",
    unit=Unit.GREENLET,
    interface="wsgi",
    serve=serve,
    offers=frozenset(Need),
    pool="a greenlet for each connection",
    keep_alive=True,
    carries=Carries(True, False, True, False),
    basic=True,
    patched="gevent",
    module="gevent",
)
