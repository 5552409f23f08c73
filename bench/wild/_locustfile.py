"""The plain load test: users with keep-alive connections who check that their own values stand in their answers."""

import json
import os
import random
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task
from locust.env import Environment

from harness.apps.placeholders import fill
from harness.apps.spoken import parse

ASKED = json.loads(os.environ["WILD_ASKED"])
CHECKS = [
    (parse(request).calls[0], equals)
    for request, equals in zip(ASKED["requests"], ASKED["equals"], strict=True)
]
TOLD = Path(ASKED["told"])


@dataclass
class Seen:
    """What is told at the end."""

    requests: int = 0
    seconds: float = 0.0
    failure: str = ""
    began: float = field(default_factory=time.monotonic)


SEEN = Seen()


class Visitor(FastHttpUser):
    """Sends the requests in any order."""

    def on_start(self) -> None:
        """Take a name that is one's own."""
        self.name = uuid.uuid4().hex

    @task
    def visit(self) -> None:
        """Send one request, and look for one's own value in the answer."""
        call, equals = random.choice(CHECKS)
        values = {"user": self.name}

        def value(name: str) -> str:
            kind, _, rest = name.partition(":")
            drawn = random.choice(rest.split("|")) if kind == "choice" else uuid.uuid4().hex
            return values.setdefault(name, drawn)

        headers = {name: fill(said, value) for name, said in call.headers}
        body = fill(call.body, value)
        if body and "Content-Type" not in headers:
            form = "application/x-www-form-urlencoded"
            headers["Content-Type"] = "application/json" if body.startswith("{") else form
        path = fill(call.path, value)
        with self.client.request(
            call.method, path, headers=headers, data=body or None, name=call.path, catch_response=True
        ) as answer:
            own = fill(equals, value)
            said = f"{dict(answer.headers or {})} {answer.text}"
            if answer.status_code >= 400 or own not in said:
                answer.failure(f"{answer.status_code} without {own}")


def count(exception: Exception | None, **_: Any) -> None:
    """Count requests up to the first failure."""
    if SEEN.failure:
        return
    SEEN.requests += 1
    SEEN.seconds = time.monotonic() - SEEN.began
    SEEN.failure = str(exception or "")


def begin(environment: Environment, **_: Any) -> None:
    """Begin to count, and end with the first failure."""
    SEEN.began = time.monotonic()

    def end(exception: Exception | None, **_: Any) -> None:
        if exception is not None and environment.runner is not None:
            environment.runner.quit()

    environment.events.request.add_listener(end)  # type: ignore[no-untyped-call]


def tell(**_: Any) -> None:
    """Write down what was seen."""
    said = {"requests": SEEN.requests, "seconds": SEEN.seconds, "failure": SEEN.failure}
    TOLD.write_text(json.dumps(said), encoding="utf-8")


events.request.add_listener(count)  # type: ignore[no-untyped-call]
events.test_start.add_listener(begin)  # type: ignore[no-untyped-call]
events.quitting.add_listener(tell)  # type: ignore[no-untyped-call]
