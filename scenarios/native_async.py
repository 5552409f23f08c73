"""A fidelity control: the ``async def`` twin of read_back must find what the script finds."""

import asyncio

from harness.core.ambient import Ambient
from harness.core.history import Probe
from harness.core.scenario import Means, Scenario
from localimpl import Unit


async def view(app: Ambient, own: Probe) -> str:
    app.local.set("user", own.wrote("user"))
    app.g.user = own.wrote("g.user")
    await asyncio.sleep(0)
    own.look("user", app.local.get, "user")
    own.look("g.user", lambda: app.g.user)
    return own.token


SCENARIO = Scenario(
    "native_async",
    "An `async def` view reads back what it stored.",
    view,
    units=frozenset({Unit.TASK}),
    uses=frozenset({Means.LOCAL, Means.G}),
)
