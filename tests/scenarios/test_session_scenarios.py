"""The session scenarios catch stores that are broken in one way each, and say nothing of those that only look odd."""

from collections import Counter
from collections.abc import Callable

import pytest
from werkzeug.wrappers import Response

from harness.catalog import entries
from harness.core.history import History, Kind
from harness.core.plan import TABS, plan
from harness.core.scenario import Cookies, Scenario
from harness.core.verdict import Anomaly
from harness.engine.flood import Flood
from harness.engine.judge import tally
from harness.framework.sessions import MemorySessions, Session, SessionInterface
from harness.gates.jitter import GATE
from harness.hosts import tasks, threads
from harness.targets.mini import MountedApp
from localimpl.contextvar import SUBJECT
from scenarios.session_logout import SCENARIO as LOGOUT
from scenarios.session_many_clients import SCENARIO as MANY_CLIENTS
from scenarios.session_one_client import SCENARIO as ONE_CLIENT
from scenarios.session_rotation import SCENARIO as ROTATION

SCENARIOS = {each.name: each for each in (MANY_CLIENTS, ONE_CLIENT, ROTATION, LOGOUT)}
CHECKERS = [entry.part for entry in entries("checker")]
CLIENTS = 8
MOST_ROUNDS = 10


class RepeatedIds(MemorySessions):
    """Draws ids from so few that two clients are soon given the same."""

    drawn = 0

    def new_id(self) -> str:
        self.drawn += 1
        return f"{self.drawn % 5:022d}"


class CountedIds(RepeatedIds):
    """Gives ids that anybody could guess, but each to one client only."""

    def new_id(self) -> str:
        self.drawn += 1
        return f"{self.drawn:022d}"


class OneForAll(MemorySessions):
    """Keeps everybody's values in one place."""

    def load(self, key: str) -> str | None:
        return super().load(key) and next(text for text, _ in reversed(self._kept.values()))


class OldIdLives(MemorySessions):
    """Copies a session to its new id and leaves the old one."""

    def move(self, key: str, new: str, text: str) -> bool:
        old = self.load(key)
        alive = super().move(key, new, text)
        if old is not None:
            self.create(key, old)
        return alive


class SameId(MemorySessions):
    """Forgets to draw a new id: whoever knew the one from before the log-in is logged in as well."""

    def save_session(self, session: Session, response: Response) -> None:
        session.rotated = False
        super().save_session(session, response)


class MovesInTwoSteps(MemorySessions):
    """Has both ids alive for a moment, but the old one no more when the request is over."""

    def move(self, key: str, new: str, text: str) -> bool:
        if self.load(key) is None:
            return False
        self.create(new, text)
        self.delete(key)
        return True


class NeverDeletes(MemorySessions):
    """Takes the cookie back and keeps the session."""

    def delete(self, key: str) -> None:
        pass


class BringsBack(MemorySessions):
    """Saves under an id that was deleted meanwhile, as a plain SET or an upsert does."""

    def replace(self, key: str, text: str) -> bool:
        self.create(key, text)
        return True


def flood(store: Callable[[], SessionInterface], scenario: Scenario, until: Anomaly | None = None) -> History:
    """Flood a scenario on threads; a broken store until it shows, or ten times."""
    history = History()
    for seed in range(1, (1 if until is None else MOST_ROUNDS) + 1):
        made = Flood(MountedApp(SUBJECT, scenario, store()), scenario, threads.HOST, GATE.make)
        made.run(plan(400, CLIENTS, seed, tabs=TABS if scenario.cookies is Cookies.TABS else 1))
        history = made.history
        if until is not None and found(history)[until]:
            break
    return history


def found(history: History) -> Counter[Anomaly]:
    """How many witnesses of each anomaly, of which a lost update is none: most stores promise nothing there."""
    seen = tally(history, CHECKERS)
    assert not seen.failures
    return Counter(
        {each: count for each, count in seen.counts.items() if count and each is not Anomaly.LOST_UPDATE}
    )


CONTROLS = [
    (RepeatedIds, MANY_CLIENTS, Anomaly.BLEED),
    (RepeatedIds, ROTATION, Anomaly.BLEED),
    (OneForAll, MANY_CLIENTS, Anomaly.BLEED),
    (OneForAll, LOGOUT, Anomaly.BLEED),
    (OldIdLives, ROTATION, Anomaly.STALE),
    (SameId, ROTATION, Anomaly.STALE),
    (NeverDeletes, LOGOUT, Anomaly.STALE),
    (BringsBack, LOGOUT, Anomaly.STALE),
]


@pytest.mark.parametrize(
    ("store", "scenario", "anomaly"),
    CONTROLS,
    ids=[f"{store.__name__}-{scenario.name}" for store, scenario, _ in CONTROLS],
)
def test_a_broken_store_is_caught(store: type[MemorySessions], scenario: Scenario, anomaly: Anomaly) -> None:
    assert found(flood(store, scenario, anomaly))[anomaly]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
@pytest.mark.parametrize("store", [MemorySessions, CountedIds, MovesInTwoSteps])
def test_a_store_that_keeps_its_word_is_not(store: type[MemorySessions], scenario: Scenario) -> None:
    assert found(flood(store, scenario)) == {}


@pytest.mark.parametrize("scenario", [ROTATION, LOGOUT], ids=lambda each: each.name)
def test_dead_ids_are_shown_to_the_store(scenario: Scenario) -> None:
    """Without requests that come with what was revoked before they looked, silence would mean nothing."""
    history = flood(MemorySessions, scenario)
    revoked: dict[str, str] = {}
    left: set[str] = set()
    came: dict[str, set[str]] = {}
    dead = 0
    for event in history:
        if event.kind is Kind.REVOKED:
            revoked[event.request] = event.value
        elif event.kind is Kind.LEAVE:
            left.add(event.request)
        elif event.kind is Kind.ENTER:
            came[event.request] = set(left)
        elif event.kind is Kind.BEGAN:
            dead += any(request in revoked for request in left - came[event.request])
    assert dead >= 10


def test_requests_of_one_client_at_once_lose_updates_where_nobody_locks() -> None:
    made = Flood(MountedApp(SUBJECT, ONE_CLIENT, "memory"), ONE_CLIENT, tasks.HOST, GATE.make)
    made.run(plan(200, CLIENTS, 1))
    seen = tally(made.history, CHECKERS)
    assert seen.counts[Anomaly.LOST_UPDATE]
    assert seen.evidence.updates > 100


def test_one_request_after_the_other_has_no_chance_to_lose_one() -> None:
    made = Flood(MountedApp(SUBJECT, ONE_CLIENT, "memory"), ONE_CLIENT, threads.HOST, GATE.make)
    made.run(plan(50, 1, 1))
    seen = tally(made.history, CHECKERS)
    assert not seen.counts[Anomaly.LOST_UPDATE]
    assert seen.evidence.updates == 0
