"""Small programs that everybody knows, on the toy host: what they can come to is told by hand."""

from harness.core.points import PAUSED
from tests.schedulers.toy import Body, Shared, Unit


def increment(shared: Shared) -> Body:
    """Read, and then write one more: the value that another wrote in between is lost."""
    value = shared.get("count")
    yield PAUSED
    shared.set("count", value + 1)


def locked_increment(shared: Shared) -> Body:
    yield from shared.acquire("lock")
    value = shared.get("count")
    yield PAUSED
    shared.set("count", value + 1)
    shared.release("lock")


def store(mine: str, other: str) -> Unit:
    """Return one side of store buffering: write one's own, then read the other's."""

    def body(shared: Shared) -> Body:
        shared.set(mine, 1)
        yield PAUSED
        return shared.get(other)

    return body


def send(shared: Shared) -> Body:
    shared.set("data", 1)
    yield PAUSED
    shared.set("flag", 1)


def receive(shared: Shared) -> Body:
    flag = shared.get("flag")
    yield PAUSED
    return flag, shared.get("data")


def philosopher(first: str, second: str) -> Unit:
    def body(shared: Shared) -> Body:
        yield from shared.acquire(first)
        yield PAUSED
        yield from shared.acquire(second)
        yield PAUSED
        shared.release(second)
        shared.release(first)

    return body


def produce(shared: Shared) -> Body:
    for item in (1, 2):
        shared.set("item", item)
        shared.give("full")
        yield PAUSED
        yield from shared.take("empty")


def consume(shared: Shared) -> Body:
    taken = []
    for _ in range(2):
        yield from shared.take("full")
        taken.append(shared.get("item"))
        yield PAUSED
        shared.give("empty")
        yield PAUSED
    return tuple(taken)


def write(value: int) -> Unit:
    def body(shared: Shared) -> Body:
        shared.set("shared", value)
        yield from ()

    return body


def read(shared: Shared) -> Body:
    yield from ()
    return shared.get("shared")


def two_reads(shared: Shared) -> Body:
    before = shared.get("shared")
    yield PAUSED
    return before, shared.get("shared")


def lazily_made(shared: Shared) -> Body:
    """Check, then act: each of two may find nothing there and make its own."""
    if not shared.get("made"):
        yield PAUSED
        shared.set("made", shared.get("made") + 1)


def spin(shared: Shared) -> Body:
    while not shared.get("flag"):
        yield PAUSED


def raise_flag(shared: Shared) -> Body:
    yield PAUSED
    shared.set("flag", 1)


def parent(shared: Shared) -> Body:
    shared.set("shared", 1)
    yield PAUSED
    shared.spawn(read)
    yield PAUSED
    shared.set("shared", 2)
