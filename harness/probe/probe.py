"""Looks, before and after some of the requests, for tokens that the app still holds, and writes down where."""

import json
import re
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.probe.journal_file import JournalFile
from harness.probe.variables import CONTEXT_VARIABLE, Variables, look_at
from harness.probe.walk import Walk

SHARE = 0.05
"""The part of the time that looking may take."""
MOST_AMBIENT, MOST_OWN, MOST_OF_PACKAGES = 300, 1000, 250
"""Objects that one look enters of each group, so that none takes longer than a few milliseconds."""
MOST_TOKENS = 40
"""Tokens that are reported of one variable: a cache would have thousands."""
DISCOVERIES = frozenset({2, 20, 200, 2000})
"""The looks before which all objects of the process are searched for Locals."""

Seen = tuple[str, str, str, str]
"""Kind and name of a variable, the path in it, and the text there."""


class Probe:
    """The state of all looks in one process.

    ``tokens`` is the pattern of what belongs to one request or user; ``share`` is the part of the time that looking may
    take, 1 for every request.
    """

    def __init__(self, journal: JournalFile, tokens: str, app: Any, share: float = SHARE) -> None:
        self._journal = journal
        self._find = re.compile(tokens).finditer
        self._app = app
        self._share = share
        self._variables = Variables()
        self._reported: dict[str, set[str]] = {}
        self._looks = 0
        self._not_before = 0.0
        self._failed = False

    def due(self) -> bool:
        """Tell whether the request that begins is one to look at; each that is asked for is taken for looked at."""
        now = time.perf_counter()
        if now < self._not_before:
            return False
        if self._share < 1:
            # Until it is known how long the look takes; also keeps others from looking at the same time.
            self._not_before = now + 1
        self._looks += 1
        return True

    def before(self, mark: str) -> frozenset[str]:
        """Look at what a request finds in ContextVars and Locals when it begins; return the tokens there."""
        with self._unharmed():
            return self._write(mark, "before", self._ambient())
        return frozenset()

    def after(self, mark: str, found: frozenset[str], context: bool) -> None:
        """Look at everything when a request is over; at ContextVars only where the context outlives the request.

        What it found there when it began and has not cleared or overwritten was its own ``throughout``: it could be
        read at any time.
        """
        began = time.perf_counter()
        with self._unharmed():
            if self._looks in DISCOVERIES:
                self._variables.discover()
            # Globals first: on the way it is learnt where ContextVars and Locals are held.
            self._write(mark, "after", self._globals())
            ambient = [*self._ambient()]
            self._write(mark, "after", (each for each in ambient if context or each[0] != CONTEXT_VARIABLE))
            if found:
                self._write(mark, "throughout", ambient, found)
        now = time.perf_counter()
        if self._share < 1:
            self._not_before = now + (now - began) / self._share

    @contextmanager
    def _unharmed(self) -> Iterator[None]:
        """Let no failure of a look reach the app; the first is printed."""
        try:
            yield
        except Exception:
            if not self._failed:
                self._failed = True
                print("ctxstress: the probe could not look:", file=sys.stderr)
                traceback.print_exc()

    def _ambient(self) -> Iterator[Seen]:
        walk = self._walk(MOST_AMBIENT)
        for kind, name, value in self._variables.ambient():
            for path, text in look_at(walk, name, value):
                yield kind, name, path, text

    def _globals(self) -> Iterator[Seen]:
        walk = self._walk(MOST_OWN)
        for name, value in self._variables.own():
            for path, text in look_at(walk, name, value):
                yield "global", name, path, text
        if walk.budget <= 0:
            self._variables.shift()
        # However much the modules hold; by the same walk, since most apps are in a variable of theirs.
        walk.budget = MOST_OWN
        kind = type(self._app)
        name = f"the app, a {kind.__module__}.{kind.__qualname__}"
        for path, text in look_at(walk, name, self._app):
            yield "global", name, path, text
        walk = self._walk(MOST_OF_PACKAGES)
        for name, value in self._variables.packages():
            for path, text in look_at(walk, name, value):
                yield "global", name, path, text
            walk.budget -= 1
            if walk.budget <= 0:
                break

    def _walk(self, budget: int) -> Walk:
        return Walk(budget, self._variables.note)

    def _write(
        self, mark: str, when: str, seen: Iterable[Seen], only: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """Report tokens that were not reported yet; return all, or those of them that alone are asked for."""
        tokens = set()
        for kind, variable, path, text in seen:
            for match in self._find(text):
                token = match[0]
                if only and token not in only:
                    continue
                tokens.add(token)
                # What a request leaves behind and the next one finds are two facts.
                known = self._reported.setdefault(f"{when} {variable}", set())
                if token not in known and len(known) < MOST_TOKENS:
                    known.add(token)
                    self._journal.write(f"residue {mark} {json.dumps([variable, path, token, kind, when])}")
        return frozenset(tokens)
