"""Only this machine is pressed: which addresses are taken, which are refused, and what a URL gives."""

import contextlib
import socket

import pytest

from harness.apps.addresses import Address
from harness.core.errors import UserError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", Address(8000)),
        ("http://127.0.0.1:8000/", Address(8000)),
        ("http://127.3.2.1", Address(80, "127.3.2.1", "127.3.2.1")),
        ("http://[::1]:8000/shop/", Address(8000, "::1", "[::1]:8000", "/shop")),
        ("HTTP://127.0.0.1:8000/a/b", Address(8000, prefix="/a/b")),
    ],
)
def test_a_url_gives_an_address(url: str, address: Address) -> None:
    assert Address.of(url) == address


def test_localhost_is_whichever_address_listens() -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.create_server((host, 0), family=family) as listener:
            hosts = {info[4][0] for info in socket.getaddrinfo("localhost", 0)}
            port = listener.getsockname()[1]
            if host in hosts:
                assert Address.of(f"http://localhost:{port}/x") == Address(
                    port, host, f"localhost:{port}", "/x"
                )


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "192.168.1.1", "8.8.8.8", "[2001:db8::1]", "[::]"])
def test_any_other_machine_is_refused(host: str) -> None:
    with pytest.raises(UserError, match="not an address of this machine itself"):
        Address.of(f"http://{host}:8000")
    with pytest.raises(UserError, match="not an address of this machine itself"):
        Address(8000, host.strip("[]"))


def test_a_name_that_leads_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 80)) for host in ("127.0.0.1", "93.184.216.34")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(UserError, match=r"shop\.example \(93\.184\.216\.34\) is not"):
        Address.of("http://shop.example")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("https://127.0.0.1", "only plain HTTP"),
        ("127.0.0.1:8000", "only plain HTTP"),
        ("http://", "only plain HTTP"),
        ("http://127.0.0.1:99999", "Port out of range"),
        ("http://127.0.0.1/a?b=c", "host, port and path alone"),
        ("http://me:secret@127.0.0.1/", "host, port and path alone"),
    ],
)
def test_what_is_no_address_is_explained(url: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        Address.of(url)
