"""The threads on which a schedule runs the functions that tasks hand to executors, one at a time; each has its own."""

from _thread import allocate_lock
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from contextvars import Context
from threading import get_ident
from typing import Any

from harness.controlled._processor import Processor
from harness.controlled._standard.originals import LONGEST
from harness.controlled._threads.pools import beginning
from harness.controlled._threads.worker import Worker

DEFAULT = "asyncio"
"""How asyncio's default executor calls its threads, before their numbers."""


class Pool:
    """A thread that is begun by its first function and kept; each schedule finds it as if it were new."""

    def __init__(self, prefix: str, initializer: Callable[[], object] | None = None) -> None:
        self._name = f"{prefix}_0"
        self._initializer = initializer
        self._worker: Worker | None = None
        self._done = allocate_lock()
        self._done.acquire()
        self._context: Context | None = None
        self._call: Callable[[], Any] | None = None
        self._result: Any = None
        self._error: BaseException | None = None
        self.blocked = False
        """Whether a function has not come back; the thread ends if it ever does."""

    def run(self, call: Callable[[], Any], context: Context) -> tuple[Any, BaseException | None]:
        """Run a function and return its result and what it raised; TimeoutError when it does not come back.

        The context is what a thread has that the function begins.
        """
        if self.blocked:
            raise TimeoutError
        if self._worker is None:
            self._worker = Worker(self._name)
        if self._context is None:
            self._context = context
        self._call = call
        self._worker.job = self._work
        self.blocked = True
        self._worker.turn.release()
        if not self._done.acquire(timeout=LONGEST):
            self._worker.give_up()
            raise TimeoutError
        self.blocked = False
        outcome = self._result, self._error
        self._result = self._error = None
        return outcome

    @property
    def begun(self) -> bool:
        """Whether its thread runs."""
        return self._worker is not None

    def is_current(self) -> bool:
        """Tell whether the caller runs on its thread."""
        return self._worker is not None and get_ident() == self._worker.ident

    def as_new(self) -> None:
        """Forget what functions left behind on the thread: nothing of one schedule may reach the next."""
        if self._worker is not None:
            self._context = None
            self._worker.forget()
            if self._worker.is_kept():
                self.close()

    def close(self) -> None:
        """End the thread, unless it is blocked."""
        if self._worker is not None and not self.blocked:
            self._worker.close()
            self._worker = None

    def _work(self, worker: Worker) -> None:
        assert self._call is not None
        assert self._context is not None
        try:
            self._context.run(self._initialize)
            self._result = self._context.run(self._call)
        except BaseException as error:
            self._error = error
        # Nothing of the function may live on until the next one.
        self._call = None
        self._done.release()

    def _initialize(self) -> None:
        if self._initializer is not None:
            try:
                self._initializer()
            except BaseException as error:
                raise BrokenThreadPool(f"the initializer of {self._name} failed") from error
            self._initializer = None


class Pools:
    """The threads of a schedule's executors: the default's, which is kept for the next, and those of others."""

    def __init__(self) -> None:
        self._default = Pool(DEFAULT)
        self._others: dict[ThreadPoolExecutor, Pool] = {}
        self._processor = Processor()
        self._held = False
        self._asked = False
        """Whether the running schedule has had a function run."""

    def of(self, executor: ThreadPoolExecutor | None) -> Pool:
        """Return the thread that stands for those of an executor; None stands for the default."""
        if not self._held:
            self._held = True
            self._processor.hold()
        self._asked = True
        if executor is None:
            return self._default
        pool = self._others.get(executor)
        if pool is None:
            pool = self._others[executor] = Pool(executor._thread_name_prefix or "", beginning(executor))
        return pool

    def threads(self) -> int:
        """Return how many there are; those of named executors begin as soon as they are asked for."""
        return self._default.begun + len(self._others)

    def is_current(self) -> bool:
        """Tell whether the caller runs on one of them."""
        return any(pool.is_current() for pool in self._all())

    def as_new(self) -> None:
        """Forget what functions left behind: nothing of one schedule may reach the next."""
        if not self._asked:
            return
        self._asked = False
        for pool in self._others.values():
            pool.close()
        self._others.clear()
        if self._default.blocked:
            self._default = Pool(DEFAULT)
        else:
            self._default.as_new()

    def close(self) -> None:
        """End all that are not blocked."""
        for pool in self._all():
            pool.close()
        self._processor.let_go()
        self._held = False

    def _all(self) -> list[Pool]:
        return [self._default, *self._others.values()]
