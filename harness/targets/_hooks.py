"""Keeps the hooks and receivers that a scenario registers, for a framework to call where it calls its own."""

from collections.abc import Callable
from typing import Any, TypeVar

from harness.core.history import Probe
from harness.core.scenario import Scenario
from harness.core.steps import Script
from harness.framework.calling import call, declares

F = TypeVar("F", bound=Callable[..., Any])
Registered = Callable[..., Script[Any]]
"""Takes what the framework hands to a hook, then the request's Ambient and Probe; runs the hook as a script."""


class Hooks:
    """What a scenario's ``prepare`` is given: a place to register, with lists for its target to read."""

    def __init__(self, scenario: Scenario) -> None:
        self.before: list[Registered] = []
        self.after: list[Registered] = []
        self.teardown: list[Registered] = []
        self.started: list[Registered] = []
        self.finished: list[Registered] = []
        if scenario.prepare is not None:
            scenario.prepare(self)

    def before_request(self, hook: F) -> F:
        self.before.append(registered(hook))
        return hook

    def after_request(self, hook: F) -> F:
        self.after.append(registered(hook, 1))
        return hook

    def teardown_request(self, hook: F) -> F:
        self.teardown.append(registered(hook, 1))
        return hook

    def on_started(self, receiver: Callable[..., Any]) -> None:
        self.started.append(registered(receiver, 1))

    def on_finished(self, receiver: Callable[..., Any]) -> None:
        self.finished.append(registered(receiver, 1))

    def run_before(self, app: Any, own: Probe) -> Script[Any]:
        """Call the hooks before a view, for a framework that has one place for all of them."""
        for hook in self.before:
            yield from hook(app, own)

    def run_after(self, response: Any, app: Any, own: Probe) -> Script[Any]:
        """Call the hooks that see the response, the last registered first, and return what they make of it."""
        for hook in reversed(self.after):
            response = yield from hook(response, app, own)
        return response

    def run_teardown(self, error: BaseException | None, app: Any, own: Probe) -> Script[None]:
        """Call every hook of the request's end, the last registered first; the first error is raised at the end."""
        failed: Exception | None = None
        for hook in reversed(self.teardown):
            try:
                yield from hook(error, app, own)
            except Exception as raised:
                failed = failed or raised
        if failed is not None:
            raise failed


def registered(hook: Callable[..., Any], handed: int = 0) -> Registered:
    """Return the hook as a script that takes ``handed`` arguments and hands on what else the hook declares by name."""
    wants_app, wants_own = declares(hook, "app", handed), declares(hook, "own", handed)

    def run(*args: Any, **facts: Any) -> Script[Any]:
        *handed_on, app, own = args
        if wants_app:
            facts["app"] = app
        if wants_own:
            facts["own"] = own
        return (yield from call(hook, *handed_on, **facts))

    return run
