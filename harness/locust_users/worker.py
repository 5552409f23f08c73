"""The door on a worker: its users flood the servers that the master started, and what they got goes to the master."""

import os
import time
from typing import TYPE_CHECKING, Any

import gevent

from harness.locust_users.traffic import PATIENCE, Crew

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.runners import WorkerRunner

TRAFFIC, TROUBLE = "ctxstress-traffic", "ctxstress-trouble"
REST, RESTED = "ctxstress-rest", "ctxstress-rested"
"""The master asks workers to rest, and each answers that it does, after all else that it had to send."""
HAND_OVER_EVERY = 0.5
WAIT_SECONDS = 0.01


def rest(environment: "Environment") -> None:
    """Let users send nothing more, and wait for what is in flight."""
    crew: Crew | None = getattr(environment, "ctxstress_crew", None)
    if crew is None:
        return
    crew.resting = True
    deadline = time.monotonic() + PATIENCE
    while crew.in_flight and time.monotonic() < deadline:
        gevent.sleep(WAIT_SECONDS)


class WorkerDoor:
    """One locust environment that judges nothing."""

    def __init__(self, environment: "Environment", runner: "WorkerRunner") -> None:
        self.environment = environment
        self._runner = runner
        runner.register_message(REST, self._on_rest, concurrent=True)
        gevent.spawn(self._hand_over_regularly)

    def begin(self) -> None:
        """Find the servers that the master started."""
        plan = getattr(self.environment.parsed_options, "ctxstress", None)
        try:
            assert plan is not None, "the master did not say where the servers are"
            self.environment.ctxstress_crew = Crew(plan, f"w{self._runner.worker_index}")  # type: ignore[attr-defined]
        except Exception as error:
            # Otherwise the users would idle and the test look as if nothing were the matter.
            self._runner.send_message(TROUBLE, {"error": f"worker {self._runner.client_id}: {error}"})

    def end(self) -> None:
        """Hand over what is left once all users have stopped."""
        self._hand_over()
        self.environment.ctxstress_crew = None  # type: ignore[attr-defined]

    def leave(self) -> None:
        """Leave the verdict to the master."""

    def _on_rest(self, environment: "Environment", msg: Any) -> None:
        rest(environment)
        self._hand_over()
        self._runner.send_message(RESTED)

    def _hand_over(self) -> None:
        crew: Crew | None = getattr(self.environment, "ctxstress_crew", None)
        traffic = crew.hand_over() if crew is not None else []
        if traffic:
            self._runner.send_message(TRAFFIC, {"traffic": traffic})

    def _hand_over_regularly(self) -> None:
        parent = os.getppid()
        while True:
            gevent.sleep(HAND_OVER_EVERY)
            # A worker that locust forked would go on for a minute after its master was killed.
            if os.getppid() != parent and self.environment.parsed_options.processes:  # type: ignore[union-attr]
                os._exit(1)
            self._hand_over()
