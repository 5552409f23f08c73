"""Watches what an app does beside answering: its log files and its outgoing calls."""

from types import TracebackType
from typing import Self

from harness.apps.options import Asked
from harness.apps.trial import Trial


class Watches:
    """The watches that a run asks for; a context manager."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.variables: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def follow(self, trial: Trial) -> None:
        pass
