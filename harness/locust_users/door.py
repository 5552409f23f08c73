"""The door where the verdict is made, on a master or in a single process: begins a test, looks at it, ends it."""

import logging
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from locust.runners import STATE_RUNNING, STATE_SPAWNING, MasterRunner
from locust.stats import StatsError

from harness.core.errors import UserError
from harness.core.record import Run
from harness.locust_users import options
from harness.locust_users.ledger import Ledger, MixUp
from harness.locust_users.traffic import Crew
from harness.locust_users.trial import Trial
from harness.locust_users.verdict import CANNOT, exit_code, sentence
from harness.locust_users.worker import REST, RESTED, TRAFFIC, TROUBLE, rest
from harness.selection import select
from reports.write import write_all

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.runners import Runner

LOOK_EVERY = 1.0
REST_SECONDS = 8.0
"""How long workers may take to bring their users to rest, a little more than users give one request."""
END_SECONDS = 30.0
WAIT_SECONDS = 0.01
MOST_MESSAGES = 3
"""Mix-ups of one anomaly in one cell that are told with their tokens; each text is a row of locust's table."""
RUNNING = (STATE_RUNNING, STATE_SPAWNING)

log = logging.getLogger(__name__)


class Door:
    """One locust environment that judges; users run in it, too, unless it has workers for that."""

    def __init__(self, environment: "Environment", runner: "Runner") -> None:
        self.environment = environment
        self.trial: Trial | None = None
        self.run: Run | None = None
        """The record of the last test."""
        self.verdict = ""
        self._runner = runner
        self._asked = False
        """Whether anybody asked for a test."""
        self._unwritten = False
        self._prepared: tuple[Trial, dict[str, Any]] | None = None
        self._ending = Event()
        self._ended = Event()
        self._looker: Any = None
        self._told: dict[tuple[str, str], int] = {}
        self._awaited: set[str] = set()
        if isinstance(runner, MasterRunner):
            runner.register_message(TRAFFIC, lambda environment, msg: self._take(msg.data["traffic"]))
            runner.register_message(RESTED, lambda environment, msg: self._awaited.discard(msg.node_id))
            runner.register_message(TROUBLE, lambda environment, msg: self.fail(msg.data["error"]))

    @property
    def out(self) -> Path:
        """The folder of the report."""
        return Path(self.environment.parsed_options.out)  # type: ignore[union-attr]

    def prepare(self) -> None:
        """Start the servers for the first test, before its time begins to run. Raises UserError."""
        self._prepared = self._start_servers()

    def begin(self) -> None:
        """Start the servers, unless that is done, and tell users where they are."""
        self.trial = self.run = None
        self.verdict = "the time was up before the servers were"
        self._asked = True
        self._told = {}
        self._ending.clear()
        self._ended.clear()
        try:
            trial, plan = self._prepared or self._start_servers()
        except UserError as error:
            self.fail(str(error))
            return
        self._prepared = None
        self.trial = trial
        # What is set here arrives at the workers before their own test starts.
        self.environment.parsed_options.ctxstress = plan  # type: ignore[union-attr]
        if not isinstance(self._runner, MasterRunner):
            self.environment.ctxstress_crew = Crew(plan, "")  # type: ignore[attr-defined]
        self._looker = gevent.spawn(self._look_each_second)

    def _start_servers(self) -> tuple[Trial, dict[str, Any]]:
        parsed: Any = self.environment.parsed_options
        asked, pressed = options.read(parsed)
        trial = Trial(select(asked), pressed, asked, shlex.join(["locust", *sys.argv[1:]]))
        return trial, trial.start()

    def fail(self, message: str) -> None:
        """Say why no test can be made, and leave; with the page open, wait for another try."""
        self.verdict = message
        log.error("ctxstress: %s", message)
        leave = self._runner.quit if self._headless() else self._runner.stop
        # Not from within the greenlet that starts the test, which leaving would kill in the middle.
        gevent.spawn(leave)

    def end(self) -> None:
        """Judge what is left, stop the servers, write the report and say the verdict; the second time, do nothing."""
        if self.trial is None or self._ending.is_set():
            return
        self._ending.set()
        try:
            self._looker.join()
            self._rest()
            for ledger, mix_up in self.trial.finish():
                self._count(ledger, mix_up)
            self.run = run = self.trial.run()
            self.verdict = sentence(run, sum(ledger.mixed for ledger in self.trial.ledgers))
            try:
                self.verdict += f"; report: {write_all(run, self.out).page}"
            except UserError as error:
                self.verdict += f"; {error}"
                self._unwritten = True
            if not self._headless():  # where locust's last words would follow only much later
                log.info("ctxstress: %s", self.verdict)
        finally:
            self.trial.stop()
            self._ended.set()

    def leave(self) -> None:
        """End a test that is still going on, and set the exit code of locust."""
        if self.trial is not None:
            self._runner.stop()
            self._ended.wait(END_SECONDS)
        if self._prepared is not None:
            self._prepared[0].stop()
        if self.run is not None:
            code = exit_code(self.run)
            doubtful = self._unwritten or self._runner.exceptions
            self.environment.process_exit_code = code or (CANNOT if doubtful else code)
        elif self._asked:
            self.environment.process_exit_code = CANNOT

    def is_running(self) -> bool:
        """Tell whether a test is going on."""
        return self._runner.state in RUNNING

    def _headless(self) -> bool:
        return bool(self.environment.parsed_options and self.environment.parsed_options.headless)

    def _look_each_second(self) -> None:
        assert self.trial is not None
        while not self._ending.wait(LOOK_EVERY):
            self._gather()
            for ledger, mix_up in self.trial.look():
                self._count(ledger, mix_up)

    def _gather(self) -> None:
        """Take what users of this process sent; workers send theirs."""
        crew: Crew | None = getattr(self.environment, "ctxstress_crew", None)
        if crew is not None:
            self._take(crew.hand_over())

    def _take(self, traffic: list[dict[str, Any]]) -> None:
        if self.trial is not None:
            self.trial.take(traffic)

    def _rest(self) -> None:
        """Bring all users to rest, so that their last requests are known before the verdict is made."""
        if isinstance(self._runner, MasterRunner):
            # Those that have already stopped sent what they had before they said so.
            self._awaited = {client.id for client in self._runner.clients.all if client.state in RUNNING}
            self._runner.send_message(REST)
            deadline = time.monotonic() + REST_SECONDS
            while self._awaited and time.monotonic() < deadline:
                gevent.sleep(WAIT_SECONDS)
        else:
            rest(self.environment)
            self._gather()
            self.environment.ctxstress_crew = None  # type: ignore[attr-defined]

    def _count(self, ledger: Ledger, mix_up: MixUp) -> None:
        """Count a request that locust took for answered as failed."""
        key = (ledger.cell.id, mix_up.anomaly.value)
        self._told[key] = told = self._told.get(key, 0) + 1
        text = mix_up.text if told <= MOST_MESSAGES else f"{mix_up.anomaly}: and more like these"
        stats, about = self.environment.stats, (ledger.unit, ledger.cell.id, text)
        if mix_up.failed:
            stats.errors.setdefault(StatsError.create_key(*about), StatsError(*about)).occurred()
        else:
            stats.log_error(*about)
