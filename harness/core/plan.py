"""Who sends what: the same seed gives the same requests, tokens and pauses."""

from dataclasses import dataclass
from hashlib import blake2b

HANG_UP_EVERY = 3
TABS = 4
"""How many clients are one user where users have several tabs."""


@dataclass(frozen=True, slots=True)
class Order:
    """One request to be sent: its id, its sender's token, its own unguessable token, and the seed of its pauses."""

    request: str
    user: str
    token: str
    seed: int
    hangs_up: bool = False


def plan(
    requests: int, clients: int, seed: int, hangs_up: bool = False, label: str = "r", tabs: int = 1
) -> list[list[Order]]:
    """Deal ``requests`` orders to ``clients`` in turn; each client sends its own one after the other.

    ``label`` begins the request ids, so that several rounds of one cell never share one. Each ``tabs`` clients that
    follow each other are one user.
    """
    lanes: list[list[Order]] = [[] for _ in range(clients)]
    names = [f"user{client // tabs}" for client in range(clients)]
    users = [f"{name}-{_digest(seed, label, name).hex()[:12]}" for name in names]
    for number in range(requests):
        digest = _digest(seed, label, str(number))
        client = number % clients
        lanes[client].append(
            Order(
                request=f"{label}{number}",
                user=users[client],
                token=f"{label}{number}-{digest[:6].hex()}",
                seed=int.from_bytes(digest[8:14], "big"),
                hangs_up=hangs_up and number % HANG_UP_EVERY == 1,
            )
        )
    return lanes


def _digest(seed: int, label: str, of: str) -> bytes:
    return blake2b(f"{seed}/{label}/{of}".encode(), digest_size=16).digest()
