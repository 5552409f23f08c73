"""Steps on an operating-system thread."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any

from harness.units.pacing import BlockingSteps

OFFLOAD_WORKERS = 2
"""Few, so that work of several requests shares a worker: what one leaves behind, the next would see."""

_executor = ThreadPoolExecutor(OFFLOAD_WORKERS, "offload")


class ThreadSteps(BlockingSteps):
    """A pause sleeps, which lets go of the GIL and of the processor; a child is a new thread."""

    __slots__ = ()

    def tick(self) -> None:
        """Sleep for the nap; of 0 seconds, still a system call that lets another thread run."""
        time.sleep(self.nap)

    def spawn(self, run: Callable[[], Any]) -> "tuple[Thread, Future[Any]]":
        """Start a thread."""
        future: Future[Any] = Future()

        def body() -> None:
            try:
                future.set_result(run())
            except BaseException as error:
                future.set_exception(error)

        thread = Thread(target=body, daemon=True)
        thread.start()
        return thread, future

    def join(self, handle: "tuple[Thread, Future[Any]]") -> Any:
        """Wait until the thread has ended, not only its result: its ident is free only then."""
        thread, future = handle
        thread.join()
        return future.result()

    def offload(self, function: Callable[[], Any]) -> Any:
        """Use the process's one executor; an executor's worker inherits no context."""
        return _executor.submit(function).result()
