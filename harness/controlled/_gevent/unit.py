"""One greenlet under control: gevent's wish to switch to it is kept until a scheduler picks it."""

from collections.abc import Callable
from concurrent.futures._base import LOGGER
from typing import Any, Protocol

from greenlet import GreenletExit, greenlet

from harness.controlled._gevent.loop import Callback, Timer

STUBBORN = 100
"""How often a greenlet that is left over is told to end before it is left alone."""


class Owner(Protocol):
    """Whoever picks the units."""

    def switched(self, unit: "GreenletUnit", args: tuple[Any, ...]) -> Any:
        """Take gevent's wish to switch to a unit."""

    def thrown(self, unit: "GreenletUnit", args: tuple[Any, ...]) -> Any:
        """Take gevent's wish to raise something in a unit."""


class GreenletUnit:
    """A greenlet's place in an execution.

    The greenlet stays the very one that gevent made: its ``switch`` and ``throw``, which gevent looks up to wake it,
    are covered by attributes of the instance while the schedule lasts.
    """

    __slots__ = (
        "begun",
        "children",
        "ended",
        "entry",
        "error",
        "greenlet",
        "kills",
        "link",
        "more",
        "name",
        "number",
        "owner",
        "ready",
        "resume",
        "root",
        "switch_now",
        "throw_now",
        "throws",
        "with_",
    )

    def __init__(self, owner: Owner, greenlet: greenlet, name: str, number: int) -> None:
        self.owner = owner
        self.greenlet = greenlet
        """Until it has ended: what comes after it may have its ``id()``, and must be able to."""
        self.name = name
        self.number = number
        self.root = False
        self.begun = False
        self.ended = False
        self.ready = False
        self.resume: Callable[..., Any] = greenlet.switch
        """What to call to let it go on, once it is picked."""
        self.with_: tuple[Any, ...] = ()
        self.throws = False
        """Whether that raises something in it."""
        self.more: list[tuple[Any, ...]] = []
        """What else is to be raised in it after that."""
        self.entry: Callback | Timer | None = None
        """The callback or timer that was put off until it is picked."""
        self.children = self.kills = 0
        self.error: BaseException | None = None
        self.switch_now: Callable[..., Any] = greenlet.switch
        self.throw_now: Callable[..., Any] = greenlet.throw
        self.link = self.switch
        """The very object that gevent puts down wherever this greenlet waits."""
        greenlet.switch = self.link  # type: ignore[method-assign]
        greenlet.throw = self.throw  # type: ignore[method-assign]

    def switch(self, *args: Any) -> Any:
        """Stand in for the greenlet's ``switch``."""
        return self.owner.switched(self, args)

    def throw(self, *args: Any) -> Any:
        """Stand in for the greenlet's ``throw``."""
        return self.owner.thrown(self, args)

    def stop(self, failed: Callable[[Any, BaseException], None]) -> None:
        """End it where it stands; ``failed`` takes the greenlet, and what it raises."""
        told, LOGGER.disabled = LOGGER.disabled, True  # a pool's thread reports whatever ends it
        try:
            for _ in range(STUBBORN):
                if self.greenlet.dead:
                    break
                try:
                    self.throw_now(GreenletExit)
                except BaseException as error:
                    failed(self.greenlet, error)
        finally:
            LOGGER.disabled = told

    def free(self) -> None:
        """Give the greenlet back as gevent made it."""
        names = vars(self.greenlet)
        names.pop("switch", None)
        names.pop("throw", None)
        del self.greenlet, self.link, self.resume, self.switch_now, self.throw_now, self.with_
