"""A sound WSGI app that greets each customer in his language, and writes the warehouse a slip in German beside it.

It opens a second book when the first is full, which is no fault of isolation. Its twin forces the German on the whole
process, and by exits that cross each other leaves it forced for good.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

GREETINGS = {"en": "Good morning", "fr": "Bonjour", "it": "Buongiorno", "de": "Guten Morgen"}
FULL = 200
orders = itertools.count(1)


class Selector:
    """What chooses a language."""

    def __init__(self) -> None:
        self.select: Callable[[str], str] = lambda asked: asked

    @contextmanager
    def forced(self, language: str) -> Iterator[Callable[[str], str]]:
        """Have another language for a while: only with what is yielded, but in the twin with all that select."""
        if not os.environ.get("BROKEN"):
            yield lambda asked: language
            return
        before, self.select = self.select, lambda asked: language
        try:
            yield self.select
        finally:
            self.select = before


selector = Selector()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    query = parse_qs(environ["QUERY_STRING"])
    asked = query["lang"][0]
    with selector.forced("de") as select:
        slip = GREETINGS[select(asked)]
        time.sleep(0.001)  # it is sent
    book = "first" if next(orders) <= FULL else "second"
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [
        f"{GREETINGS[selector.select(asked)]}, {query['name'][0]}!\n{slip} (in the {book} book)\n".encode()
    ]
