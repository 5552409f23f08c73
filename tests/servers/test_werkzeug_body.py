"""Werkzeug's server, as it is run here, closes the body of an answer also when its client resets the connection."""

import socket
import struct
import subprocess
import sys
import textwrap
import threading

import pytest

APP = textwrap.dedent("""
    import sys, threading
    from harness.servers._werkzeug import serve_with

    class Body:
        def __init__(self):
            self.pieces = iter([b"piece"])
        def __iter__(self):
            return self
        def __next__(self):
            try:
                return next(self.pieces)
            except StopIteration:
                sys.stdin.readline()  # the client has done what it does
                raise
        def close(self):
            print("closed", flush=True)

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/read":
            try:
                sys.stdin.readline()
                environ["wsgi.input"].read(10)
            except ConnectionResetError:
                print("reset", flush=True)
        start_response("200 OK", [])
        return Body()

    serve_with(app, 0, lambda port: print(port, flush=True), threaded=sys.argv[1] == "threaded")
""")
RESET = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("threads", ["single", "threaded"])
def test_the_body_is_closed_whatever_the_client_did(threads: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", APP, threads], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        limit = threading.Timer(20, server.kill)
        limit.start()
        try:
            port = int(server.stdout.readline())

            def told() -> str:
                print(file=server.stdin, flush=True)
                assert server.stdout is not None
                return server.stdout.readline().strip()

            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                read(client)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            assert told() == "closed"

            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(b"POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\nnot read!")
                read(client)
                assert told() == "closed"
                while client.recv(4096):  # up to an orderly end: what it sent was read after all
                    pass

            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(b"POST /read HTTP/1.0\r\nContent-Length: 9\r\n\r\n123")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            assert told() == "reset"  # an app that reads is still told
        finally:
            limit.cancel()
            server.kill()


def read(client: socket.socket) -> None:
    """Read the answer up to its one piece."""
    answer = b""
    while b"piece" not in answer:
        piece = client.recv(4096)
        assert piece, "the answer ended early"
        answer += piece
