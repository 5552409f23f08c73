"""Presses an app: many clients at once for one round, each exchange told as it ends."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.apps.addresses import Address
from harness.apps.exchanges import Exchange
from harness.apps.meeting import Meeting
from harness.apps.pressures import Pressure
from harness.apps.user_agent import Reply, UserAgent
from harness.apps.users import Crowd, Step
from harness.apps.watch import Watch
from harness.engine.http_connection import RefusedError, UnconnectedError

PATIENCE = 10.0
"""Seconds after which a request without an answer is told as unanswered."""
_LOOK_EVERY = 0.02
_END_WITHIN = 1.0


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of a round, in numbers."""

    sent: int
    answered: int
    unanswered: int
    gave_up: int
    """Requests whose client hung up, or was stopped, before the answer was whole."""
    unconnected: int
    """Connections that did not come about because the server's queue was full; nothing was sent on them."""
    abandoned: int
    """Visits that could not go on, because an answer did not hold what was to be captured from it."""
    seconds: float
    reason: str
    """Why the round ended before its time: nobody listens any more, nothing is answered any more; mostly empty."""
    notes: tuple[str, ...] = ()


def flood(
    address: Address,
    crowd: Crowd,
    pressure: Pressure,
    *,
    clients: int,
    requests: int,
    deadline: float,
    tell: Callable[[Exchange], None],
    stop: Callable[[], bool] = lambda: False,
    patience: float = PATIENCE,
    before: int = 0,
) -> Pressed:
    """Send requests from so many clients at once, each with users of its own, and return what came of them.

    The round ends after ``requests``, or at ``deadline`` by ``time.monotonic`` with what is under way brought to its
    end, or within a second when ``stop`` returns true or the thread is interrupted. ``tell`` is called from the
    clients' threads. ``before`` is how many requests the run had sent already.
    """
    return _Round(address, crowd, pressure, clients, requests, deadline, tell, patience, before).run(stop)


class _Client(threading.Thread):
    """One client with its users, who take turns."""

    def __init__(self, of: "_Round", nth: int) -> None:
        super().__init__(name=f"client-{nth}", daemon=True)
        self.sent = self.answered = self.unanswered = self.gave_up = self.unconnected = 0
        self.error: BaseException | None = None
        self._round = of
        self.users = [of.crowd.user() for _ in range(of.pressure.users)]
        self.agent = UserAgent(
            of.address, of.pressure, of.patience, f"{of.crowd.seed}/{of.pressure.name}/{nth}"
        )

    def run(self) -> None:
        try:
            self._run()
        except RefusedError as error:
            self._round.end(f"{error}: the app's process has ended or stopped listening")
        except BaseException as error:
            self.error = error
            self._round.end("a client failed")
        finally:
            self.agent.close()
            if self._round.meeting is not None:
                self._round.meeting.leave()

    def _run(self) -> None:
        turns = itertools.cycle(self.users)
        ahead = self._round.pressure.ahead
        while number := self._round.draw(ahead):
            whose = list(itertools.islice(turns, number))
            steps = [user.next() for user in whose]
            try:
                replies = self._send(steps)
            except UnconnectedError:
                self.unconnected += 1
                for user, step in zip(whose, steps, strict=True):
                    user.take(step, None)
                time.sleep(_LOOK_EVERY)
                continue
            self.sent += number
            for user, step, reply in zip(whose, steps, replies, strict=True):
                user.take(step, reply.answer)
                self._count(reply)
                self._round.tell(step, reply)

    def _send(self, steps: list[Step]) -> list[Reply]:
        try:
            return self.agent.send(steps, self._round.meeting)
        except RefusedError:
            time.sleep(0.1)  # a server that starts its worker anew is not gone
            return self.agent.send(steps, self._round.meeting)

    def _count(self, reply: Reply) -> None:
        if reply.answer is None and reply.trouble:
            self.unanswered += 1
        elif reply.answer is None or reply.answer.cut:
            self.gave_up += 1
        else:
            self.answered += 1


class _Round:
    """One round: hands out what is still to be sent, watches over the clients, and ends them."""

    def __init__(
        self,
        address: Address,
        crowd: Crowd,
        pressure: Pressure,
        clients: int,
        requests: int,
        deadline: float,
        tell: Callable[[Exchange], None],
        patience: float,
        before: int,
    ) -> None:
        self.address, self.crowd, self.pressure, self.patience = address, crowd, pressure, patience
        self.meeting = Meeting(clients) if pressure.together else None
        self._requests, self._deadline = requests, deadline
        self._tell = tell
        self._before = self._sent = before
        self._turns = itertools.count()
        self._reason = ""
        self._ended = False
        self._silenced = False
        self._clients = [_Client(self, nth) for nth in range(1, clients + 1)]

    def draw(self, number: int) -> int:
        """Return how many requests, at most so many, are to be sent next; 0 when the round is over."""
        if self._ended or time.monotonic() >= self._deadline:
            return 0
        # Counting is one step of the interpreter, so that no two clients get the same turn.
        drawn = next(self._turns) * number
        number = max(0, min(number, self._requests - drawn))
        self._sent = self._before + min(drawn + number, self._requests)
        return number

    def end(self, reason: str = "") -> None:
        """End the round at once, whatever is under way."""
        self._reason = self._reason or reason
        self._ended = True

    def tell(self, step: Step, reply: Reply) -> None:
        """Pass on what came of a request, unless the round is over and nobody listens any more."""
        if not self._silenced:
            self._tell(
                Exchange(
                    step.mark,
                    step.visit,
                    step.call,
                    step.prepared.sent,
                    reply.answer,
                    reply.trouble,
                    reply.began,
                    reply.ended,
                    self.pressure.name,
                    self._sent,
                )
            )

    def run(self, stop: Callable[[], bool]) -> Pressed:
        """Run all clients to the end of the round."""
        began = time.monotonic()
        notes: list[str] = []
        try:
            for client in self._clients:
                client.start()
            watch = Watch([client.agent for client in self._clients], began)
            while alive := [client for client in self._clients if client.is_alive()]:
                alive[0].join(_LOOK_EVERY)
                if self._ended or stop():
                    break
                if watch.is_starving() and not notes:
                    notes.append(_ONE_AT_A_TIME)
                if watch.silence() > self.patience + _LOOK_EVERY and any(each.unanswered for each in alive):
                    self.end(f"nothing was answered any more for {self.patience:g} s")
        finally:
            self._finish()
        for client in self._clients:
            if client.error is not None:
                raise client.error
        return self._pressed(time.monotonic() - began, tuple(notes))

    def _finish(self) -> None:
        self._ended = True
        over = time.monotonic() + _END_WITHIN
        while alive := [client for client in self._clients if client.is_alive()]:
            if time.monotonic() > over:
                break
            for client in alive:
                client.agent.abort()
            alive[0].join(_LOOK_EVERY)
        self._silenced = True

    def _pressed(self, seconds: float, notes: tuple[str, ...]) -> Pressed:
        total = self._clients
        users = [user for client in total for user in client.users]
        abandoned = sum(user.abandoned for user in users)
        why = next((user.why for user in users if user.why), "")
        return Pressed(
            sent=sum(client.sent for client in total),
            answered=sum(client.answered for client in total),
            unanswered=sum(client.unanswered for client in total),
            gave_up=sum(client.gave_up for client in total),
            unconnected=sum(client.unconnected for client in total),
            abandoned=abandoned,
            seconds=seconds,
            reason=self._reason,
            notes=(*notes, f"{abandoned} visits could not go on, as when {why}") if abandoned else notes,
        )


_ONE_AT_A_TIME = (
    "connections are renewed after each answer: the server serves no more of them at a time than it has workers, "
    "and those who wait for one would wait for ever"
)
