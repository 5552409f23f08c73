"""One client of the app: how its requests go out on a connection, how answers come in, and when it hangs up."""

import contextlib
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.apps.addresses import Address
from harness.apps.pressures import Pressure
from harness.apps.users import Step
from harness.apps.wire import Wire, wire
from harness.core.ports import Answer
from harness.engine.http_connection import (
    ClosedError,
    Connection,
    LostError,
    NoAnswerError,
    RefusedError,
    TransportError,
    UnconnectedError,
)

PIECES = 4
"""In how many pieces a slow client writes a request, and how many small ones of an answer it reads."""
IDLE = 0.5
"""Seconds after which a server may be closing a kept connection just as the next request comes; none is quicker."""
QUEUED = 0.9
"""Seconds after which a system drops a connection that its full queue could not take, which looked open from here."""
LONGEST_STAY = 0.5


class Meeting(Protocol):
    """Where clients wait for each other; returns when somebody has called the agent's ``release``."""

    def wait(self, agent: "UserAgent") -> None: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request; no answer and no trouble means that the client went away, or was made to."""

    answer: Answer | None
    trouble: str
    began: float
    ended: float


class UserAgent:
    """One client; one thread uses it, but for ``release``, ``abort`` and the facts that it shows."""

    def __init__(self, address: Address, pressure: Pressure, patience: float, seed: str) -> None:
        self.answers = 0
        self.renews = False
        """Whether the connection is closed after each answer whatever the pressure says."""
        self.unserved_since = math.inf
        """Since when it has waited on a connection that has not been answered on yet, by ``time.monotonic``."""
        self._address = address
        self._pressure = pressure
        self._patience = patience
        self._random = random.Random(seed)
        self._connection: Connection | None = None
        self._served = 0
        self._opened = 0.0
        self._last = 0.0
        self._began = 0.0
        self._held = b""
        self._usual = 0.005
        self._aborted = False

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abort(self) -> None:
        """Make a request that another thread waits for end at once; the agent is of no more use."""
        self._aborted = True
        if (connection := self._connection) is not None:
            connection.abort()

    def release(self) -> None:
        """Send the last byte of what was written; called by whoever came last to a meeting."""
        if self._held and self._connection is not None:
            self._began = time.monotonic()
            with contextlib.suppress(TransportError):
                self._connection.send(self._held, limit=self._patience)
        self._held = b""

    def send(self, steps: Sequence[Step], meeting: Meeting | None = None) -> list[Reply]:
        """Send requests, all before the first answer is read, and return what came of each.

        Raises RefusedError when nobody listens, UnconnectedError when no connection came about; nothing was sent then.
        """
        may_be_closed = self._open()
        wires = self._wires(steps)
        try:
            if self._random.random() >= self._pressure.leaves:
                self._write(b"".join(each.data for each in wires), meeting)
                replies = list(self._read(wires, may_be_closed))
            else:
                replies = self._leave(wires, meeting)
        except UnconnectedError:
            self.close()
            raise
        except TransportError as error:
            self.close()
            replies = [self._failed(error)] + [self._gone() for _ in steps[1:]]
        finally:
            self.unserved_since = math.inf
        replies += [self._send_again(step) for step in steps[len(replies) :]]
        if self._is_over(0):
            self.close()
        return replies

    def _open(self) -> bool:
        """See to a connection; tell whether the server may close it without having looked at what comes next.

        That is so when it was idle for long, and when bodies are padded: one that nobody reads makes some servers
        (gunicorn's threads, granian) close the connection behind their answer, others (wsgiref) even reset it, so
        that the end of the answer may be lost.
        """
        connection = self._connection
        if connection is not None:
            if connection.reusable and not self._is_over(0) and not connection.has_ended():
                return bool(self._pressure.padding) or time.monotonic() - self._last > IDLE
            self.close()
        self._served = 0
        if self._aborted:
            raise UnconnectedError("the client was stopped")
        self._opened = time.monotonic()
        try:
            self._connection = Connection(self._address.port, self._patience, self._address.host)
        except RefusedError:
            raise
        except TransportError as error:
            raise UnconnectedError(str(error)) from None
        return bool(self._pressure.padding)

    def _is_over(self, more: int) -> bool:
        """Tell whether the connection is to be renewed after so many requests more."""
        every = 1 if self.renews else self._pressure.fresh_every
        return bool(every) and self._served + more >= every

    def _wires(self, steps: Sequence[Step]) -> list[Wire]:
        last = len(steps) - 1
        return [
            wire(
                step.prepared,
                step.mark,
                self._address,
                padding=self._pressure.padding,
                closes=nth == last and self._is_over(len(steps)),
            )
            for nth, step in enumerate(steps)
        ]

    def _write(self, data: bytes, meeting: Meeting | None = None) -> None:
        self._began = time.monotonic()
        if not self._served:
            self.unserved_since = self._began
        if meeting is not None:
            data, held = data[:-1], data[-1:]
        if self._pressure.slow:
            size = -(-len(data) // PIECES)
            for start in range(0, len(data), size):
                self._connected.send(data[start : start + size], limit=self._limit)
                time.sleep(self._pressure.slow)
            self._connected.trickle(PIECES, self._pressure.slow)
        else:
            self._connected.send(data, limit=self._limit)
        if meeting is not None:
            self._held = held
            meeting.wait(self)

    def _read(
        self, wires: Sequence[Wire], may_be_closed: bool = False, *, again: bool = False
    ) -> Iterator[Reply]:
        """Yield what came of each request; those that the server closed the connection on unheard are left out.

        They may be sent again, once (RFC 9112, 9.3.1); ``again`` says that they are.
        """
        for nth, each in enumerate(wires):
            try:
                answer = self._connected.receive(bodiless=each.bodiless, more=nth < len(wires) - 1)
            except LostError as error:
                queued = not self._served and time.monotonic() - self._opened > QUEUED
                unheard = isinstance(error, ClosedError) and (nth or may_be_closed or queued)
                if (unheard or self._pressure.padding) and not (again or self._aborted):
                    return
                yield self._failed(error)
            except UnconnectedError:
                raise
            except TransportError as error:
                yield self._failed(error)
                yield from (self._gone() for _ in wires[nth + 1 :])
                return
            else:
                yield self._answered(answer)

    def _leave(self, wires: Sequence[Wire], meeting: Meeting | None) -> list[Reply]:
        """Hang up in the middle of the last request, while its answer is awaited, or in the middle of that."""
        data = b"".join(each.data for each in wires)
        body = wires[-1].body
        how = self._random.randrange(3 if body else 2)
        if how == 0:
            self._write(data, meeting)
            replies = list(self._read(wires[:-1]))
            if len(replies) == len(wires) - 1:
                replies.append(
                    self._answered(self._connected.receive(bodiless=wires[-1].bodiless, hangs_up=True))
                )
            return replies
        if how == 1:
            self._write(data, meeting)
        else:
            self._write(data[: len(data) - max(1, body // 2)])
        time.sleep(min(self._random.uniform(0, 1.5 * self._usual), LONGEST_STAY))
        if self._random.random() < 0.5:
            self._connected.hang_up()
        self.close()
        return [self._gone() for _ in wires]

    def _send_again(self, step: Step) -> Reply:
        """Send a request that the server did not take up on a new connection, on which nothing else is sent."""
        try:
            self._open()
            wires = self._wires([step])
            self._write(wires[0].data)
            return next(self._read(wires, again=True))
        except UnconnectedError:
            return self._gone()
        except TransportError as error:
            return self._failed(error)

    @property
    def _connected(self) -> Connection:
        assert self._connection is not None
        return self._connection

    @property
    def _limit(self) -> float:
        return min(self._patience, self._pressure.gives_up_after or self._patience)

    def _answered(self, answer: Answer) -> Reply:
        now = time.monotonic()
        self.answers += 1
        self.unserved_since = math.inf
        if (
            self._served or self._pressure.fresh_every == 1
        ):  # else it may have waited for its connection's turn
            self._usual += 0.2 * (now - self._began - self._usual)
        self._served += 1
        self._last = now
        return Reply(answer, "", self._began, now)

    def _failed(self, error: TransportError) -> Reply:
        gave_up = isinstance(error, NoAnswerError) and self._limit < self._patience
        if gave_up or self._aborted:
            return self._gone()
        return Reply(None, str(error), self._began, time.monotonic())

    def _gone(self) -> Reply:
        return Reply(None, "", self._began, time.monotonic())
