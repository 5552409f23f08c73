"""A child process that is told on stdin what to serve, reports its port, and ends without a trace."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

from harness.core.errors import UserError
from harness.engine.last_lines import last_lines

LOG_LINES = 15
KEPT_BYTES = 16384
GRACE_SECONDS = 2.0
"""How long a server that is told to end may take before it is killed."""
POLL_SECONDS = 0.005


class ServingChild:
    """A process whose main holds a ``harness.inside.line.Line``; a context manager.

    ``spec`` is what it is told; ``log`` names the file for what it prints; without, only its end is kept.

    Starting raises UserError when the server does not come up within ``ready_within`` seconds, with what it said.
    Nothing outlives the parent: the child ends when its standard input does, however the parent ended, and with it
    the group of processes that it leads. It is asked to end by a signal only when that does not end it within
    ``farewell`` seconds. It works alike in a process that gevent has patched.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        spec: Mapping[str, Any],
        *,
        cwd: Path | None = None,
        log: Path | None = None,
        ready_within: float = 30.0,
        farewell: float = 0.0,
    ) -> None:
        self.name = name
        self.port: int = spec["port"]
        self._command = command
        self._environment = environment
        self._spec = spec
        self._cwd = cwd
        self._log_path = log
        self._ready_within = ready_within
        self._farewell = farewell
        self._process: subprocess.Popen[bytes] | None = None
        self._log: BinaryIO | None = None
        self._last_words = ""
        self._orders = -1
        self._reports = -1
        self._unread = b""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the child and wait until it serves."""
        self._log = self._open_log()
        try:
            self._launch(self._log)
            self._began()
            self._tell(self._spec)
            self._await_port()
        except BaseException:
            self.stop()
            raise

    def _began(self) -> None:
        """Do what is to be done once the child runs."""

    def stop(self) -> None:
        """End the child: ask, then kill; afterwards nothing of it is left."""
        if self._orders >= 0:
            os.close(self._orders)
            self._orders = -1
        if self._process is not None:
            self.await_end(self._farewell)
            self._process.terminate()
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            # What it started belongs to the group that it led.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._reports >= 0:
            os.close(self._reports)
            self._reports = -1
        if self._log is not None:
            self._last_words = self._read_log()
            self._log.close()
            self._log = None

    def alive(self) -> bool:
        """Whether the child runs."""
        return self._process is not None and self._process.poll() is None

    def await_end(self, within: float) -> None:
        """Wait for the child's end, for so many seconds at most."""
        assert self._process is not None, "not started"
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            pass

    @property
    def pid(self) -> int:
        """The process id of the child."""
        assert self._process is not None, "not started"
        return self._process.pid

    def log_tail(self, lines: int = LOG_LINES) -> str:
        """Return the last lines of what the child printed."""
        text = self._last_words if self._log is None else self._read_log()
        return last_lines(text, lines)

    def last_words(self) -> str:
        """Return the last lines of what the child printed, and how it ended."""
        return f"{self.log_tail(2 * LOG_LINES)}\n(the server {self.name} {self._ended()})".strip()

    def where_it_stands(self, within: float = 2.0) -> tuple[str, ...]:
        """Return which requests are in flight and where all units wait, or nothing when the child cannot tell."""
        if not self.alive():
            return ()
        try:
            os.write(self._orders, b"where\n")
            report = self._report(time.monotonic() + within)
        except (OSError, EOFError):
            return ()
        return tuple(report.get("stands", ())) if report else ()

    def _open_log(self) -> BinaryIO:
        """Return a file that is appended to, whoever writes and wherever it is cut."""
        if self._log_path is None:
            return tempfile.TemporaryFile("a+b")  # kept open for as long as the child runs
        self._log_path.unlink(missing_ok=True)
        return self._log_path.open("a+b")

    def _read_log(self) -> str:
        assert self._log is not None
        # The child writes through the same open file: its position must not be moved.
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), KEPT_BYTES, max(0, size - KEPT_BYTES)).decode("utf-8", "replace")

    def _launch(self, log: BinaryIO) -> None:
        # Pipes of our own are not inherited by other children, which would keep this child's standard input open.
        stdin, self._orders = os.pipe()
        self._reports, stdout = os.pipe()
        os.set_blocking(self._reports, False)
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=stdin,
                stdout=stdout,
                stderr=log,
                env=self._environment,
                cwd=self._cwd,
                # Ctrl-C is for this process, which then ends the child; and the child leads a group of processes.
                start_new_session=True,
            )
        finally:
            os.close(stdin)
            os.close(stdout)

    def _tell(self, spec: Mapping[str, Any]) -> None:
        line = json.dumps(spec).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self._orders, line) :]
        except BrokenPipeError:
            raise self._not_up("ended at once") from None

    def _await_port(self) -> None:
        try:
            report = self._report(time.monotonic() + self._ready_within)
        except EOFError:
            raise self._not_up(self._ended()) from None
        if report is None:
            raise self._not_up(f"was not ready within {self._ready_within:g} s", self.where_it_stands())
        if "error" in report:
            raise UserError(f"the server {self.name} did not start: {report['error']}{self._said()}")
        self.port = report["port"]

    def _report(self, deadline: float) -> dict[str, Any] | None:
        """Return the child's next report, or None at the deadline; EOFError when there will be none.

        Looking now and then costs milliseconds once; waiting on the pipe would need another call in patched processes.
        """
        while b"\n" not in self._unread:
            try:
                piece = os.read(self._reports, 65536)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return None
                time.sleep(POLL_SECONDS)
                continue
            if not piece:
                raise EOFError
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report

    def _ended(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its reports"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _not_up(self, what: str, stands: Sequence[str] = ()) -> UserError:
        where = "".join(f"\n  {line}" for line in stands)
        return UserError(
            f"the server {self.name} {what} before it could serve{self._said() or ' and said nothing'}"
            + (f"\nit stands at:{where}" if where else "")
        )

    def _said(self) -> str:
        tail = self.log_tail()
        return "; its log ends with:\n" + tail if tail else ""
