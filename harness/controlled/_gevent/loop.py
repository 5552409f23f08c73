"""An event loop for gevent in which nothing happens by itself: time is virtual, and no I/O is real."""

from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from greenlet import GreenletExit

from harness.controlled._line import Mark


class Owner(Protocol):
    """Whoever runs the callbacks and moves the time."""

    def cancelled(self, entry: "Callback | Timer") -> None:
        """Take note that a callback or timer was stopped before its time."""

    def refuse(self, what: str, advice: str) -> None:
        """Give up control of the schedule because of what the running unit wants."""


class Callback:
    """What gevent wants called in the hub soon."""

    __slots__ = ("args", "callback", "loop", "origin", "unit")

    def __init__(self, loop: "VirtualLoop", callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.loop = loop
        self.callback: Callable[..., Any] | None = callback
        self.args: tuple[Any, ...] | None = args
        self.origin = loop.origin
        """The callback that asked for it."""
        self.unit: object = None
        """The unit that it was put off for until that is picked."""

    @property
    def pending(self) -> bool:
        """Whether it has not begun."""
        return self.callback is not None

    def __bool__(self) -> bool:
        # Unlike `pending` true while it runs: gevent asks so whether it needs another one.
        return self.args is not None

    def run(self) -> None:
        """Call it, once."""
        callback, args = self.callback, self.args
        self.callback = None
        try:
            if callback is not None and args is not None:
                callback(*args)
        finally:
            self.args = None

    def stop(self) -> None:
        """Call it no more."""
        self.callback = self.args = None
        if self.unit is not None:
            self.loop.owner.cancelled(self)

    close = stop


class Timer:
    """What gevent wants called at a time: a sleep, a greenlet that begins later, or a time-out."""

    __slots__ = ("after", "args", "callback", "due", "loop", "origin", "priority", "ref", "repeat", "unit")

    def __init__(
        self, loop: "VirtualLoop", after: float, repeat: float, ref: bool, priority: int | None
    ) -> None:
        self.loop = loop
        self.after = after
        self.repeat = repeat
        self.ref = ref
        self.priority = priority or 0
        self.callback: Callable[..., Any] | None = None
        self.args: tuple[Any, ...] | None = None
        self.due = 0.0
        self.origin: Mark | None = None
        self.unit: object = None
        """The unit that sleeps, or will begin, by it."""

    @property
    def active(self) -> bool:
        """Whether it has been started and is not over."""
        return self.callback is not None

    pending = active

    def start(self, callback: Callable[..., Any], *args: Any, update: Any = None) -> None:
        """Begin to wait."""
        self.callback, self.args = callback, args
        self.origin = self.loop.origin
        self.due = self.loop.time + max(self.after, 0.0)
        self.loop.soon.append(self)

    def again(self, callback: Callable[..., Any], *args: Any, update: Any = None) -> None:
        """Begin to wait for the repetition."""
        self.after = self.repeat
        self.start(callback, *args)

    def run(self) -> None:
        """Call it; once, unless it repeats."""
        callback, args = self.callback, self.args
        if self.repeat and callback is not None and args is not None:
            self.again(callback, *args)
        else:
            self.callback = self.args = None
        if callback is not None and args is not None:
            callback(*args)

    def stop(self) -> None:
        """Wait no more."""
        self.callback = self.args = None
        if self.unit is not None:
            self.loop.owner.cancelled(self)

    close = stop

    def __enter__(self) -> "Timer":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class Watcher:
    """What gevent makes in order to wait for the outside world; only waiting is refused, for many are never used."""

    __slots__ = ("_loop", "_what", "args", "callback", "priority", "ref")

    def __init__(self, loop: "VirtualLoop", what: str, ref: bool) -> None:
        self._loop = loop
        self._what = what
        self.ref = ref
        self.priority = 0
        self.callback: Callable[..., Any] | None = None
        self.args: tuple[Any, ...] | None = None

    active = pending = False

    def start(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> NoReturn:
        """Give up control: what comes from outside comes when it likes."""
        self._loop.owner.refuse(
            self._what,
            "put something in its place that works within this process and waits by gevent's own means",
        )
        raise GreenletExit(self._what)

    def stop(self) -> None:
        """It was never started."""

    def close(self) -> None:
        """It holds nothing."""

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


class VirtualLoop:
    """The surface of gevent's loops. ``run`` is the owner's: it is what the hub runs."""

    MAXPRI, MINPRI = 2, -2
    default = False
    approx_timer_resolution = 0.0
    error_handler: Any = None

    def __init__(self, owner: Owner, run: Callable[[], NoReturn]) -> None:
        self.owner = owner
        self.run = run
        self.soon: deque[Callback | Timer] = deque()
        """What was asked for and not looked at yet, in order."""
        self.time = 0.0
        """Seconds since the schedule began."""
        self.origin: Mark | None = None
        """The callback that runs now, if it runs before its turn."""

    def run_callback(self, func: Callable[..., Any], *args: Any) -> Callback:
        """Call soon."""
        callback = Callback(self, func, args)
        self.soon.append(callback)
        return callback

    def run_callback_threadsafe(self, func: Callable[..., Any], *args: Any) -> Callback:
        """Call soon, for another thread, which nobody controls."""
        self.owner.refuse("another thread", "let what the units share be used on their own thread alone")
        return self.run_callback(func, *args)

    def timer(
        self, after: float, repeat: float = 0.0, ref: bool = True, priority: int | None = None
    ) -> Timer:
        """Make a timer."""
        return Timer(self, after, repeat, ref, priority)

    def idle(self, ref: bool = True, priority: int | None = None) -> Timer:
        """Make what waits until nothing else is to do: here, until all that is due before."""
        return Timer(self, 0.0, 0.0, ref, priority)

    def now(self) -> float:
        """Return the virtual time in seconds."""
        return self.time

    def update_now(self) -> None:
        """The time moves with the schedule alone."""

    update = update_now

    def io(self, fd: int, events: int, ref: bool = True, priority: int | None = None) -> Watcher:
        """Make what waits for a socket or pipe."""
        return Watcher(self, "a socket or pipe", ref)

    def async_(self, ref: bool = True, priority: int | None = None) -> Watcher:
        """Make what waits for another thread."""
        return Watcher(self, "another thread", ref)

    def child(self, pid: int, trace: int = 0, ref: bool = True) -> Watcher:
        """Make what waits for a process."""
        return Watcher(self, "a process", ref)

    def stat(
        self, path: str, interval: float = 0.0, ref: bool = True, priority: int | None = None
    ) -> Watcher:
        """Make what waits for a file to change."""
        return Watcher(self, "a change of a file", ref)

    def signal(self, signum: int, ref: bool = True, priority: int | None = None) -> Watcher:
        """Make what waits for a signal."""
        return Watcher(self, "a signal", ref)

    def fork(self, ref: bool = True, priority: int | None = None) -> Watcher:
        """Make what waits for a fork."""
        return Watcher(self, "a fork", ref)

    def prepare(self, ref: bool = True, priority: int | None = None) -> Watcher:
        """Make what waits for the loop's turns."""
        return Watcher(self, "turns of the event loop", ref)

    check = prepare

    def closing_fd(self, fd: int) -> bool:
        """Nothing watches a descriptor."""
        return False

    def install_sigchld(self) -> None:
        """No process is watched."""

    reset_sigchld = verify = reinit = ref = unref = destroy = install_sigchld

    def _format(self) -> str:
        return f"virtual time={self.time:g}"
