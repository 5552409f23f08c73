"""Watches what an app does beside answering: its log files, its outgoing calls, and what the probe finds inside."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from harness.apps.call_proxy import CallProxy
from harness.apps.journal import Journal, Residue
from harness.apps.mixes import Mix
from harness.apps.options import Asked
from harness.apps.oracle.allowed import Allowed
from harness.apps.oracle.clues import Clue
from harness.apps.tokens import Ledger, Token
from harness.apps.watch_log import WatchLog
from harness.core.app_record import Sign

SHARED, THROUGHOUT = "global", "throughout"
ELSEWHERE = frozenset({Sign.LOG, Sign.CALL, Sign.LEFT_BEHIND})
"""The signs that are seen beside the answers; what is sent alone says nothing of them."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A clue from beside the answers, with the visit or user (by label) whose request it goes with."""

    clue: Clue
    label: str


@dataclass(slots=True)
class Watches:
    """The watches that a run asks for; a context manager. Its ``variables`` are for the app's environment."""

    asked: Asked
    ledger: Ledger
    _logs: WatchLog = field(init=False)
    _calls: CallProxy | None = field(init=False)
    _seen: int = 0
    """Residues of the journal that were looked at."""
    _held: dict[str, int] = field(default_factory=dict)
    """Variables that are shared by all, with how many tokens they were seen to hold."""

    def __post_init__(self) -> None:
        self._logs = WatchLog(self.asked.watch_logs, self.ledger.find)
        self._calls = CallProxy(self.ledger.find) if self.asked.watch_calls else None

    def __enter__(self) -> Self:
        if self._calls is not None:
            self._calls.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._calls is not None:
            self._calls.__exit__(kind, error, trace)

    @property
    def variables(self) -> dict[str, str]:
        """What sends the app's calls past the watch."""
        return self._calls.variables if self._calls is not None else {}

    def look(self, journal: Journal, allowed: Allowed) -> Iterator[Beside]:
        """Yield what was seen since the last look, but for what is allowed."""
        for mix in (*self._logs.look(), *(self._calls.look() if self._calls is not None else ())):
            beside = self._of_mix(mix)
            if not _lets(allowed, beside.clue):
                yield beside
        residues = journal.residues[self._seen :]
        self._seen += len(residues)
        for residue in residues:
            found = self._of_residue(residue)
            if found is not None and not _lets(allowed, found.clue):
                yield found

    def notes(self) -> Iterator[str]:
        """Yield what a reader must know of what was watched."""
        if self._calls is not None:
            if not self._calls.calls:
                yield "--watch-calls saw no outgoing call: the app may not go by the variable HTTP_PROXY"
            for host, count in self._calls.refused.items():
                yield f"{count:,} calls to {host} were refused: only calls to this machine are passed on"
        for variable, count in sorted(self._held.items()):
            yield f"{variable} is shared by all requests and held values of {count:,}: fine where that is meant"

    def _of_mix(self, mix: Mix) -> Beside:
        first, second = mix.tokens
        what = f"call {mix.where}" if mix.sign is Sign.CALL else f"log {mix.where.rpartition(':')[0]}"
        clue = Clue(mix.sign, "", what, first, mix.where, mix.shown, "")
        return Beside(clue, second.visit or second.user)

    def _of_residue(self, residue: Residue) -> Beside | None:
        """Return what a later request could have seen on its unit; what all share is noted, no more."""
        tokens = self.ledger.find(residue.token)
        if not tokens:
            return None
        token: Token = tokens[0].token
        if residue.kind == SHARED:
            self._held[residue.variable] = self._held.get(residue.variable, 0) + 1
            return None
        visit = residue.mark.rpartition(".")[0]
        if residue.when != THROUGHOUT or visit.rpartition("v")[0] == token.user:
            return None  # what the next request replaces before it looks does no harm
        where = residue.variable
        shown = f"{residue.variable}{residue.path} held {residue.token} of {token.visit or token.user}"
        return Beside(
            Clue(Sign.LEFT_BEHIND, residue.mark, f"variable {where}", token, where, shown, ""), visit
        )


def _lets(allowed: Allowed, clue: Clue) -> bool:
    pattern = allowed.lets(clue.endpoint, "variable", clue.shown, 0, len(clue.shown))
    if pattern is not None:
        allowed.count([pattern])
    return pattern is not None
