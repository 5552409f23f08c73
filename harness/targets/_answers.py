"""Runs a scenario's view inside a framework's own, and makes what that framework streams of its body."""

from types import CoroutineType, GeneratorType
from typing import Any, TypeGuard

from harness.core.history import Probe
from harness.core.ports import Perform, PerformAsync
from harness.core.scenario import Scenario
from harness.core.steps import Script, drive_async
from harness.framework.calling import awaited, is_script
from harness.framework.wrappers import Body
from harness.framework.wsgi import Chunks

ERROR = 500


def viewing(scenario: Scenario, app: Any, own: Probe) -> Script[Any]:
    """Run the view, of whatever colour, and return what it answers; its steps are the caller's to drive.

    An error that the scenario does not expect is recorded, since a framework's 500 does not tell which it was.
    """
    try:
        result = scenario.view(app, own)
        kind = type(result)
        if kind is GeneratorType and is_script(scenario.view):
            return (yield from result)
        if kind is CoroutineType:
            return (yield from awaited(result))
    except Exception as error:
        note(scenario, own, error)
        raise
    return result


def note(scenario: Scenario, own: Probe, error: Exception) -> None:
    """Record an error, unless the scenario is about the answer that servers give to one."""
    if scenario.status != ERROR:
        own.failed(error)


def is_streamed(answer: Any) -> TypeGuard[Script[Any]]:
    """Tell whether what a view answered is a body still to be made."""
    return isinstance(answer, GeneratorType)


def chunks(script: Script[Any], perform: Perform) -> Chunks:
    """Return a body's chunks, each made on the thread or greenlet that asks for it; closing it ends the script."""
    return Chunks(Body(script), perform)


class AwaitedChunks:
    """A body's chunks, each made on the task that asks for it.

    Not an async generator: closing one that was never begun does not run what it would have to end.
    """

    __slots__ = ("_body", "_perform")

    def __init__(self, script: Script[Any], perform: PerformAsync) -> None:
        self._body = Body(script)
        self._perform = perform

    def __aiter__(self) -> "AwaitedChunks":
        return self

    async def __anext__(self) -> bytes:
        chunk = await drive_async(self._body.next_chunk(), self._perform)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """End the script where it stands."""
        self._body.close()
