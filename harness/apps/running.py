"""Runs an app to its record: serves it or goes to its URL, tries it, and looks for the fewest clients that show it."""

import shlex
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib.metadata import version

from harness.apps.app_process import AppAtUrl, AppProcess
from harness.apps.options import Asked
from harness.apps.outcome import End, Frame, record
from harness.apps.pair.handing import hand_over
from harness.apps.smallest import smallest
from harness.apps.tokens import Ledger
from harness.apps.trial import NothingToTellError, Tell, Trial
from harness.apps.walk import NotCapturedError
from harness.apps.watching import Watches
from harness.core.app_record import AppRun, Sign
from harness.core.errors import UserError
from harness.core.names import load
from harness.core.ports import Server
from harness.core.record import Ending, short
from harness.core.verdict import Need
from harness.inside.app_kind import IS_ASGI
from harness.probe import TOKEN

SMALLEST_SECONDS = 4.0
"""How long one number of clients is tried."""
MOST_TRIED = 4
LOG_SAID = "its log ends with"
"""What an error of a process that did not start says where the log stands in it already."""
DYING = 0.5
"""Seconds that a process may take to end after its last connection broke."""
SHORT_PATIENCE = 2.0
"""Seconds that a client waits for an answer where it is known that some do not come."""

TELLING = (Sign.FOREIGN, Sign.CROSSED)
"""Signs that show in what an answer holds, so that a search of two users' schedules would see them."""

Place = AppProcess | AppAtUrl


class NotStartedError(Exception):
    """The app does not run; ``log`` has its last lines, unless the text says them."""

    def __init__(self, text: str, log: str) -> None:
        super().__init__(text)
        self.log = log


@dataclass(slots=True)
class Running:
    """One run against an app; ``words`` are the command line's, for the record."""

    asked: Asked
    words: Sequence[str]
    environment: dict[str, str]
    tell: Tell

    def run(self) -> AppRun:
        """Return the record, also of an app that does not start, and of a run that was interrupted.

        Raises UserError for what was asked wrongly.
        """
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        clock = time.perf_counter()
        trial: Trial | None = None
        end = End(Ending.JUDGED, 0.0)
        try:
            with ExitStack() as stack:
                watches = stack.enter_context(Watches(self.asked, Ledger(self.asked.budget.seed)))
                try:
                    place = self._start(watches, stack)
                except NotStartedError as error:
                    seconds = time.perf_counter() - clock
                    end = End(Ending.NOT_RUN, seconds, reason=str(error), log=error.log)
                    return record(self._frame(started), None, end)
                trial = self._trial(place, watches)
                end = self._try(trial, place)
        except KeyboardInterrupt:
            end = replace(end, interrupted=True)
        if trial is not None and trial.certain and not end.interrupted and end.ending is Ending.JUDGED:
            end = self._look_closer(trial, end)
        return record(self._frame(started), trial, replace(end, seconds=time.perf_counter() - clock))

    def _start(self, watches: Watches, stack: ExitStack) -> Place:
        """Start the app, on the usual server of its own interface where none was asked for."""
        place = self._open(watches)
        try:
            stack.enter_context(place)
        except UserError as error:
            instead = self.asked.place.instead
            if instead and IS_ASGI in str(error):
                self.asked = replace(self.asked, place=replace(self.asked.place, server=instead, instead=""))
                return self._start(watches, stack)
            said = isinstance(place, AppAtUrl) or LOG_SAID in str(error)
            raise NotStartedError(str(error), "" if said else place.log_tail()) from error
        return place

    def _try(self, trial: Trial, place: Place) -> End:
        end = End(Ending.JUDGED, 0.0)
        try:
            trial.run()
        except NothingToTellError as error:
            end = replace(end, reason=str(error))
        except NotCapturedError as error:
            end = replace(end, reason=f"a flow cannot be walked to its end, even alone: {error}")
        except KeyboardInterrupt:
            end = replace(end, interrupted=True)
        silent = any(kept.exchange.answer is None for kept in trial.findings.kept)
        if silent and isinstance(place, AppProcess):
            place.await_end(DYING)
        if not place.alive():
            return replace(end, ending=Ending.CRASHED, log=place.last_words())
        if end.reason or silent:
            stands = "\n".join(place.where_it_stands())
            return replace(end, log="\n".join(filter(None, (place.log_tail(), stands))))
        return end

    def _look_closer(self, trial: Trial, end: End) -> End:
        """Find the fewest clients and the interleaving; where that is interrupted, what was found stands."""
        searches = (("the fewest clients", self._fewest), ("the interleaving", self._explore))
        for what, search in searches:
            try:
                end = search(trial, end)
            except KeyboardInterrupt:
                trial.notes.append(f"the search for {what} was interrupted")
                break
        return end

    def _fewest(self, trial: Trial, end: End) -> End:
        """Find the smallest number of clients that shows a mix-up, each in a process of its own.

        Where that cannot be done, what was found stands, and a note says why the number is missing.
        """
        kept = trial.certain[0]
        pressure = kept.exchange.pressure
        if not pressure or not self.asked.place.app:
            return replace(end, smallest=kept.clients if pressure else 1)
        silent = any(each.clue.sign is Sign.UNANSWERED for each in trial.findings.kept)
        requests = min(4000, max(300, 4 * kept.at))

        def shows(clients: int) -> bool:
            self.tell(
                f"{clients} client{'s' if clients > 1 else ''} of {pressure}", trial.sent, len(trial.findings)
            )
            budget = replace(
                self.asked.budget,
                clients=clients,
                requests=requests,
                seconds=SMALLEST_SECONDS,
                pressures=(pressure,),
                patience=SHORT_PATIENCE if silent else self.asked.budget.patience,
            )
            return self._shows(kept.clue.sign, replace(self.asked, budget=budget))

        try:
            fewest, tried = smallest(shows, kept.clients, MOST_TRIED)
        except UserError as error:
            why = str(error).partition(LOG_SAID)[0].rstrip("; ")
            trial.notes.append(f"the search for the fewest clients could not be done: {why}")
            return end
        return replace(end, smallest=fewest, tried=tried, repeat=self._command(pressure, fewest))

    def _explore(self, trial: Trial, end: End) -> End:
        """Search for the interleaving of two users that shows a token of the one with the other."""
        kept = next((each for each in trial.findings.kept if each.clue.sign in TELLING), None)
        if kept is None:
            return end
        self.tell("two users under a controlled scheduler", trial.sent, len(trial.findings))
        explored, note = hand_over(self.asked, kept.exchange.call.name)
        if note:
            trial.notes.append(note)
        return replace(end, explored=explored)

    def _shows(self, sign: Sign, asked: Asked) -> bool:
        with Watches(asked, Ledger(asked.budget.seed)) as watches:
            with replace(self, asked=asked)._open(watches) as place:
                trial = replace(self, asked=asked)._trial(place, watches)
                try:
                    trial.run()
                except (NothingToTellError, NotCapturedError):
                    return False
                return any(each.clue.sign is sign for each in trial.certain)

    def _open(self, watches: Watches) -> Place:
        place = self.asked.place
        return AppAtUrl(place.url, place.probe_file) if place.url else self._serve(watches)

    def _serve(self, watches: Watches) -> AppProcess:
        place = self.asked.place
        return AppProcess(
            app=place.app,
            server=place.server,
            python=place.python,
            app_dir=place.app_dir,
            cwd=place.cwd,
            env={**place.env, **watches.variables},
            interface=place.interface,
            patch=place.patch,
            switch_interval=place.switch_interval,
            io_delay=place.io_delay,
            probe=place.probe,
            token_pattern=TOKEN,
            seed=self.asked.budget.seed,
        )

    def _trial(self, place: Place, watches: Watches) -> Trial:
        journal = place.journal if isinstance(place, AppProcess) else None
        afresh = partial(self._serve, watches) if isinstance(place, AppProcess) else None
        return Trial(
            self.asked, place.address, journal, place.journal, place.alive, watches, self.tell, afresh
        )

    def _command(self, pressure: str = "", clients: int = 0) -> str:
        """Return the command line of this run, or the one that shows with so many clients what it found."""
        words = ["ctxstress", *self.words]
        if pressure and pressure not in self.asked.budget.pressures:
            words += ["--pressure", pressure]
        if clients:
            words += ["--clients", str(clients)]
        return shlex.join(words)

    def _frame(self, started: str) -> Frame:
        place, budget = self.asked.place, self.asked.budget
        server: Server | None = load(place.server) if place.server else None
        options = {
            "clients": budget.clients,
            "requests": budget.requests,
            "seconds": budget.seconds,
            "patch": place.patch,
            "switch_interval": place.switch_interval,
            "io_delay": place.io_delay,
            "probe": place.probe,
            "allow": list(self.asked.allow),
        }
        command = self._command()
        return Frame(
            version=version("ctxstress"),
            command=command,
            app=place.name,
            server=short(place.server) if place.server else "",
            server_summary=server.summary if server else "an app that runs already",
            single=server is not None and Need.OVERLAP not in server.offers,
            seed=budget.seed,
            options=options,
            environment=self.environment,
            started=started,
            repeat=command,
        )
