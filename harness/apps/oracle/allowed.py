"""What may come back to others by design: an endpoint, a place in its answer, a regular expression."""

import re
from collections.abc import Iterable, Mapping

from harness.core.errors import UserError

GRAMMAR = (
    "an endpoint as the report names it, then if you like a place, then if you like a regular expression: "
    "'GET /board', 'GET /board body .messages[].author', 'GET /board: /by (\\w+)/'; or what is seen beside answers, "
    "'variable shop.cache:*', 'log audit.log', 'call POST http://*'; a * stands for anything"
)
_BESIDE = re.compile(r"\s*(?P<what>variable|log|call)\s+(?P<name>\S(?:.*\S)?)\s*")
_PATTERN = re.compile(
    r"(?P<method>\*|[A-Za-z]+)\s+(?P<path>[/*]\S*?)"
    r"(?:\s+(?P<place>(?:body|header|cookie|status line|\*)(?:\s+\S.*?|\*)?))?"
    r"(?:\s*:\s*/(?P<regex>.+)/)?\s*"
)


class _Pattern:
    def __init__(self, text: str) -> None:
        beside = _BESIDE.fullmatch(text)
        if beside is not None:
            self.endpoint = _glob(f"{beside['what']} {beside['name']}")
            self.place = self.regex = None
            return
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise UserError(
                f"--allow {text!r} is no pattern of what may come back to others: write {GRAMMAR}."
            )
        self.endpoint = _glob(f"{match['method'].upper()} {match['path']}")
        place = match["place"]
        # The body is meant with all its parts.
        self.place = place and _glob(place if place != "body" else "body*")
        try:
            self.regex = match["regex"] and re.compile(match["regex"])
        except re.error as error:
            raise UserError(
                f"--allow {text!r}: {match['regex']!r} is no regular expression ({error}): write {GRAMMAR}."
            ) from None

    def _covers(self, endpoint: str, place: str) -> bool:
        return bool(self.endpoint.fullmatch(endpoint)) and (
            not self.place or self.place.fullmatch(place) is not None
        )

    def lets_differ(self, endpoint: str, place: str, text: str) -> bool:
        if not (self.place or self.regex) or not self._covers(endpoint, place):
            return False
        return not self.regex or self.regex.search(text) is not None

    def lets(self, endpoint: str, place: str, text: str, start: int, end: int) -> bool:
        if not self._covers(endpoint, place):
            return False
        return not self.regex or any(
            match.start() <= start and end <= match.end() for match in self.regex.finditer(text)
        )


def _glob(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


class Allowed:
    """The patterns of one run, with how many answers each let pass."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._patterns = {text: _Pattern(text) for text in patterns}
        self._used = dict.fromkeys(self._patterns, 0)

    def lets(self, endpoint: str, place: str, text: str, start: int, end: int) -> str | None:
        """Return the pattern by which another's token, at these characters of a place, may stand there, or None."""
        for name, pattern in self._patterns.items():
            if pattern.lets(endpoint, place, text, start, end):
                return name
        return None

    def lets_differ(self, endpoint: str, place: str, text: str) -> str | None:
        """Return the pattern by which a place may differ from alone: one that names the place, or whose regex fits."""
        for name, pattern in self._patterns.items():
            if pattern.lets_differ(endpoint, place, text):
                return name
        return None

    def count(self, patterns: Iterable[str]) -> None:
        """Note which patterns let something of one answer pass."""
        for name in set(patterns):
            self._used[name] += 1

    @property
    def used(self) -> Mapping[str, int]:
        """Return each pattern with the number of answers of which it let something pass."""
        return dict(self._used)

    @property
    def unused(self) -> tuple[str, ...]:
        """Return the patterns that never let anything pass: a slip of the pen, or no longer needed."""
        return tuple(name for name, count in self._used.items() if not count)
