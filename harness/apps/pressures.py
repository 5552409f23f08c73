"""The ways in which virtual users press an app, each because some real bug shows under nothing else."""

from dataclasses import dataclass

LARGE = 200_000


@dataclass(frozen=True, slots=True)
class Pressure:
    """How clients behave; the defaults are those of a reverse proxy that keeps its connections."""

    name: str
    summary: str
    """One sentence: which kind of bug it brings out."""
    fresh_every: int = 0
    """Requests after which a connection is renewed: 0 keeps it for ever, 1 takes a new one for each."""
    users_per_client: int = 4
    """Users who share a client's connection in turn, as behind a reverse proxy."""
    together: bool = False
    """Clients wait for each other before each request, and the last byte of all goes out at the same instant."""
    ahead: int = 1
    """Requests, each of another user, that are written on a connection before the first answer is read."""
    padding: int = 0
    """Bytes by which a request is made larger: in its body where that changes no meaning, else in a header."""
    slow: float = 0.0
    """Seconds between the pieces in which requests are written and answers read."""
    leaves: float = 0.0
    """Share of requests whose client hangs up: in the request, while it waits, or in the answer."""
    gives_up_after: float = 0.0
    """Seconds that a client waits for an answer before it hangs up; 0 waits as long as its patience."""

    @property
    def users(self) -> int:
        """Return how many users a client has: each waits for its answer before it sends again."""
        return max(self.users_per_client, self.ahead)


ALONE = Pressure(
    "alone",
    "Each request is sent alone, on a connection of its own: what comes back is what the app means to answer.",
    fresh_every=1,
    users_per_client=1,
)
"""What everything else is compared with."""

PRESSURES = (
    Pressure(
        "shared keep-alive",
        "Users take turns on connections that are kept, as behind a reverse proxy: brings out what a connection, "
        "or the worker that serves it, remembers of the request before.",
    ),
    Pressure(
        "new connections",
        "Each request has a connection of its own: brings out what a thread pool remembers, and storage under the "
        "ident of a thread that has ended and whose number was given again.",
        fresh_every=1,
        users_per_client=1,
    ),
    Pressure(
        "together",
        "All clients' requests become whole at the same instant: brings out races whose window is short, such as "
        "first use, check-then-act, and state that is swapped for the time of a request.",
        together=True,
    ),
    Pressure(
        "disconnects",
        "A quarter of the clients hang up in the middle: brings out clean-up that a cancelled request skips, and "
        "pooled connections on which its reply is left for the next.",
        leaves=0.25,
    ),
    Pressure(
        "large bodies",
        "Requests are 100 to 200 kB large: brings out servers that pause and resume reading, and so run the requests "
        "after it in the context of the one before.",
        padding=LARGE,
    ),
    Pressure(
        "pipelined",
        "Four users' requests are written on a connection before the first answer is read: brings out requests "
        "that start from within the one before, and answers out of order.",
        ahead=4,
    ),
    Pressure(
        "slow clients",
        "Requests are written, and answers read, in pieces with pauses: brings out state that is taken when a "
        "request begins and used when it ends, or while its answer streams.",
        slow=0.003,
    ),
    Pressure(
        "time-outs",
        "Clients give up after 50 ms: brings out what requests leave behind that the server abandons, or goes on "
        "with, when nobody waits for them.",
        gives_up_after=0.05,
    ),
)
"""In the order in which a run tries them."""
