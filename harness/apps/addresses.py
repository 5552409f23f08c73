"""Where the app under test listens: an address on this machine and no other, for what is done to it is no visit."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.core.errors import UserError


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests go; raises UserError for anything but an address of this machine itself."""

    port: int
    host: str = "127.0.0.1"
    """A numeric address."""
    name: str = ""
    """What the header ``Host`` says; empty for host and port."""
    prefix: str = ""
    """Stands before the path of each call, without a slash at its end."""

    def __post_init__(self) -> None:
        if not _is_loopback(self.host):
            raise UserError(_refusal(self.host))
        if not self.name:
            host = f"[{self.host}]" if ":" in self.host else self.host
            object.__setattr__(self, "name", f"{host}:{self.port}")

    @classmethod
    def of(cls, url: str) -> "Address":
        """Return the address that a URL names; of several that ``localhost`` has, the first that answers."""
        parts = urlsplit(url)
        try:
            port = parts.port or 80
        except ValueError as error:
            raise UserError(f"--url {url}: {error}") from None
        if parts.scheme != "http" or not parts.hostname:
            raise UserError(f"--url {url}: only plain HTTP is pressed, as in http://127.0.0.1:8000")
        if parts.query or parts.fragment or parts.username:
            raise UserError(f"--url {url}: give host, port and path alone; --request says what to ask for")
        hosts = _numeric(parts.hostname, port)
        host = next((each for each in hosts if _listens(each, port)), hosts[0])
        return cls(port, host, parts.netloc, parts.path.rstrip("/"))


def _numeric(host: str, port: int) -> list[str]:
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise UserError(f"nothing is known of the host {host!r}: {error}") from None
    if elsewhere := [each for each in found if not _is_loopback(each)]:
        raise UserError(_refusal(host, f" ({elsewhere[0]})"))
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


def _refusal(host: str, found: str = "") -> str:
    return (
        f"{host}{found} is not an address of this machine itself: what floods and hangs up is sent to 127.0.0.1, ::1 "
        "or localhost only; run the app here, or forward a local port to it if it is yours to break"
    )
