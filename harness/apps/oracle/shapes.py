"""A shape: all that the answers of one status have in common which the same request gets alone."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from harness.apps.oracle.differences import Difference
from harness.apps.oracle.leaves import Tree
from harness.apps.oracle.machine import TICK, has_clock, without_clocks, without_units
from harness.apps.oracle.readings import Reading
from harness.apps.oracle.texts import Page

ENOUGH = 3
"""With fewer answers, what varies cannot be told from what is fixed."""
# They tell of the transfer and its moment, not of what the app answers.
_TRANSFER = frozenset(
    f"header {name}"
    for name in (
        "Age", "Alt-Svc", "Connection", "Content-Length", "Date", "Etag", "Expires", "Keep-Alive", "Last-Modified",
        "Server-Timing", "Transfer-Encoding",
    )
)  # fmt: skip
_MOST_EXACT = 16
_SHOWN = 12


class Shape:
    """Learns from readings; keeps only those that taught something, so that it stays small however many are sent."""

    def __init__(self) -> None:
        self.seen = 0
        self._kept: list[Reading] = []
        self._first = self._last = 0.0
        self._cast: _Cast | None = None

    def learn(self, reading: Reading, began: float) -> None:
        """Take in one more answer, to a request sent at this time by the clock of the client, in seconds."""
        self._first = self._first if self.seen else began
        self._last = began
        self.seen += 1
        ticking = self._last - self._first < TICK
        if self.seen > ENOUGH and ticking is self.cast.ticking and not any(self.cast.differences(reading)):
            return
        self._kept.append(reading)
        self._cast = None

    @property
    def taught(self) -> int:
        """Return how many answers taught something."""
        return len(self._kept)

    @property
    def cast(self) -> "_Cast":
        """Return what was learnt so far."""
        cast = self._cast
        if cast is None:
            self._cast = cast = _Cast(self._kept, self._last - self._first < TICK)
        return cast


class _Cast:
    def __init__(self, kept: Sequence[Reading], ticking: bool) -> None:
        self.ticking = ticking
        self._forms = frozenset(reading.form for reading in kept)
        clean = without_clocks if ticking else without_units
        self._fields = Tree([_fields(each) for each in kept], clean, closed=False)
        trees = [each.leaves() for each in kept if each.form == "json"]
        pages = [each.lines() for each in kept if each.form == "text"]
        self._tree = Tree(trees, clean) if trees else None
        self._page = Page(pages, clean) if pages else None
        self._opaque = frozenset(each.body for each in kept if each.form == "opaque")
        self._exact = frozenset(reading.body for reading in kept[:_MOST_EXACT])
        sent = {place for reading in kept for place, _ in reading.fields}
        self._uncompared = sorted(sent & _TRANSFER)
        if ticking and any(has_clock(reading.body) for reading in kept):
            self._uncompared.append("clocks that show seconds")

    def differences(self, reading: Reading) -> Iterator[Difference]:
        """Yield where an answer is not like those that the request gets alone, lost tokens of a part first."""
        yield from self._fields.differences(_fields(reading))
        if reading.body in self._exact:
            return
        if reading.form not in self._forms:
            yield Difference("body", reading.body, self.text().partition("\n")[0])
        elif reading.form == "json" and self._tree:
            for each in self._tree.differences(reading.leaves()):
                yield each._replace(place=f"body {each.place}")
        elif reading.form == "text" and self._page:
            yield from self._page.differences(reading.lines())
        elif reading.form == "opaque" and len(self._opaque) == 1:
            yield Difference("body", reading.body, next(iter(self._opaque)))

    def holds(self, difference: Difference) -> bool:
        """Tell whether what was found at a place is what always stands there in these answers."""
        found = difference.found
        return self._ask(
            difference.place,
            lambda page: bool(found) and page.holds(found),
            lambda tree, path: tree.holds(path, found),
        )

    def takes(self, place: str, text: str) -> bool:
        """Tell whether a text at a place would be no difference."""
        return self._ask(place, lambda page: page.takes(text), lambda tree, path: tree.takes(path, text))

    def showed(self, place: str, text: str) -> bool:
        """Tell whether this very text stood at a place, as one of several."""
        return self._ask(place, lambda page: page.showed(text), lambda tree, path: tree.showed(path, text))

    def _ask(self, place: str, page: Callable[[Page], bool], tree: Callable[[Tree, str], bool]) -> bool:
        """Ask the part in which a place is; no if there is none."""
        if place == "body":
            return self._page is not None and page(self._page)
        if place.startswith("body "):
            return self._tree is not None and tree(self._tree, place.removeprefix("body "))
        return tree(self._fields, place)

    def carries(self) -> Iterator[str]:
        """Yield where the answer always holds tokens of its own."""
        yield from self._fields.carries()
        if self._tree:
            yield from (f"body {each}" for each in self._tree.carries())
        if self._page:
            yield from self._page.carries()

    def masked(self) -> Iterator[str]:
        """Yield what is not compared, since it varies when sent alone or tells of the transfer."""
        yield from self._uncompared
        yield from self._fields.masked()
        if self._tree:
            yield from self._tree.masked("body ")
        if self._page:
            yield from self._page.masked()
        if len(self._opaque) > 1:
            yield "body"

    def text(self) -> str:
        """Return a few lines of what is given alone, tokens named and volatile parts masked."""
        lines = list(chain(self._tree.text() if self._tree else (), self._page.text() if self._page else ()))
        if self._opaque:
            lines.append(f"{len(next(iter(self._opaque)))} bytes that are no text")
        more = [f"… {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        return "\n".join([line[:160] for line in lines[:_SHOWN]] + more)


def _fields(reading: Reading) -> dict[str, frozenset[str]]:
    """Return headers by name; a cookie's value is looked at for tokens and for being shared, not compared."""
    fields: dict[str, frozenset[str]] = {}
    for place, value in reading.fields:
        if place not in _TRANSFER and (place.startswith("header ") or "⟨" in value):
            fields[place] = fields.get(place, frozenset()) | {value}
    return fields
